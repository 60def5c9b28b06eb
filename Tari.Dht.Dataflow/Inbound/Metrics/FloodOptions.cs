namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>When a peer counts as flooding.</summary>
public sealed record FloodOptions
{
    /// <summary>The most that <see cref="MaxMessageCount"/> can be.</summary>
    public const int MaxAllowedMessageCount = 10_000_000;

    /// <summary>Messages within <see cref="TimeSpan"/> that are still allowed. Default 1000 (<c>flood_ban_max_msg_count</c>).</summary>
    public int MaxMessageCount { get; init; } = 1000;

    /// <summary>The time looked back. Default 60 s (<c>flood_ban_timespan</c>).</summary>
    public TimeSpan TimeSpan { get; init; } = TimeSpan.FromSeconds(60);

    // A peer's samples outlive the window that judges them.
    internal TimeSpan StaleAge => TimeSpan > TimeSpan.FromHours(1) ? TimeSpan : TimeSpan.FromHours(1);

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (MaxMessageCount is < 0 or > MaxAllowedMessageCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxMessageCount), MaxMessageCount, $"{nameof(MaxMessageCount)} has to be 0 to 10 000 000, not {MaxMessageCount}.");
        }

        if (TimeSpan < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(TimeSpan), TimeSpan, $"{nameof(TimeSpan)} has to be zero or more, not {TimeSpan}.");
        }
    }
}
