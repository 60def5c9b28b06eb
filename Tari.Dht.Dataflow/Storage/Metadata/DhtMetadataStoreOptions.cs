using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Storage.Metadata;

/// <summary>How a <see cref="DhtMetadataStore"/> works.</summary>
internal sealed record DhtMetadataStoreOptions
{
    /// <summary>The database file, made if there is none; null (the default) for a store that ends with the process.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>The time between attempts to write after a failure. 1 s by default.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The source of time and timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the writing.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        TimerLimit.ThrowUnlessWithin(RetryInterval, TimeSpan.FromMilliseconds(1), nameof(RetryInterval));
        if (DatabasePath is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(DatabasePath);
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
