using System.Buffers;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

internal sealed partial class PeerIndex
{
    /// <summary>Peers to dial, spread over network groups, those seen first.</summary>
    /// <remarks>
    /// The suitable rows of each group are ranked, those seen since first, and then at random or as they were added. A peer is chosen
    /// when each of its suitable rows is within what the cap leaves to the row's group, so that many names for one machine gain nothing.
    /// Looks at all peers.
    /// </remarks>
    /// <param name="query">What to choose.</param>
    /// <param name="now">The time by which bans end.</param>
    /// <param name="random">Makes the choice among equals.</param>
    /// <param name="results">Given the peers, in order: those seen since first, then at random or by node id.</param>
    public void DialCandidates(in DialCandidatesQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        int limit = query.Limit ?? int.MaxValue;
        if (limit <= 0)
        {
            return;
        }

        var suitable = new SuitableRow(query);
        int[] slots = ArrayPool<int>.Shared.Rent(_unflagged.Count + _flagged.Count);
        Span<int> candidates = slots.AsSpan(0, CollectCandidates(query, suitable, now.UtcTicks, slots));
        if (query.MaxPerGroup > 0)
        {
            candidates = candidates[..KeepWithinGroups(query, suitable, random, candidates)];
        }

        int seen = PutSeenFirst(candidates, suitable);
        AddInOrder(candidates[..seen], limit, query.Randomize ? random : null, results);
        AddInOrder(candidates[seen..], limit - Math.Min(limit, seen), query.Randomize ? random : null, results);
        ArrayPool<int>.Shared.Return(slots);
    }

    /// <summary>The slots with a suitable row, by rising number, which is how they lie in memory.</summary>
    private int CollectCandidates(DialCandidatesQuery query, SuitableRow suitable, long now, Span<int> slots)
    {
        int count = 0;
        for (int slot = 0; slot < _peers.End; slot++)
        {
            ref PeerSlot peer = ref _slots[slot];
            if (peer.IsCandidate && !peer.IsBanned(now) && peer.IsOf(query.Transports) && HasAny(peer.Rows, suitable)
                && !IsExcluded(query.Excluded, _peers[slot]!))
            {
                slots[count++] = slot;
            }
        }

        return count;

        static bool HasAny(ReadOnlySpan<AddressRow> rows, SuitableRow suitable)
        {
            foreach (ref readonly AddressRow row in rows)
            {
                if (suitable.Includes(row))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Moves the peers all of whose suitable rows are within their groups' budgets to the front, in order.</summary>
    /// <remarks>
    /// Rows have ranks for keys, the lowest first. Only groups with more rows than their budget need them; a row is within it when its
    /// key is not above the group's last one that is.
    /// </remarks>
    private int KeepWithinGroups(DialCandidatesQuery query, SuitableRow suitable, Random random, Span<int> candidates)
    {
        int[] ints = ArrayPool<int>.Shared.Rent(Math.Max(1, 2 * _groups.End));
        Span<int> budgets = ints.AsSpan(0, _groups.End);
        Span<int> ends = ints.AsSpan(_groups.End, _groups.End);
        SetBudgets(query, budgets);
        int ranked = CountRanked(suitable, candidates, budgets, ends);

        ulong[] longs = ArrayPool<ulong>.Shared.Rent(Math.Max(1, 2 * ranked));
        Span<ulong> keys = longs.AsSpan(0, ranked);
        Span<ulong> byGroup = longs.AsSpan(ranked, ranked);
        int next = 0;
        foreach (int slot in candidates)
        {
            foreach (ref AddressRow row in _slots[slot].Rows.AsSpan())
            {
                if (ends[row.Group] >= 0 && suitable.Includes(row))
                {
                    keys[next] = suitable.KeyOf(row, next, random);
                    byGroup[ends[row.Group]++] = keys[next++];
                }
            }
        }

        // The end of each group is in its place now, and the next group begins there.
        ulong[] limits = ArrayPool<ulong>.Shared.Rent(Math.Max(1, _groups.End));
        int start = 0;
        for (int group = 0; group < _groups.End; group++)
        {
            if (ends[group] >= 0)
            {
                limits[group] = budgets[group] == 0 ? 0 : Selection.Smallest(byGroup[start..ends[group]], budgets[group] - 1);
                start = ends[group];
            }
        }

        int kept = 0;
        next = 0;
        foreach (int slot in candidates)
        {
            bool isWithin = true;
            foreach (ref AddressRow row in _slots[slot].Rows.AsSpan())
            {
                if (ends[row.Group] >= 0 && suitable.Includes(row))
                {
                    isWithin &= keys[next++] <= limits[row.Group];
                }
            }

            if (isWithin)
            {
                candidates[kept++] = slot;
            }
        }

        ArrayPool<int>.Shared.Return(ints);
        ArrayPool<ulong>.Shared.Return(longs);
        ArrayPool<ulong>.Shared.Return(limits);
        return kept;
    }

    /// <summary>What the cap leaves to each group.</summary>
    private void SetBudgets(DialCandidatesQuery query, Span<int> budgets)
    {
        budgets.Fill(query.MaxPerGroup);
        if (query.GroupsTaken is { } taken)
        {
            foreach ((string name, int count) in taken)
            {
                if (_groups.TryGet(name, out int group))
                {
                    budgets[group] = (int)Math.Clamp((long)query.MaxPerGroup - count, 0, int.MaxValue);
                }
            }
        }
    }

    /// <summary>Counts the suitable rows of groups with more of them than their budget.</summary>
    /// <param name="suitable">Which rows count.</param>
    /// <param name="candidates">The peers whose rows count.</param>
    /// <param name="budgets">Rows that each group may have.</param>
    /// <param name="starts">Given where the rows of each such group start when they stand one group after the other; -1 for other
    /// groups.</param>
    private int CountRanked(SuitableRow suitable, ReadOnlySpan<int> candidates, ReadOnlySpan<int> budgets, Span<int> starts)
    {
        starts.Clear();
        foreach (int slot in candidates)
        {
            foreach (ref AddressRow row in _slots[slot].Rows.AsSpan())
            {
                starts[row.Group] += suitable.Includes(row) ? 1 : 0;
            }
        }

        int total = 0;
        for (int group = 0; group < starts.Length; group++)
        {
            int count = starts[group];
            starts[group] = -1;
            if (count > budgets[group])
            {
                starts[group] = total;
                total += count;
            }
        }

        return total;
    }

    /// <summary>Moves the peers with a suitable row seen since to the front.</summary>
    /// <returns>How many there are.</returns>
    private int PutSeenFirst(Span<int> candidates, SuitableRow suitable)
    {
        int seen = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            foreach (ref AddressRow row in _slots[candidates[i]].Rows.AsSpan())
            {
                if (suitable.Includes(row) && suitable.IsSeen(row))
                {
                    (candidates[seen], candidates[i]) = (candidates[i], candidates[seen]);
                    seen++;
                    break;
                }
            }
        }

        return seen;
    }

    /// <summary>Adds peers to the results, at random or by node id.</summary>
    private void AddInOrder(Span<int> candidates, int limit, Random? random, List<Peer> results)
    {
        int count = Math.Min(limit, candidates.Length);
        if (count == 0)
        {
            return;
        }

        if (random is null)
        {
            NodeId[] ids = ArrayPool<NodeId>.Shared.Rent(candidates.Length);
            for (int i = 0; i < candidates.Length; i++)
            {
                ids[i] = _peers[candidates[i]]!.NodeId;
            }

            ids.AsSpan(0, candidates.Length).Sort(candidates);
            ArrayPool<NodeId>.Shared.Return(ids);
        }

        for (int i = 0; i < count; i++)
        {
            if (random is not null)
            {
                int choice = random.Next(i, candidates.Length);
                (candidates[i], candidates[choice]) = (candidates[choice], candidates[i]);
            }

            results.Add(_peers[candidates[i]]!);
        }
    }

    /// <summary>Which rows a query asks about, and their order within a group.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly struct SuitableRow(DialCandidatesQuery query)
    {
        private const int OrdinalBits = 28;
        private const ulong NotSeen = 1UL << 63;

        private readonly TransportKinds _kinds = query.Transports;
        private readonly long _since = query.SeenSince?.UtcTicks ?? PeerSlot.Never + 1;
        private readonly bool _excludeFailed = query.ExcludeFailed;
        private readonly bool _isRandom = query.Randomize;

        public bool Includes(in AddressRow row) => !(_excludeFailed && row.IsFailed) && row.IsOf(_kinds);

        public bool IsSeen(in AddressRow row) => row.LastSeen >= _since;

        /// <summary>The lower, the earlier; above 0, and no two are alike.</summary>
        public ulong KeyOf(in AddressRow row, int ordinal, Random random)
        {
            ulong order = _isRandom
                ? ((ulong)random.NextInt64(1L << (63 - OrdinalBits)) << OrdinalBits) + (ulong)ordinal
                : (ulong)row.Number;
            return (IsSeen(row) ? 0 : NotSeen) | (order + 1);
        }
    }
}
