using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>
/// How a <see cref="Dht"/> runs, as opposed to what it does on the network, which <see cref="Configuration.DhtConfig"/> says.
/// </summary>
public sealed record DhtOptions
{
    /// <summary>
    /// The blocks of the inbound graph. What all graphs of a node have in common (clock, scheduler, log, pool, metrics, observer, time to
    /// stop) is taken from these options here, and what the configuration says from there.
    /// </summary>
    public InboundPipelineOptions Inbound { get; init; } = new();

    /// <summary>The blocks of the outbound graph; as for <see cref="Inbound"/>.</summary>
    public OutboundPipelineOptions Outbound { get; init; } = new();

    /// <summary>Where everything runs; nothing leaves this scheduler. Default: the thread pool's.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>The clock and its timers. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Where tags, nonces of messages and draws come from, keys excepted. Thread safe, unless all runs on one thread. Default: the shared
    /// source.
    /// </summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Where buffers come from. Default: the shared pool.</summary>
    public ArrayPool<byte> BufferPool { get; init; } = DhtBufferPool.Shared;

    /// <summary>The instruments; null makes a set of the node's own.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Told of every message that ends early; null for nobody.</summary>
    public IDiscardObserver? DiscardObserver { get; init; }

    /// <summary>Tells the network's seeds when the node rebootstraps. Default: null, for those in the peer store alone.</summary>
    public ISeedPeerProvider? SeedPeerProvider { get; init; }

    /// <summary>How long stopping waits for messages inside before it discards them. Default 5 s; zero does not wait.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks every option, those of the graphs included.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Inbound);
        ArgumentNullException.ThrowIfNull(Outbound);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentNullException.ThrowIfNull(BufferPool);
        Inbound.Validate();

        // The graphs have the bounds of the time to stop.
        (Outbound with { ShutdownTimeout = ShutdownTimeout }).Validate();
    }
}
