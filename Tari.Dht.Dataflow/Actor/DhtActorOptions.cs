using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>How a <see cref="DhtActor"/> works.</summary>
internal sealed record DhtActorOptions
{
    /// <summary>The durations of bans, and the addresses that are not dialled.</summary>
    public DhtConfig Config { get; init; } = new();

    /// <summary>Bans that may wait for connectivity; those above are dropped, with a warning. 1024 by default, at least 1.</summary>
    public int MaxWaitingBans { get; init; } = 1024;

    /// <summary>The source of time and timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the jobs.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Where the nonces and tags of joins come from; used by one thread at a time.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Config);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWaitingBans, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Config.BanDuration, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Config.BanDurationShort, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
