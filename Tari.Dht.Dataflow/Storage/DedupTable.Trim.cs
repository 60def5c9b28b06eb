namespace Tari.Dht.Dataflow.Storage;

/// <content>Removing what is to go. Victims are found by reading columns from end to end; no order is kept between trims.</content>
internal sealed partial class DedupTable
{
    private const int HistogramBits = 12;

    private readonly int[] _histogram = new int[1 << HistogramBits];

    private enum Column
    {
        KeepUntil,
        LastHitAt,
        StoredAt,
    }

    /// <summary>One pass: expired entries down to the capacity, then any down to the ceiling, the unsigned ones first.</summary>
    /// <param name="now">Entries to be kept until now or less have expired.</param>
    /// <param name="capacity">Entries to keep even if they have expired.</param>
    /// <param name="ceiling">Entries to keep at most.</param>
    /// <returns>Entries removed because they had expired, and those removed above the ceiling.</returns>
    public (int Expired, int Forced) Trim(long now, int capacity, int ceiling)
    {
        int expired = 0;
        if (Count > capacity)
        {
            expired = RemoveEarliest(new Candidates(Column.KeepUntil, DedupPage.Live, DedupPage.Live, now), Count - capacity);
        }

        int forced = 0;
        if (Count > ceiling)
        {
            const byte Mask = DedupPage.Live | DedupPage.Signed;
            forced = RemoveEarliest(new Candidates(Column.LastHitAt, Mask, DedupPage.Live, long.MaxValue), Count - ceiling);
            if (Count > ceiling)
            {
                forced += RemoveEarliest(new Candidates(Column.LastHitAt, Mask, Mask, long.MaxValue), Count - ceiling);
            }
        }

        return (expired, forced);
    }

    private static long[] Values(DedupPage page, Column column) => column switch
    {
        Column.KeepUntil => page.KeepUntil,
        Column.LastHitAt => page.LastHitAt,
        _ => page.StoredAt,
    };

    /// <summary>Removes the candidates with the smallest values, of equal ones those stored first.</summary>
    private int RemoveEarliest(in Candidates candidates, int limit)
    {
        int count = Survey(candidates, out long least, out long most);
        if (count == 0)
        {
            return 0;
        }

        int removed = Math.Min(count, limit);
        long threshold = most;
        long tieThreshold = long.MaxValue;
        if (removed < count)
        {
            (threshold, int rank, int equal) = Select(candidates, candidates.Column, least, most, removed);
            if (rank < equal)
            {
                var ties = candidates with { Exactly = threshold };
                (tieThreshold, _, _) = Select(ties, Column.StoredAt, 0, _lastStoredAt, rank);
            }
        }

        Remove(candidates, threshold, tieThreshold, removed);
        return removed;
    }

    /// <summary>Counts the candidates and finds the range of their values.</summary>
    private int Survey(in Candidates candidates, out long least, out long most)
    {
        int count = 0;
        least = long.MaxValue;
        most = long.MinValue;
        foreach (DedupPage? page in _pages)
        {
            if (page is null)
            {
                continue;
            }

            byte[] flags = page.Flags;
            long[] values = Values(page, candidates.Column);
            for (int i = 0; i < values.Length && i < flags.Length; i++)
            {
                if ((flags[i] & candidates.Mask) == candidates.Match && values[i] <= candidates.Limit)
                {
                    count++;
                    least = Math.Min(least, values[i]);
                    most = Math.Max(most, values[i]);
                }
            }
        }

        return count;
    }

    /// <summary>Finds the value of the candidate of a rank, counted from 1 at the smallest value.</summary>
    /// <remarks>
    /// Each reading counts the values in 4096 equal parts of the range and goes on with the part that holds the rank: no copy, no allocation and the
    /// same effort whatever the values, since a peer chooses some of them.
    /// </remarks>
    /// <returns>The value, the rank among the candidates that have it, and their number.</returns>
    private (long Value, int Rank, int Equal) Select(in Candidates candidates, Column column, long from, long to, int rank)
    {
        while (true)
        {
            ulong width = (ulong)(to - from);
            int shift = Math.Max(0, 64 - System.Numerics.BitOperations.LeadingZeroCount(width) - HistogramBits);
            Array.Clear(_histogram);
            foreach (DedupPage? page in _pages)
            {
                if (page is null)
                {
                    continue;
                }

                byte[] flags = page.Flags;
                long[] limited = Values(page, candidates.Column);
                long[] values = Values(page, column);
                for (int i = 0; i < values.Length && i < limited.Length && i < flags.Length; i++)
                {
                    ulong offset = (ulong)(values[i] - from);
                    if (offset <= width && (flags[i] & candidates.Mask) == candidates.Match && candidates.Admits(limited[i]))
                    {
                        _histogram[offset >> shift]++;
                    }
                }
            }

            int part = 0;
            while (_histogram[part] < rank)
            {
                rank -= _histogram[part++];
            }

            from += (long)((ulong)part << shift);
            if (shift == 0)
            {
                return (from, rank, _histogram[part]);
            }

            to = Math.Min(to, from + (long)((1UL << shift) - 1));
        }
    }

    private void Remove(in Candidates candidates, long threshold, long tieThreshold, int expected)
    {
        // Taking an entry out of its bucket costs several cache misses; for a good part of the table a new index is cheaper.
        bool rebuilds = expected > Count / 4;
        for (int pageIndex = 0; pageIndex < _pages.Length; pageIndex++)
        {
            if (_pages[pageIndex] is not { } page)
            {
                continue;
            }

            byte[] flags = page.Flags;
            long[] values = Values(page, candidates.Column);
            for (int i = 0; i < values.Length && i < flags.Length; i++)
            {
                if (values[i] > threshold
                    || (flags[i] & candidates.Mask) != candidates.Match
                    || (values[i] == threshold && page.StoredAt[i] > tieThreshold))
                {
                    continue;
                }

                int slot = (pageIndex << DedupPage.Shift) + i;
                if (!rebuilds)
                {
                    Unlink(slot);
                    page.Next[i] = _free;
                    _free = slot + 1;
                }

                Clear(slot);
            }
        }

        if (rebuilds)
        {
            Rebuild();
        }
    }

    /// <summary>Which entries a selection is about.</summary>
    /// <param name="Column">What they are ordered by.</param>
    /// <param name="Mask">Flags that count.</param>
    /// <param name="Match">What these flags must be.</param>
    /// <param name="Limit">The largest value in the column.</param>
    private readonly record struct Candidates(Column Column, byte Mask, byte Match, long Limit)
    {
        /// <summary>The one value that counts, if it is not <see cref="long.MinValue"/>.</summary>
        public long Exactly { get; init; } = long.MinValue;

        public bool Admits(long value) => Exactly == long.MinValue ? value <= Limit : value == Exactly;
    }
}
