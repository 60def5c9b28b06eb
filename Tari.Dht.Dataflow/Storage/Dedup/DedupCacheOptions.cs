using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>How a <see cref="DedupCache"/> works.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Option</term><description>Default</description></listheader>
/// <item><term><see cref="Capacity"/></term><description>50 000 entries, as the reference</description></item>
/// <item><term><see cref="TrimInterval"/></term><description>12 h, as the reference</description></item>
/// <item><term><see cref="DatabasePath"/></term><description>none: memory alone</description></item>
/// <item><term><see cref="FlushInterval"/></term><description>1 s</description></item>
/// <item><term><see cref="FlushBatch"/></term><description>512 entries</description></item>
/// </list>
/// </remarks>
public sealed record DedupCacheOptions
{
    /// <summary>The largest <see cref="Capacity"/>; ten times as many entries then take about 1.1 GB.</summary>
    public const int MaxCapacity = 1_000_000;

    /// <summary>
    /// Entries to keep once they expired. Those that have not may be ten times as many. 50 000 by default, 0 to
    /// <see cref="MaxCapacity"/>.
    /// </summary>
    public int Capacity { get; init; } = 50_000;

    /// <summary>
    /// Time between two trims; the first is done when the cache opens, and one that comes late delays the following. 12 h by default, at
    /// least 1 s.
    /// </summary>
    public TimeSpan TrimInterval { get; init; } = TimeSpan.FromHours(12);

    /// <summary>The database file, made if there is none; null (the default) for a cache that ends with the process.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>
    /// The longest time that a change waits to be written; also the time between attempts after a failure. 1 s by default.
    /// </summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Changed entries that are written at once, without waiting for <see cref="FlushInterval"/>. 512 by default, at least 1.
    /// </summary>
    public int FlushBatch { get; init; } = 512;

    /// <summary>The source of time and timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs all work in the background: writing, and trimming by time.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Instead of 3 h 10 min after a hit; for test vectors.</summary>
    internal TimeSpan MinEntryAge { get; init; } = TimeSpan.FromTicks(DedupRetention.MinEntryAgeTicks);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Capacity, MaxCapacity);
        TimerLimit.ThrowUnlessWithin(TrimInterval, TimeSpan.FromSeconds(1), nameof(TrimInterval));
        TimerLimit.ThrowUnlessWithin(FlushInterval, TimeSpan.FromMilliseconds(1), nameof(FlushInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(FlushBatch, 1);
        if (DatabasePath is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(DatabasePath);
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Logger);
        if (MinEntryAge < TimeSpan.Zero || MinEntryAge.Ticks > DedupRetention.MaxEntryAgeTicks)
        {
            throw new ArgumentOutOfRangeException(nameof(MinEntryAge), MinEntryAge, "Between zero and a day.");
        }
    }
}
