using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Selects peers that the request names: by id or key if they are known, or a given list as it is.</summary>
/// <remarks>
/// It knows no connections, so the strategies that draw from connected peers select nobody. Thread safe.
/// </remarks>
public sealed class KnownPeerSelector : IPeerSelector
{
    private readonly IPeerLookup _peers;

    /// <summary>A selector over the peers of a store.</summary>
    /// <param name="peers">The store.</param>
    public KnownPeerSelector(IPeerLookup peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        _peers = peers;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken) =>
        ValueTask.FromResult(strategy switch
        {
            BroadcastStrategy.ToNodeId direct => Known(direct.NodeId),
            BroadcastStrategy.ToPublicKey direct => Known(NodeId.FromPublicKey(direct.PublicKey)),
            BroadcastStrategy.SelectedPeers selected => selected.Peers,
            _ => [],
        });

    private IReadOnlyList<NodeId> Known(NodeId id) => _peers.Find(id) is null ? [] : [id];
}
