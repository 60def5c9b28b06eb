using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Which peers a message goes to.</summary>
/// <remarks>Immutable: lists are copied.</remarks>
public abstract record BroadcastStrategy
{
    private BroadcastStrategy()
    {
    }

    /// <summary>
    /// True where the message is meant for whoever gets it: Broadcast, Propagate, Flood, Random. Such a message of the own node enters the
    /// own duplicate cache.
    /// </summary>
    public bool IsMultiMessage => this is ToConnected or Propagate or Flood or Random;

    /// <summary>True where one peer is named by id or key.</summary>
    public bool IsDirect => this is ToNodeId or ToPublicKey;

    /// <summary>The node id of <see cref="ToNodeId"/>, else null.</summary>
    public NodeId? DirectNodeId => this is ToNodeId direct ? direct.NodeId : null;

    /// <summary>The key of <see cref="ToPublicKey"/>, else null.</summary>
    public CommsPublicKey? DirectPublicKey => this is ToPublicKey direct ? direct.PublicKey : null;

    /// <summary>One known peer, by node id (<c>DirectNodeId</c>).</summary>
    /// <param name="NodeId">The peer.</param>
    public sealed record ToNodeId(NodeId NodeId) : BroadcastStrategy;

    /// <summary>One known peer, by key (<c>DirectPublicKey</c>).</summary>
    /// <param name="PublicKey">The peer's key.</param>
    public sealed record ToPublicKey(CommsPublicKey PublicKey) : BroadcastStrategy;

    /// <summary>All connected nodes but the excluded.</summary>
    /// <param name="Excluded">Whom to leave out.</param>
    public sealed record Flood(IReadOnlyList<NodeId> Excluded) : BroadcastStrategy
    {
        /// <summary>Whom to leave out.</summary>
        public IReadOnlyList<NodeId> Excluded { get; } = Copy(Excluded);
    }

    /// <summary>Random known peers.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Excluded">Whom to leave out.</param>
    public sealed record Random(int Count, IReadOnlyList<NodeId> Excluded) : BroadcastStrategy
    {
        /// <summary>Whom to leave out.</summary>
        public IReadOnlyList<NodeId> Excluded { get; } = Copy(Excluded);
    }

    /// <summary>A random sample of <c>broadcast_factor</c> connected nodes (<c>Broadcast</c>).</summary>
    /// <param name="Excluded">Whom to leave out.</param>
    public sealed record ToConnected(IReadOnlyList<NodeId> Excluded) : BroadcastStrategy
    {
        /// <summary>Whom to leave out.</summary>
        public IReadOnlyList<NodeId> Excluded { get; } = Copy(Excluded);
    }

    /// <summary>Exactly these peers, in this order, connected or not.</summary>
    /// <param name="Peers">The peers.</param>
    public sealed record SelectedPeers(IReadOnlyList<NodeId> Peers) : BroadcastStrategy
    {
        /// <summary>The peers.</summary>
        public IReadOnlyList<NodeId> Peers { get; } = Copy(Peers);
    }

    /// <summary>The destination if it is connected, else a random sample of connected nodes.</summary>
    /// <param name="Destination">Whom the message is for.</param>
    /// <param name="Excluded">Whom to leave out.</param>
    public sealed record Propagate(NodeDestination Destination, IReadOnlyList<NodeId> Excluded) : BroadcastStrategy
    {
        /// <summary>Whom to leave out.</summary>
        public IReadOnlyList<NodeId> Excluded { get; } = Copy(Excluded);
    }

    private static NodeId[] Copy(IReadOnlyList<NodeId> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        return peers.Count == 0 ? [] : [.. peers];
    }
}
