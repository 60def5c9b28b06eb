using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>
/// Counts what goes to each peer, and leaves out of a message of others whom it would bring above the <see cref="RelayLimit"/>.
/// </summary>
/// <remarks>
/// Time is counted in slots, twelve to the limit's time span. Any such span lies within thirteen slots, over which a peer's messages are
/// summed: so what is passed on stops up to one slot earlier than it had to, and never later. Holds a count of each peer that was sent
/// anything within two spans. Thread safe.
/// </remarks>
internal sealed class RelayBudget
{
    private const int SlotsPerSpan = 12;
    private const int SlotsKept = SlotsPerSpan + 1;

    private readonly int _limit;
    private readonly long _slotTicks;
    private readonly TimeProvider _timeProvider;
    private readonly long _start;
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, Tally> _tallies = [];
    private long _nextPrune = SlotsKept;

    /// <param name="limit">A valid limit.</param>
    /// <param name="timeProvider">The clock.</param>
    public RelayBudget(RelayLimit limit, TimeProvider timeProvider)
    {
        _limit = limit.MaxMessageCount;
        _slotTicks = (limit.TimeSpan.Ticks / SlotsPerSpan) + 1;
        _timeProvider = timeProvider;
        _start = timeProvider.GetTimestamp();
    }

    /// <summary>Peers that are counted now.</summary>
    public int CountedPeers
    {
        get
        {
            lock (_gate)
            {
                return _tallies.Count;
            }
        }
    }

    /// <summary>Counts a message for its recipients.</summary>
    /// <param name="peers">The recipients; taken over, and changed if some are left out.</param>
    /// <param name="isRelayed">Whether the message is another's, so that recipients may be left out.</param>
    /// <returns>Who is to get it.</returns>
    public NodeId[] Take(NodeId[] peers, bool isRelayed)
    {
        int count = 0;
        lock (_gate)
        {
            long slot = _timeProvider.GetElapsedTime(_start).Ticks / _slotTicks;
            if (slot >= _nextPrune)
            {
                Prune(slot);
            }

            foreach (NodeId peer in peers)
            {
                if (TryTake(peer, slot, isRelayed))
                {
                    peers[count++] = peer;
                }
            }
        }

        return count == peers.Length ? peers : peers[..count];
    }

    private bool TryTake(in NodeId peer, long slot, bool isRelayed)
    {
        if (!_tallies.TryGetValue(peer, out Tally? tally))
        {
            tally = new Tally(slot);
            _tallies.Add(peer, tally);
        }

        tally.MoveTo(slot);
        if (isRelayed && tally.Sum >= _limit)
        {
            return false;
        }

        tally.Add();
        return true;
    }

    private void Prune(long slot)
    {
        _nextPrune = slot + SlotsKept;
        foreach ((NodeId peer, Tally tally) in _tallies)
        {
            if (tally.IsEmptyAt(slot))
            {
                _tallies.Remove(peer);
            }
        }
    }

    /// <summary>A peer's messages in the newest slots.</summary>
    private sealed class Tally(long slot)
    {
        private readonly int[] _counts = new int[SlotsKept];
        private long _newest = slot;

        public int Sum { get; private set; }

        public bool IsEmptyAt(long slot) => slot - _newest >= SlotsKept;

        /// <summary>Makes a slot the newest one; what is too old by then no longer counts.</summary>
        public void MoveTo(long slot)
        {
            if (IsEmptyAt(slot))
            {
                Array.Clear(_counts);
                Sum = 0;
                _newest = slot;
            }

            while (_newest < slot)
            {
                ref int oldest = ref _counts[++_newest % SlotsKept];
                Sum -= oldest;
                oldest = 0;
            }
        }

        public void Add()
        {
            _counts[_newest % SlotsKept]++;
            Sum++;
        }
    }
}
