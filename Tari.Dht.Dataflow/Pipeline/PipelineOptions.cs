using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>What both pipelines need to run.</summary>
public abstract record PipelineOptions
{
    /// <summary>Where the graph runs; it never leaves this scheduler. Default: the thread pool's.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Where buffers come from. Default: the shared pool.</summary>
    public ArrayPool<byte> BufferPool { get; init; } = DhtBufferPool.Shared;

    /// <summary>The instruments; null makes a set of the pipeline's own.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Told of every message that ends early; null for nobody.</summary>
    public IDiscardObserver? DiscardObserver { get; init; }

    /// <summary>How long disposal waits for messages inside before it discards them. Default 5 s; zero does not wait.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    private protected static void ValidateStage(StageOptions options, [CallerArgumentExpression(nameof(options))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(options, name);
        options.Validate(name);
    }

    private protected void ValidateCommon()
    {
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentNullException.ThrowIfNull(BufferPool);
        if (ShutdownTimeout < TimeSpan.Zero || ShutdownTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(ShutdownTimeout),
                ShutdownTimeout,
                $"{nameof(ShutdownTimeout)} has to be between zero and one day, not {ShutdownTimeout}.");
        }
    }
}
