using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.DhtHandler;

/// <summary>Acts on what peers say to the DHT itself, and lets through what is for the application.</summary>
/// <remarks>
/// Joins, discoveries and their responses end here, with <see cref="DropReason.Handled"/> if all went well. What cannot be read here ends
/// as well; permitted duplicates go to the application, whatever they are. Several messages may be in work at once: claims of one key then
/// meet in the peer store, which keeps the newest one whatever the order.
/// </remarks>
internal sealed class DhtHandlerStage : IAsyncStage<DecryptedDhtMessage, DecryptedDhtMessage>
{
    private readonly JoinHandler _join;
    private readonly DiscoveryHandler _discovery;
    private readonly DiscoveryResponseHandler _discoveryResponse;
    private readonly IOffenceReporter _offences;
    private readonly DhtMetrics _metrics;

    public DhtHandlerStage(
        JoinHandler join,
        DiscoveryHandler discovery,
        DiscoveryResponseHandler discoveryResponse,
        IOffenceReporter offences,
        DhtMetrics metrics)
    {
        _join = join;
        _discovery = discovery;
        _discoveryResponse = discoveryResponse;
        _offences = offences;
        _metrics = metrics;
    }

    public StageName Name => StageName.DhtHandler;

    public ValueTask<StageResult<DecryptedDhtMessage>> ProcessAsync(DecryptedDhtMessage message, CancellationToken stopping)
    {
        if (message.DecryptionFailed)
        {
            return new ValueTask<StageResult<DecryptedDhtMessage>>(DropReason.ForAnotherNode);
        }

        if (message.IsDuplicate || !message.MessageType.IsDhtMessage())
        {
            _metrics.Delivered();
            return new ValueTask<StageResult<DecryptedDhtMessage>>(message);
        }

        return HandleAsync(message, stopping);
    }

    private async ValueTask<StageResult<DecryptedDhtMessage>> HandleAsync(DecryptedDhtMessage message, CancellationToken stopping)
    {
        DropReason reason = message.AuthenticatedOrigin is { } origin
            ? await HandleAsync(message, origin, stopping)
            : RefuseUnsigned(message);
        return reason == DropReason.None ? DropReason.Handled : reason;
    }

    private ValueTask<DropReason> HandleAsync(DecryptedDhtMessage message, in CommsPublicKey origin, CancellationToken stopping) =>
        message.MessageType switch
        {
            DhtMessageType.Join => _join.HandleAsync(message, origin, stopping),
            DhtMessageType.Discovery => _discovery.HandleAsync(message, origin, stopping),
            DhtMessageType.DiscoveryResponse => _discoveryResponse.HandleAsync(message, origin, stopping),
            var other => throw new InvalidOperationException($"There is no handler of {other}."),
        };

    // Nobody is proven to have made it; who passes such a thing on should have known.
    private DropReason RefuseUnsigned(DecryptedDhtMessage message)
    {
        _offences.Report(
            message.SourcePeer.PublicKey, OffenceSeverity.Low, $"Delivered a {message.MessageType} message that nobody signed.");
        return DropReason.OriginRequired;
    }
}
