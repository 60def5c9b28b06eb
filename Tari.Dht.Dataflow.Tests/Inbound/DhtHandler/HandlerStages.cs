using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Inbound.Forward;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>The two stages by themselves, on the services of a probe.</summary>
internal static class HandlerStages
{
    public static DhtHandlerStage DhtHandler(NodeIdentity node, HandlerProbe probe)
    {
        var claims = new ClaimIntake(probe.Peers, probe.Services.PeerValidator, probe.Offences, NullLogger.Instance);
        return new DhtHandlerStage(
            new JoinHandler(node, claims, new MessageRelay(probe.Services.Outbound, probe.Pipeline.MetricsCollector), probe.Clock),
            new DiscoveryHandler(node, claims, probe.Services.Outbound, probe.Clock, new Random(1)),
            new DiscoveryResponseHandler(claims, probe.Discovery, probe.Offences),
            probe.Offences,
            new DhtMetrics());
    }

    public static ForwardStage Forward(NodeIdentity node, HandlerProbe probe) =>
        new(node, new MessageRelay(probe.Services.Outbound, probe.Pipeline.MetricsCollector), probe.Offences, probe.Clock);
}
