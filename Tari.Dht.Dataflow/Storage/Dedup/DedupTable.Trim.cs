using System.Numerics;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <content>Removing what is to go. Victims are found by reading columns from end to end; no order is kept between trims.</content>
internal sealed partial class DedupTable
{
    private const int HistogramBits = 12;
    private const int MaxBorderline = 1024;

    private readonly int[] _histogram = new int[1 << HistogramBits];
    private readonly Victim[] _borderline = new Victim[MaxBorderline];

    /// <summary>No entry is to be kept only until earlier than this. Spares most trims of a flood the search for expired entries.</summary>
    private long _earliestKeepUntil = long.MaxValue;

    /// <summary>Entries whose first hit was not signed.</summary>
    private int _unsignedCount;

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
        if (Count > capacity && now >= _earliestKeepUntil)
        {
            expired = RemoveEarliest(new Candidates(Column.KeepUntil, DedupPage.Live, DedupPage.Live, now), Count - capacity);
        }

        int forced = 0;
        if (Count > ceiling)
        {
            const byte Mask = DedupPage.Live | DedupPage.Signed;
            if (_unsignedCount > 0)
            {
                forced = RemoveEarliest(new Candidates(Column.LastHitAt, Mask, DedupPage.Live, long.MaxValue), Count - ceiling);
            }

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
        int count = Survey(candidates, out long least, out long most, out long leastBeyond);
        int removed = Math.Min(count, limit);
        if (candidates.Column == Column.KeepUntil)
        {
            _earliestKeepUntil = removed == count ? leastBeyond : least;
        }

        if (removed == 0)
        {
            return 0;
        }

        // Taking an entry out of its bucket costs several cache misses; for a good part of the table a new index is cheaper.
        bool rebuilds = removed > Count / 4;
        if (removed == count)
        {
            RemoveUpTo(candidates, most, long.MaxValue, rebuilds);
        }
        else
        {
            int rank = removed;
            int borderline = Narrow(candidates, candidates.Column, ref least, ref most, ref rank, MaxBorderline);
            if (borderline <= MaxBorderline)
            {
                RemoveBelow(candidates, least, most, rank, rebuilds);
            }
            else
            {
                // More of one value than fit: the time of storing, which is unique, says which of them go.
                long from = 0;
                long tieThreshold = _lastStoredAt;
                _ = Narrow(candidates with { Exactly = least }, Column.StoredAt, ref from, ref tieThreshold, ref rank, enough: 0);
                RemoveUpTo(candidates, least, tieThreshold, rebuilds);
            }
        }

        if (rebuilds)
        {
            Rebuild();
        }

        return removed;
    }

    /// <summary>Counts the candidates and finds the range of their values, and the least value above their limit.</summary>
    private int Survey(in Candidates candidates, out long least, out long most, out long leastBeyond)
    {
        int count = 0;
        least = long.MaxValue;
        most = long.MinValue;
        leastBeyond = long.MaxValue;
        byte mask = candidates.Mask;
        byte match = candidates.Match;
        long limit = candidates.Limit;
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
                if ((flags[i] & mask) != match)
                {
                    continue;
                }

                long value = values[i];
                if (value <= limit)
                {
                    count++;
                    least = Math.Min(least, value);
                    most = Math.Max(most, value);
                }
                else
                {
                    leastBeyond = Math.Min(leastBeyond, value);
                }
            }
        }

        return count;
    }

    /// <summary>Narrows a range of values down around the candidate of a rank, counted from 1 at the smallest value.</summary>
    /// <remarks>
    /// Each reading counts the values in 4096 equal parts of the range and goes on with the part that holds the rank: no copy, no
    /// allocation, and a bounded effort whatever the values, since a peer chooses some of them.
    /// </remarks>
    /// <param name="candidates">The entries that count.</param>
    /// <param name="column">What to order them by.</param>
    /// <param name="from">The least value, before and after.</param>
    /// <param name="to">The largest value, before and after; equal to <paramref name="from"/> if that alone could end the
    /// narrowing.</param>
    /// <param name="rank">The rank in the range, before and after.</param>
    /// <param name="enough">Candidates in the range with which the narrowing may end.</param>
    /// <returns>Candidates in the range.</returns>
    private int Narrow(in Candidates candidates, Column column, ref long from, ref long to, ref int rank, int enough)
    {
        byte mask = candidates.Mask;
        byte match = candidates.Match;
        while (true)
        {
            ulong width = (ulong)(to - from);
            int shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount(width) - HistogramBits);
            long start = from;
            int[] histogram = _histogram;
            Array.Clear(histogram);
            foreach (DedupPage? page in _pages)
            {
                if (page is null)
                {
                    continue;
                }

                byte[] flags = page.Flags;
                long[] values = Values(page, column);
                long[] own = Values(page, candidates.Column);
                for (int i = 0; i < values.Length && i < own.Length && i < flags.Length; i++)
                {
                    ulong offset = (ulong)(values[i] - start);
                    if (offset <= width && (flags[i] & mask) == match && candidates.Admits(own[i]))
                    {
                        histogram[(int)(offset >> shift)]++;
                    }
                }
            }

            int part = 0;
            while (histogram[part] < rank)
            {
                rank -= histogram[part++];
            }

            from += (long)((ulong)part << shift);
            to = Math.Min(to, from + (long)((1UL << shift) - 1));
            if (shift == 0 || histogram[part] <= enough)
            {
                return histogram[part];
            }
        }
    }

    /// <summary>Removes the candidates below a range, and the first ones in it, which are few.</summary>
    private void RemoveBelow(in Candidates candidates, long from, long to, int rank, bool rebuilds)
    {
        int borderline = 0;
        byte mask = candidates.Mask;
        byte match = candidates.Match;
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
                if (values[i] > to || (flags[i] & mask) != match)
                {
                    continue;
                }

                int slot = (pageIndex << DedupPage.Shift) + i;
                if (values[i] < from)
                {
                    Remove(slot, rebuilds);
                }
                else
                {
                    _borderline[borderline++] = new Victim(values[i], page.StoredAt[i], slot);
                }
            }
        }

        Span<Victim> victims = _borderline.AsSpan(0, borderline);
        victims.Sort();
        foreach (ref readonly Victim victim in victims[..rank])
        {
            Remove(victim.Slot, rebuilds);
        }
    }

    /// <summary>Removes the candidates up to a value, of those that have it the ones stored up to a time.</summary>
    private void RemoveUpTo(in Candidates candidates, long threshold, long tieThreshold, bool rebuilds)
    {
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
                if (values[i] <= threshold
                    && (flags[i] & candidates.Mask) == candidates.Match
                    && (values[i] < threshold || page.StoredAt[i] <= tieThreshold))
                {
                    Remove((pageIndex << DedupPage.Shift) + i, rebuilds);
                }
            }
        }
    }

    private void Remove(int slot, bool rebuilds)
    {
        if (!rebuilds)
        {
            Unlink(slot);
            NextOf(slot) = _free;
            _free = slot + 1;
        }

        Clear(slot);
    }

    /// <summary>An entry at the border between those that go and those that stay, in the order in which they go.</summary>
    private readonly record struct Victim(long Value, long StoredAt, int Slot) : IComparable<Victim>
    {
        public int CompareTo(Victim other) =>
            Value != other.Value ? Value.CompareTo(other.Value) : StoredAt.CompareTo(other.StoredAt);
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
