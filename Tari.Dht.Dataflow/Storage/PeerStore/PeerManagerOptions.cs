using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>How a <see cref="PeerManager"/> works.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Option</term><description>Default</description></listheader>
/// <item><term><see cref="DatabasePath"/></term><description>none: memory alone</description></item>
/// <item><term><see cref="MaxPeerRows"/></term><description>50 000, as the reference</description></item>
/// <item><term><see cref="MaxCandidatesPerNetgroup"/></term><description>4, as the reference</description></item>
/// <item><term><see cref="Transports"/></term><description>all</description></item>
/// <item><term><see cref="FlushInterval"/></term><description>1 s</description></item>
/// <item><term><see cref="FlushBatch"/></term><description>1024 records</description></item>
/// </list>
/// </remarks>
public sealed record PeerManagerOptions
{
    /// <summary>The database file, made if there is none; null (the default) for a store that ends with the process.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>
    /// The node that runs, noted in the file in place of another one, with a warning; null (the default) to leave it as it is.
    /// </summary>
    public PeerStoreOwner? Owner { get; init; }

    /// <summary>
    /// Peers that were never reached which a collection leaves; it leaves a fifth as many banned ones and as many without an address.
    /// 50 000 by default, 0 or more.
    /// </summary>
    public int MaxPeerRows { get; init; } = 50_000;

    /// <summary>Dial candidates of one network group; 0 for any number. 4 by default.</summary>
    public int MaxCandidatesPerNetgroup { get; init; } = 4;

    /// <summary>
    /// The kinds of address that this node can dial; none for no filter. All by default, which excludes addresses by name.
    /// </summary>
    public TransportKinds Transports { get; init; } = TransportKinds.All;

    /// <summary>
    /// The longest time that a change waits to be written; also the time between attempts after a failure. 1 s by default.
    /// </summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Changed records that are written at once, without waiting for <see cref="FlushInterval"/>. 1024 by default, at least 1.
    /// </summary>
    public int FlushBatch { get; init; } = 1024;

    /// <summary>The source of time and timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the writing; one that throws, as after its end, is replaced by the thread pool.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>What random choices come from; used by one thread at a time.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Takes what an operator should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Shows the numbers of peers by state, which are counted when they are asked for; null for nowhere.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>
    /// Told when <see cref="PeerManager.Health"/> changes, on <see cref="TaskScheduler"/>, one change after another; null for nobody. It
    /// may use the store, but must not wait for <see cref="PeerManager.FlushAsync"/> or <see cref="PeerManager.DisposeAsync"/>, which wait
    /// for it.
    /// </summary>
    public Action<PeerStoreHealth>? HealthChanged { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPeerRows);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCandidatesPerNetgroup);
        if ((Transports & ~TransportKinds.All) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Transports), Transports, "A set of kinds that are defined.");
        }

        TimerLimit.ThrowUnlessWithin(FlushInterval, TimeSpan.FromMilliseconds(1), nameof(FlushInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(FlushBatch, 1);
        if (DatabasePath is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(DatabasePath);
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
