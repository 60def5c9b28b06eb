using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Request to peers: selects them, seals and signs once for all of them, answers the caller.</summary>
internal sealed class BroadcastStage : IAsyncStage<DhtOutboundRequest, DhtOutboundMessage>
{
    private readonly NodeIdentity _identity;
    private readonly IPeerSelector _selector;
    private readonly MessageGenerator _generator;
    private readonly PendingDiscoveries? _pending;
    private readonly ILogger _logger;

    /// <param name="identity">Who this node is.</param>
    /// <param name="selector">Turns strategies into peers.</param>
    /// <param name="generator">Makes messages of requests.</param>
    /// <param name="pending">Where requests wait for a discovery; null for no discovery.</param>
    /// <param name="logger">Guarded.</param>
    public BroadcastStage(
        NodeIdentity identity, IPeerSelector selector, MessageGenerator generator, PendingDiscoveries? pending, ILogger logger)
    {
        _identity = identity;
        _selector = selector;
        _generator = generator;
        _pending = pending;
        _logger = logger;
    }

    public StageName Name => StageName.Broadcast;

    public async ValueTask<StageResult<DhtOutboundMessage>> ProcessAsync(DhtOutboundRequest message, CancellationToken stopping)
    {
        BroadcastStrategy strategy = message.Parameters.Strategy;
        if (strategy.DirectPublicKey is { } key && key == _identity.PublicKey)
        {
            return message.Fail(DropReason.SendToOurselves, new SendFailure(SendFailureKind.SendToOurselves));
        }

        NodeId[] peers;
        try
        {
            ValueTask<IReadOnlyList<NodeId>> selection = _selector.SelectPeersAsync(strategy, stopping);

            // The deadline holds also for a selector that does not listen. Copied: it may answer with a list that it goes on working on.
            peers = [.. selection.IsCompleted ? await selection : await selection.AsTask().WaitHereAsync(stopping)];
        }
        catch (Exception error) when (error is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            _logger.PeerSelectionFailed(message.Tag, error);
            return message.Fail(DropReason.PeerSelectionFailed, new SendFailure(SendFailureKind.General, error.Message));
        }

        if (peers.Length > 0 || _pending is null || !message.Parameters.AllowsDiscovery || strategy.DirectPublicKey is not { } unknown)
        {
            return _generator.Generate(message, peers);
        }

        return _pending.TryAdd(message, unknown)
            ? StageResult<DhtOutboundMessage>.Kept
            : message.Fail(DropReason.DiscoveryFailed, new SendFailure(SendFailureKind.DiscoveryFailed, _pending.FullText));
    }
}
