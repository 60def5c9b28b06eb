namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>How long entries of the duplicate cache are kept, and how many.</summary>
/// <remarks>Times are ticks of 100 ns since 1970-01-01 UTC.</remarks>
internal static class DedupRetention
{
    /// <summary>Added to a message's own expiry: the clocks of two nodes may differ by this much.</summary>
    public const long ClockSlackTicks = 10 * TimeSpan.TicksPerMinute;

    /// <summary>
    /// No entry expires earlier after its last hit: a node's own messages are valid for three hours, and the clock slack comes on top.
    /// </summary>
    public const long MinEntryAgeTicks = (3 * TimeSpan.TicksPerHour) + ClockSlackTicks;

    /// <summary>A signed expiry keeps an entry at most this long after a hit.</summary>
    public const long MaxEntryAgeTicks = 24 * TimeSpan.TicksPerHour;

    /// <summary>Entries that have not expired may exceed the capacity by this factor.</summary>
    public const int CeilingFactor = 10;

    /// <summary>The last expiry, in seconds, that the reference can represent as a date; a later one counts as none.</summary>
    private const ulong LastRepresentableExpiry = 8_210_266_876_799;

    private const int MinTrimStep = 100;

    /// <summary>Entries above which even those that have not expired are removed.</summary>
    public static int Ceiling(int capacity) => capacity * CeilingFactor;

    /// <summary>The cache is trimmed each time this many entries were added.</summary>
    public static int TrimStep(int capacity) => Math.Max(capacity / 10, MinTrimStep);

    /// <summary>When an entry hit now may be removed. The expiry of an unsigned message is anyone's claim and does not count.</summary>
    /// <param name="now">The time of the hit.</param>
    /// <param name="expires">The header's expiry in seconds since 1970.</param>
    /// <param name="isSigned">The header carries a signature.</param>
    /// <param name="minAgeTicks">Usually <see cref="MinEntryAgeTicks"/>.</param>
    public static long KeepUntil(long now, ulong? expires, bool isSigned, long minAgeTicks)
    {
        long lower = now + minAgeTicks;
        if (!isSigned || expires is not { } seconds || seconds > LastRepresentableExpiry)
        {
            return lower;
        }

        long upper = now + MaxEntryAgeTicks;

        // Compared in seconds: the largest expiry in ticks does not fit in 64 bits.
        long wanted = seconds >= (ulong)Math.Max(0, upper / TimeSpan.TicksPerSecond)
            ? upper
            : Math.Min(upper, ((long)seconds * TimeSpan.TicksPerSecond) + ClockSlackTicks);
        return Math.Max(lower, wanted);
    }
}
