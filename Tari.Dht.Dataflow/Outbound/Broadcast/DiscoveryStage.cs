using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Generates the message of a request whose recipient was discovered.</summary>
internal sealed class DiscoveryStage : IStage<DhtOutboundRequest, DhtOutboundMessage>
{
    private readonly MessageGenerator _generator;

    public DiscoveryStage(MessageGenerator generator) => _generator = generator;

    public StageName Name => StageName.Discovery;

    // As in the reference, nothing more is asked about the peer: one that is banned is refused where it is dialled.
    public StageResult<DhtOutboundMessage> Process(DhtOutboundRequest message) =>
        _generator.Generate(message, message.DiscoveredPeer is { } peer ? [peer] : []);
}
