using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

internal sealed partial class PeerIndex
{
    /// <summary>Peers not seen for longer are not passed on.</summary>
    private const long StaleAfter = 216_000 * TimeSpan.TicksPerSecond;
    private const int MaxExcludedSlots = 16;

    private const long NoAge = long.MaxValue;

    /// <summary>The peers chosen by the draw that is under way, the highest score first.</summary>
    private readonly PriorityQueue<int, double> _chosen = new();

    /// <summary>Draws peers for discovery: those seen lately are more likely, none twice.</summary>
    /// <remarks>
    /// <para>
    /// Each peer has the score age · U, with U uniform in [0, 1) and drawn anew each time, and those with the lowest scores are chosen.
    /// The age is that of the peer's first suitable row; a time in the future wins over all others, and such peers over each other by
    /// chance.
    /// </para>
    /// <para>
    /// Hardly any peer needs its score to be computed. With enough peers chosen, the highest score T among them is the one to beat, which
    /// a peer of age a does with probability min(1, T / a). Peers come by rising age, so T / (age of the next one) bounds the probability
    /// for all that follow: the number of those passed over until one stays below the bound has a geometric distribution, and is drawn at
    /// once. That one beats T in truth with probability (its bounding age) / a, and its score is uniform in [0, T) then. The order is by
    /// the latest of a peer's rows, which is no older than the one that counts, so the bound holds. The cost grows with the number of
    /// peers to draw, and the logarithm of all; only peers without age, seen at the time of the draw or later, are all looked at.
    /// </para>
    /// </remarks>
    /// <param name="query">What to draw.</param>
    /// <param name="now">The time by which bans end and ages are taken.</param>
    /// <param name="random">Makes the choice.</param>
    /// <param name="results">Given the peers, in no order.</param>
    public void DrawActive(in ActivePeersQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        ChooseActive(query, now, random);
        foreach ((int slot, _) in _chosen.UnorderedItems)
        {
            results.Add(query.ExternalOnly ? WithExternalAddresses(slot) : _peers[slot]!);
        }
    }

    private void ChooseActive(in ActivePeersQuery query, DateTimeOffset now, Random random)
    {
        _chosen.Clear();
        if (query.Count <= 0)
        {
            return;
        }

        // Few are excluded, mostly the one who asks: then records need not be looked at.
        Span<int> excluded = stackalloc int[MaxExcludedSlots];
        int excludedCount = FindSlots(query.Excluded, excluded);
        excluded = excluded[..Math.Max(excludedCount, 0)];
        long time = now.UtcTicks;
        double highest = double.PositiveInfinity;
        RecencyList.Cursor cursor = _seen.Latest();
        while (cursor.IsValid)
        {
            long youngest = time - _slots[cursor.Slot].LastSeen;
            if (youngest > StaleAfter)
            {
                break;
            }

            // Without a bound, as among peers without age, each is looked at.
            bool isBounded = youngest > 0 && highest < youngest;
            if (isBounded)
            {
                double passed = PassedOver(highest / youngest, random);
                if (!(passed < _seen.Count))
                {
                    break;
                }

                if (passed >= 1)
                {
                    cursor.Advance((long)passed);
                    if (!cursor.IsValid)
                    {
                        break;
                    }
                }
            }

            int slot = cursor.Slot;
            cursor.Advance(1);
            long age = AgeOf(slot, query, time);
            if (age == NoAge)
            {
                continue;
            }

            double score = double.PositiveInfinity;
            if (!isBounded)
            {
                // Below zero, scores of peers without age are in order of chance alone.
                score = age > 0 ? age * random.NextDouble() : random.NextDouble() - 1;
            }
            else if (random.NextDouble() * age < youngest)
            {
                score = highest * random.NextDouble();
            }

            if (score < highest
                && !(excludedCount < 0 ? IsExcluded(query.Excluded, _peers[slot]!) : excluded.Contains(slot)))
            {
                highest = Choose(slot, score, query.Count);
            }
        }
    }

    /// <summary>The slots of records.</summary>
    /// <returns>How many there are; negative when there is no room for them, or the set is one that has to be asked.</returns>
    private int FindSlots(IReadOnlySet<NodeId>? ids, Span<int> slots)
    {
        if (ids is null)
        {
            return 0;
        }

        if (ids is not HashSet<NodeId> set
            || set.GetType() != typeof(HashSet<NodeId>)
            || set.Comparer != EqualityComparer<NodeId>.Default
            || set.Count > slots.Length)
        {
            return -1;
        }

        int count = 0;
        foreach (NodeId id in set)
        {
            if (_peers.SlotOf(id) is >= 0 and int slot)
            {
                slots[count++] = slot;
            }
        }

        return count;
    }

    /// <summary>How many trials fail before one succeeds.</summary>
    /// <param name="probability">Of success; below 1. At 0, or so near to it that it makes no difference, the answer is infinite or no
    /// number.</param>
    /// <param name="random">Makes the choice.</param>
    private static double PassedOver(double probability, Random random) =>
        probability <= 0 ? double.PositiveInfinity : Math.Floor(Math.Log(1 - random.NextDouble()) / Math.Log(1 - probability));

    /// <summary>The age by which a peer takes part: that of its first suitable row; <see cref="NoAge"/> when it takes no part.</summary>
    private long AgeOf(int slot, in ActivePeersQuery query, long now)
    {
        ref PeerSlot peer = ref _slots[slot];
        if (!peer.IsBanned(now) && (query.Features is not { } features || peer.Has(features)))
        {
            foreach (ref AddressRow row in peer.Rows.AsSpan())
            {
                if (row.LastSeen != PeerSlot.Never && !row.IsFailed && (row.IsExternal || !query.ExternalOnly)
                    && now - row.LastSeen <= StaleAfter)
                {
                    return now - row.LastSeen;
                }
            }
        }

        return NoAge;
    }

    /// <summary>Adds a peer to those chosen, in the place of the one with the highest score when there are enough.</summary>
    /// <returns>The score to stay below.</returns>
    private double Choose(int slot, double score, int count)
    {
        // The queue's first is the lowest, so scores change their sign.
        if (_chosen.Count < count)
        {
            _chosen.Enqueue(slot, -score);
        }
        else
        {
            _chosen.EnqueueDequeue(slot, -score);
        }

        _chosen.TryPeek(out _, out double first);
        return _chosen.Count < count ? double.PositiveInfinity : -first;
    }
}
