namespace Tari.Dht.Dataflow.Peers;

/// <summary>The ends of bans.</summary>
/// <remarks>
/// The reference reckons with years up to 262 142; here a time ends with <see cref="DateTimeOffset.MaxValue"/>, which is still later than
/// <see cref="Forever"/>.
/// </remarks>
public static class PeerTimes
{
    /// <summary>9999-12-31 23:59:59 UTC: the end of a ban without end, and the latest that is stored.</summary>
    public static DateTimeOffset Forever { get; } = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>The time after a duration, in UTC; <see cref="DateTimeOffset.MaxValue"/> when there is none that late.</summary>
    /// <param name="now">The clock of this node.</param>
    /// <param name="duration">The duration, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public static DateTimeOffset After(DateTimeOffset now, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        long ticks = now.UtcTicks;
        return duration.Ticks > DateTimeOffset.MaxValue.Ticks - ticks
            ? DateTimeOffset.MaxValue
            : new DateTimeOffset(ticks + duration.Ticks, TimeSpan.Zero);
    }

    /// <summary>The time after some seconds, in UTC; <see cref="DateTimeOffset.MaxValue"/> when there is none that late.</summary>
    /// <param name="now">The clock of this node.</param>
    /// <param name="seconds">The seconds, any number.</param>
    public static DateTimeOffset After(DateTimeOffset now, ulong seconds) =>
        After(now, new TimeSpan((long)Math.Min(seconds, long.MaxValue / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond));

    /// <summary>The time as it is stored: <see cref="Forever"/> when it is later than that.</summary>
    /// <param name="time">Any time.</param>
    public static DateTimeOffset AtMostForever(DateTimeOffset time) => time > Forever ? Forever : time;

    /// <summary>Whether a ban until then counts as permanent.</summary>
    /// <param name="bannedUntil">The end of a ban.</param>
    public static bool IsPermanent(DateTimeOffset bannedUntil) => bannedUntil >= Forever;
}
