using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>
/// Peers that only somebody who had dialled this node told of, each for 6 hours and 1000 at most: an attacker can dial, and should not
/// fill the pool with friends.
/// </summary>
/// <remarks>Not thread safe. At most one more than 1000 entries for as long as <see cref="Add"/> runs.</remarks>
internal sealed class SuggestedPeers
{
    /// <summary>Peers that are remembered.</summary>
    public const int Capacity = 1000;

    /// <summary>How long one is remembered after it was last suggested.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);

    // In the order in which they were suggested last.
    private readonly LinkedList<(NodeId Peer, DateTimeOffset Since)> _order = [];
    private readonly Dictionary<NodeId, LinkedListNode<(NodeId Peer, DateTimeOffset Since)>> _entries = [];

    /// <summary>How many are remembered, those included that nobody looked at since their time ran out.</summary>
    public int Count => _entries.Count;

    /// <summary>Remembers peers, those that are remembered already for longer.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    public void Add(ReadOnlySpan<NodeId> peers, DateTimeOffset now)
    {
        foreach (NodeId peer in peers)
        {
            if (_entries.Remove(peer, out var known))
            {
                _order.Remove(known);
            }

            _entries.Add(peer, _order.AddLast((peer, now)));
            if (_entries.Count > Capacity)
            {
                DropOldest();
            }
        }

        while (_order.First is { } oldest && now - oldest.Value.Since >= Lifetime)
        {
            DropOldest();
        }
    }

    /// <summary>Whether a peer is remembered.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public bool Contains(in NodeId peer, DateTimeOffset now) =>
        _entries.TryGetValue(peer, out var entry) && now - entry.Value.Since < Lifetime;

    private void DropOldest()
    {
        _entries.Remove(_order.First!.Value.Peer);
        _order.RemoveFirst();
    }
}
