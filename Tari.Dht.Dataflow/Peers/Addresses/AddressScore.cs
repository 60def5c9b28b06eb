namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>How good an address is: 1000 for one that answered this second and quickly, 0 for one that failed.</summary>
/// <remarks>
/// 800, plus up to 100 for the latency, which loses a point for every tenth of a second, plus 100 less the seconds since the last success,
/// at worst -700. A last success ahead of the clock brings more than 100, up to the range of an int.
/// </remarks>
internal static class AddressScore
{
    private const int Base = 800;
    private const int Latency = 100;
    private const int Freshness = 100;
    private const int Stale = -700;

    /// <summary>The score of an address.</summary>
    /// <param name="lastSeen">The last success; none when it never answered.</param>
    /// <param name="attempted">Whether it was dialled.</param>
    /// <param name="failed">Whether the last dial failed.</param>
    /// <param name="latency">Its latency.</param>
    /// <param name="now">The clock.</param>
    /// <returns>Null for an address that was neither seen nor dialled, even if something failed.</returns>
    public static int? Compute(CompactTime lastSeen, bool attempted, bool failed, in RunningMean latency, DateTimeOffset now)
    {
        if (!lastSeen.HasValue && !attempted)
        {
            return null;
        }

        if (failed)
        {
            return 0;
        }

        return (int)Math.Min(Base + OfLatency(latency) + OfFreshness(lastSeen, now), int.MaxValue);
    }

    /// <summary>Whether the score of an address stays as long as the address is neither seen nor dialled.</summary>
    /// <param name="lastSeen">The last success; none when it never answered.</param>
    /// <param name="failed">Whether the last dial failed.</param>
    /// <param name="now">The clock.</param>
    public static bool IsSettled(CompactTime lastSeen, bool failed, DateTimeOffset now) =>
        failed || !lastSeen.HasValue || (now.UtcTicks - lastSeen.UtcTicks) / TimeSpan.TicksPerSecond >= Freshness - Stale;

    private static int OfLatency(in RunningMean latency) => Math.Max(0, Latency - latency.TenthsOfSecond);

    private static long OfFreshness(CompactTime lastSeen, DateTimeOffset now)
    {
        if (!lastSeen.HasValue)
        {
            return Stale;
        }

        // The division cuts towards zero on both sides. What 32 bits can't hold counts as never, in the future too.
        long seconds = (now.UtcTicks - lastSeen.UtcTicks) / TimeSpan.TicksPerSecond;
        return seconds is < int.MinValue or > int.MaxValue ? Stale : Math.Max(Stale, Freshness - seconds);
    }
}
