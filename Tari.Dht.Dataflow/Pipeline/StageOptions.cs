using System.Globalization;
using System.Threading.Tasks.Dataflow;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>How one stage's block runs.</summary>
/// <remarks>
/// Every queue is bounded: a full one makes the stage before it wait, up to the application or the pipe that feeds the graph. Values are
/// checked when the pipeline is built.
/// </remarks>
public sealed record StageOptions
{
    /// <summary>The largest batch a stage may be given.</summary>
    public const int MaxAllowedBatchSize = 256;

    /// <summary>
    /// Messages the stage holds: waiting, being worked on, and worked on but not yet taken. Default 128. A stage that works on batches has
    /// one such queue before it and one behind it.
    /// </summary>
    public int BoundedCapacity { get; init; } = 128;

    /// <summary>
    /// Messages, or batches, worked on at the same time. Default 1, which is the cheapest; crypto stages have their own default.
    /// </summary>
    public int MaxDegreeOfParallelism { get; init; } = 1;

    /// <summary>
    /// Whether messages leave in the order they came, when more than one is worked on at a time. Default false: the
    /// protocol orders nothing.
    /// </summary>
    public bool EnsureOrdered { get; init; }

    /// <summary>
    /// The most messages that a batch stage takes at once of what has queued up, 1 to <see cref="MaxAllowedBatchSize"/>; it never waits for
    /// more. Default 16. Stages that work on one message at a time have no use for it.
    /// </summary>
    public int MaxBatchSize { get; init; } = 16;

    /// <summary>Checks the values.</summary>
    /// <param name="name">The option's name, for the message.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names the option.</exception>
    public void Validate(string name)
    {
        Check(BoundedCapacity >= 1, nameof(BoundedCapacity), BoundedCapacity, "at least 1");
        Check(MaxDegreeOfParallelism >= 1, nameof(MaxDegreeOfParallelism), MaxDegreeOfParallelism, "at least 1");
        Check(MaxDegreeOfParallelism <= BoundedCapacity, nameof(MaxDegreeOfParallelism), MaxDegreeOfParallelism, "at most BoundedCapacity");
        Check(MaxBatchSize is >= 1 and <= MaxAllowedBatchSize, nameof(MaxBatchSize), MaxBatchSize, "1 to 256");

        void Check(bool holds, string option, int value, string rule)
        {
            if (!holds)
            {
                throw new ArgumentOutOfRangeException(
                    name, value, string.Create(CultureInfo.InvariantCulture, $"{name}.{option} has to be {rule}, not {value}."));
            }
        }
    }

    // No cancellation token goes into a block: it would throw away queued messages without returning their buffers.
    internal ExecutionDataflowBlockOptions ToBlockOptions(TaskScheduler scheduler, bool singleProducer) => new()
    {
        BoundedCapacity = BoundedCapacity,
        MaxDegreeOfParallelism = MaxDegreeOfParallelism,
        EnsureOrdered = EnsureOrdered,
        SingleProducerConstrained = singleProducer && MaxDegreeOfParallelism == 1,
        TaskScheduler = scheduler,
    };
}
