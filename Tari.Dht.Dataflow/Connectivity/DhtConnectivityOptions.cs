using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>How a <see cref="DhtConnectivity"/> works.</summary>
internal sealed record DhtConnectivityOptions
{
    /// <summary>The settings of the pool, with those of rebootstrapping in their ranges.</summary>
    public DhtConfig Config { get; init; } = new();

    /// <summary>The source of time and timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the loop.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Chooses who is exchanged, and spreads ticks and rebootstraps over time; used by the loop alone.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The instruments; null for none.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Config);
        Config.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(Config.Connectivity.PoolStarvedTicks, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
