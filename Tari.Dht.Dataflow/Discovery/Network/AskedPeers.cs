using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Whom this node has asked for peers lately, and when each may be asked again.</summary>
/// <remarks>
/// <para>
/// A peer that was asked is left out of regular rounds for a time. While too few are known it may be asked again before that, after a pause
/// which doubles from one time to the next; what it told that was new shortens the pause again, unless it is a seed: seeds have every node
/// of the network to answer.
/// </para>
/// <para>Bounded: above <see cref="Capacity"/> whoever was asked longest ago is forgotten. Not thread safe.</para>
/// </remarks>
internal sealed class AskedPeers
{
    /// <summary>Peers that are remembered.</summary>
    public const int Capacity = 4096;

    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _firstPause;
    private readonly TimeSpan _longestPause;

    // In the order in which they were asked last.
    private readonly LinkedList<Entry> _order = [];
    private readonly Dictionary<NodeId, LinkedListNode<Entry>> _entries = [];
    private readonly HashSet<NodeId> _excluded = [];

    /// <param name="lifetime">How long a peer is left out of regular rounds.</param>
    /// <param name="firstPause">The first pause until a peer is asked again, above zero.</param>
    /// <param name="longestPause">The longest one; the first if it is shorter.</param>
    public AskedPeers(TimeSpan lifetime, TimeSpan firstPause, TimeSpan longestPause)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstPause, TimeSpan.Zero);
        _firstPause = firstPause;
        _longestPause = longestPause < firstPause ? firstPause : longestPause;
        _lifetime = lifetime < _longestPause ? _longestPause : lifetime;
    }

    /// <summary>Peers that are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>Remembers that a peer is asked now.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    public void Asked(in NodeId peer, TimeSpan now) => Add(peer, now, now + _lifetime);

    /// <summary>Remembers that a peer could not be reached: it is left out until its pause is over.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    public void Failed(in NodeId peer, TimeSpan now) => Add(peer, now, null);

    /// <summary>A peer other than a seed told something new: its next pause is the first again.</summary>
    /// <param name="peer">The peer.</param>
    public void BroughtNew(in NodeId peer)
    {
        if (_entries.TryGetValue(peer, out LinkedListNode<Entry>? entry))
        {
            entry.Value = entry.Value with { NotBefore = entry.Value.AskedAt + Shortest(_firstPause), NextPause = Doubled(_firstPause) };
        }
    }

    /// <summary>Whether a peer may be asked: it was not asked, or its pause is over.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public bool IsDue(in NodeId peer, TimeSpan now) =>
        !_entries.TryGetValue(peer, out LinkedListNode<Entry>? entry) || entry.Value.NotBefore <= now;

    /// <summary>Whom regular rounds leave out.</summary>
    /// <param name="now">The time; not before that of an earlier call.</param>
    /// <returns>A set that is valid until the next call.</returns>
    public IReadOnlySet<NodeId> Excluded(TimeSpan now)
    {
        Expire(now);
        _excluded.Clear();
        foreach (Entry entry in _order)
        {
            if ((entry.ExcludedUntil ?? entry.NotBefore) > now)
            {
                _excluded.Add(entry.Peer);
            }
        }

        return _excluded;
    }

    /// <summary>Appends peers that may be asked again, those first that were asked longest ago.</summary>
    /// <param name="peers">Where they go.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="now">The time.</param>
    /// <param name="isWanted">Whether a peer is one to ask.</param>
    public void AddDue(ICollection<NodeId> peers, int count, TimeSpan now, Func<NodeId, bool> isWanted)
    {
        foreach (Entry entry in _order)
        {
            if (count <= 0)
            {
                return;
            }

            if (entry.NotBefore <= now && isWanted(entry.Peer))
            {
                peers.Add(entry.Peer);
                count--;
            }
        }
    }

    // Pauses between rounds are up to a quarter shorter than planned; a peer has to be due when the shortest of them is over.
    private static TimeSpan Shortest(TimeSpan pause) => ColdStartBackoff.Spread(pause, 0);

    private TimeSpan Doubled(TimeSpan pause) => ColdStartBackoff.Doubled(pause, _longestPause);

    private void Add(in NodeId peer, TimeSpan now, TimeSpan? excludedUntil)
    {
        Expire(now);
        TimeSpan pause = _firstPause;
        if (_entries.Remove(peer, out LinkedListNode<Entry>? known))
        {
            pause = known.Value.NextPause;
            _order.Remove(known);
        }

        var entry = new Entry(peer, now, now + Shortest(pause), excludedUntil, Doubled(pause));
        _entries.Add(peer, _order.AddLast(entry));
        if (_entries.Count > Capacity)
        {
            DropOldest();
        }
    }

    private void Expire(TimeSpan now)
    {
        while (_order.First is { } oldest && now - oldest.Value.AskedAt >= _lifetime)
        {
            DropOldest();
        }
    }

    private void DropOldest()
    {
        _entries.Remove(_order.First!.Value.Peer);
        _order.RemoveFirst();
    }

    private readonly record struct Entry(NodeId Peer, TimeSpan AskedAt, TimeSpan NotBefore, TimeSpan? ExcludedUntil, TimeSpan NextPause);
}
