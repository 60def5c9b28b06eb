using System.Buffers;
using Tari.Dht.Dataflow.Buffers;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>How a network in one process behaves.</summary>
public sealed record MemoryNetworkOptions
{
    /// <summary>What all chances follow from. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The clock: the system's by default, a <see cref="VirtualTime"/> for a run that repeats.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the network runs, one thing after another; a <see cref="VirtualScheduler"/> for a run that repeats.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Links that nothing else was said of.</summary>
    public MemoryLinkOptions Link { get; init; } = new();

    /// <summary>Where messages' buffers come from.</summary>
    public ArrayPool<byte> BufferPool { get; init; } = DhtBufferPool.Shared;

    /// <summary>How long an address that does not answer is tried. Default 60 s, as the reference.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a node takes to notice that a peer crashed, or that it can't be reached any more. Default 30 s.</summary>
    public TimeSpan LossDetection { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Told what happens to messages and connections, one thing after another and in order; null for nobody. Must not throw.
    /// </summary>
    public Action<MemoryTraceEntry>? Trace { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Link);
        ArgumentNullException.ThrowIfNull(BufferPool);
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(LossDetection, TimeSpan.Zero);
        Link.Validate();
    }
}
