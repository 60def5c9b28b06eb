using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>How discovery runs.</summary>
internal sealed record DhtDiscoveryOptions
{
    /// <summary>How long a caller waits, unless its requester says otherwise (<c>discovery_request_timeout</c>). Default 2 min.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Questions that are remembered: those that callers wait for, and those whose caller has gone, until the next question or answer.
    /// Default 1000, at least 1.
    /// </summary>
    public int MaxInFlight { get; init; } = 1000;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where requests run once they have started. Default: the thread pool's.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Where nonces and tags come from; used by one thread at a time. Default: the shared source.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1);
        TimerLimit.ThrowUnlessWithin(RequestTimeout, TimeSpan.Zero, nameof(RequestTimeout));
    }
}
