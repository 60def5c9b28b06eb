using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>How a <see cref="ConnectivityManager"/> behaves.</summary>
public sealed record ConnectivityManagerOptions
{
    /// <summary>How the node keeps its connections.</summary>
    public ConnectivityConfig Config { get; init; } = new();

    /// <summary>Events that a slow subscriber may fall behind, at least 1. Default 500, as the reference.</summary>
    public int EventCapacity { get; init; } = 500;

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where refreshes run, and where waiting tasks are ended.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>What the draws of <see cref="IConnectivity.SelectNodesAsync"/> follow from. Default: another number each time.</summary>
    public ulong Seed { get; init; } = (ulong)Random.Shared.NextInt64();

    /// <summary>
    /// Told of each event just before the subscribers, one after another and in order; null for nobody. Must neither wait nor throw.
    /// </summary>
    public Action<ConnectivityEvent>? Publishing { get; init; }

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Shows the numbers of connections, the uptime and the bans; null for nowhere.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Config);
        Config.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(EventCapacity, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
