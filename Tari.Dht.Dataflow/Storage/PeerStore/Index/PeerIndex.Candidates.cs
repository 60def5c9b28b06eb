using System.Buffers;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

internal sealed partial class PeerIndex
{
    /// <summary>Peers to dial, spread over network groups, those seen first.</summary>
    /// <remarks>
    /// The suitable rows of each group are ranked, those seen since first, and then at random or as they were added. A peer is chosen when
    /// each of its suitable rows is within what the cap leaves to the row's group, so that many names for one machine gain nothing. Looks
    /// at all peers, once.
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

        Candidate[] candidates = ArrayPool<Candidate>.Shared.Rent(_unflagged.Count + _flagged.Count);
        RankedRow[] rows = ArrayPool<RankedRow>.Shared.Rent(_rowCount);
        int count = CollectCandidates(query, now.UtcTicks, candidates, rows, out int rowCount);
        if (query.MaxPerGroup > 0)
        {
            count = KeepWithinGroups(query, random, candidates.AsSpan(0, count), rows.AsSpan(0, rowCount));
        }

        ArrayPool<RankedRow>.Shared.Return(rows);
        Span<Candidate> kept = candidates.AsSpan(0, count);
        int seen = PutSeenFirst(kept);
        AddInOrder(kept[..seen], limit, query.Randomize ? random : null, results);
        AddInOrder(kept[seen..], limit - Math.Min(limit, seen), query.Randomize ? random : null, results);
        ArrayPool<Candidate>.Shared.Return(candidates);
    }

    /// <summary>The peers with a suitable row, and those rows, with keys by which they rank when the order is not random.</summary>
    private int CollectCandidates(
        DialCandidatesQuery query, long now, Span<Candidate> candidates, Span<RankedRow> rows, out int rowCount)
    {
        long since = query.SeenSince?.UtcTicks ?? PeerSlot.Never + 1;
        int[] excluded = SlotsOf(query.Excluded, out int excludedCount);
        int nextExcluded = 0;
        int count = 0;
        rowCount = 0;
        for (int slot = 0; slot < _peers.End; slot++)
        {
            if (nextExcluded < excludedCount && excluded[nextExcluded] == slot)
            {
                nextExcluded++;
                continue;
            }

            ref PeerSlot peer = ref _slots[slot];
            if (!peer.IsCandidate || peer.IsBanned(now) || !peer.IsOf(query.Transports))
            {
                continue;
            }

            int first = rowCount;
            bool isSeen = false;
            foreach (ref AddressRow row in peer.Rows.AsSpan())
            {
                if (row.IsOf(query.Transports) && !(query.ExcludeFailed && row.IsFailed))
                {
                    rows[rowCount++] = new RankedRow(row, row.LastSeen >= since);
                    isSeen |= row.LastSeen >= since;
                }
            }

            if (rowCount > first)
            {
                candidates[count++] = new Candidate(slot, rowCount, isSeen);
            }
        }

        ArrayPool<int>.Shared.Return(excluded);
        return count;
    }

    /// <summary>The slots of those of the ids that are here, by rising number, in a rented array.</summary>
    private int[] SlotsOf(IReadOnlySet<NodeId>? ids, out int count)
    {
        int[] slots = ArrayPool<int>.Shared.Rent(ids?.Count ?? 0);
        count = 0;
        if (ids is not null)
        {
            foreach (NodeId id in ids)
            {
                int slot = _peers.SlotOf(id);
                if (slot >= 0)
                {
                    slots[count++] = slot;
                }
            }

            slots.AsSpan(0, count).Sort();
        }

        return slots;
    }

    /// <summary>Moves the peers all of whose suitable rows are within their groups' budgets to the front, in order.</summary>
    /// <remarks>
    /// Only the rows of groups with more of them than their budget are ranked. Such a row is within the budget when its key is not above
    /// that of the group's last row that is.
    /// </remarks>
    private int KeepWithinGroups(DialCandidatesQuery query, Random random, Span<Candidate> candidates, Span<RankedRow> rows)
    {
        int groupCount = _groups.End;
        int[] budgets = ArrayPool<int>.Shared.Rent(groupCount);
        int[] ends = ArrayPool<int>.Shared.Rent(groupCount);
        SetBudgets(query, budgets.AsSpan(0, groupCount));
        int ranked = FindCrowded(rows, budgets, ends.AsSpan(0, groupCount));

        // The keys of one group after those of the other. When all are there, each group ends where the next one begins.
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(ranked);
        for (int i = 0; i < rows.Length; i++)
        {
            ref RankedRow row = ref rows[i];
            if (ends[row.Group] >= 0)
            {
                if (query.Randomize)
                {
                    row.Shuffle(random, i);
                }

                keys[ends[row.Group]++] = row.Key;
            }
        }

        ulong[] limits = ArrayPool<ulong>.Shared.Rent(groupCount);
        int start = 0;
        for (int group = 0; group < groupCount; group++)
        {
            limits[group] = ulong.MaxValue;
            if (ends[group] >= 0)
            {
                limits[group] = budgets[group] == 0 ? 0 : Selection.Smallest(keys.AsSpan(start..ends[group]), budgets[group] - 1);
                start = ends[group];
            }
        }

        int kept = 0;
        int next = 0;
        foreach (Candidate candidate in candidates)
        {
            bool isWithin = true;
            for (; next < candidate.EndOfRows; next++)
            {
                isWithin &= rows[next].Key <= limits[rows[next].Group];
            }

            if (isWithin)
            {
                candidates[kept++] = candidate;
            }
        }

        ArrayPool<int>.Shared.Return(budgets);
        ArrayPool<int>.Shared.Return(ends);
        ArrayPool<ulong>.Shared.Return(keys);
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

    /// <summary>Finds the groups with more rows than their budget.</summary>
    /// <param name="rows">The rows that count.</param>
    /// <param name="budgets">Rows that each group may have.</param>
    /// <param name="starts">
    /// Given where the rows of each such group start when they stand one group after the other; -1 for other groups.
    /// </param>
    /// <returns>How many rows these groups have.</returns>
    private static int FindCrowded(ReadOnlySpan<RankedRow> rows, ReadOnlySpan<int> budgets, Span<int> starts)
    {
        starts.Clear();
        foreach (ref readonly RankedRow row in rows)
        {
            starts[row.Group]++;
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
    private static int PutSeenFirst(Span<Candidate> candidates)
    {
        int seen = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (candidates[i].IsSeen)
            {
                (candidates[seen], candidates[i]) = (candidates[i], candidates[seen]);
                seen++;
            }
        }

        return seen;
    }

    /// <summary>Adds peers to the results, at random or by node id.</summary>
    private void AddInOrder(Span<Candidate> candidates, int limit, Random? random, List<Peer> results)
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
                ids[i] = _peers[candidates[i].Slot]!.NodeId;
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

            results.Add(_peers[candidates[i].Slot]!);
        }
    }

    /// <summary>A peer with a suitable row.</summary>
    /// <param name="Slot">The peer.</param>
    /// <param name="EndOfRows">Where its suitable rows end; they begin where those of the candidate before end.</param>
    /// <param name="IsSeen">Whether one of them was seen since.</param>
    private readonly record struct Candidate(int Slot, int EndOfRows, bool IsSeen);

    /// <summary>A suitable row, with a key that ranks it within its group: the lower, the earlier; above 0, and no two are alike.</summary>
    private struct RankedRow(in AddressRow row, bool isSeen)
    {
        private const ulong NotSeen = 1UL << 63;
        private const int OrdinalBits = 28;

        public ulong Key = (isSeen ? 0 : NotSeen) | ((ulong)row.Number + 1);

        public readonly int Group = row.Group;

        /// <summary>Gives the row a random place among those that were seen since as it was.</summary>
        /// <param name="random">Makes the choice.</param>
        /// <param name="ordinal">A number of its own, which parts the rows that chance would make equal.</param>
        public void Shuffle(Random random, int ordinal)
        {
            ulong order = ((ulong)random.NextInt64(1L << (63 - OrdinalBits)) << OrdinalBits) | (uint)ordinal;
            Key = (Key & NotSeen) | (order + 1);
        }
    }
}
