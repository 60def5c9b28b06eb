using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>How network discovery runs.</summary>
internal sealed record NetworkDiscoveryOptions
{
    /// <summary>The settings, clamped (<see cref="DhtConfig.ClampRebootstrapSettings"/>).</summary>
    public DhtConfig Config { get; init; } = new();

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where everything runs. Default: the thread pool's.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Where draws come from; used by one thread at a time. Default: the shared source.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The instruments; null for none.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Config);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
        Config.Validate();
    }
}
