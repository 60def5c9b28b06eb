namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The longest time that a timer is set to.</summary>
internal static class TimerLimit
{
    /// <summary>49 days: timers of the framework take no more than 2^32 - 2 ms, and nobody waits longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    /// <summary>A time, or the longest one if that is shorter.</summary>
    public static TimeSpan AtMost(TimeSpan time) => time < Longest ? time : Longest;

    /// <summary>The time after a pause, since some moment; the last there is when there is none that late.</summary>
    /// <param name="now">The time.</param>
    /// <param name="pause">The pause, zero or more.</param>
    public static TimeSpan After(TimeSpan now, TimeSpan pause) => pause < TimeSpan.MaxValue - now ? now + pause : TimeSpan.MaxValue;

    /// <summary>Refuses what a timer can't be set to.</summary>
    /// <param name="value">The value of an option.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="name">The option.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below the least or above the longest.</exception>
    public static void ThrowUnlessWithin(TimeSpan value, TimeSpan least, string name)
    {
        if (value < least || value > Longest)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} has to be between {least} and 49 days, not {value}.");
        }
    }
}
