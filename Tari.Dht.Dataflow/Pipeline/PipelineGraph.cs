using System.Diagnostics.Metrics;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Turns stages into blocks and links them; remembers what has to complete before the graph has.</summary>
/// <remarks>Used while a pipeline is built, by one thread. Links of one block exclude each other and cover everything.</remarks>
internal sealed class PipelineGraph
{
    /// <summary>Messages that wait to be settled at one filtered link.</summary>
    public const int RefusedCapacity = 16;

    private static readonly DataflowLinkOptions s_propagate = new() { PropagateCompletion = true };
    private static readonly DataflowLinkOptions s_keep = new();

    private readonly TaskScheduler _scheduler;
    private readonly Settlement _settlement;
    private readonly List<Task> _completions = [];
    private readonly List<(StageName Stage, Func<int> Depth)> _depths = [];

    public PipelineGraph(TaskScheduler scheduler, Settlement settlement)
    {
        _scheduler = scheduler;
        _settlement = settlement;
    }

    /// <summary>The head of the graph has many producers, every block behind it one.</summary>
    private bool IsHead => _depths.Count == 0;

    public TransformBlock<TIn, TOut?> Add<TIn, TOut>(IStage<TIn, TOut> stage, StageOptions options, bool singleProducer = true)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage
    {
        TransformBlock<TIn, TOut?> block = stage.ToBlock(options.ToBlockOptions(_scheduler, singleProducer && !IsHead), _settlement);
        Track(stage.Name, block, () => block.InputCount + block.OutputCount);
        return block;
    }

    /// <summary>A stage behind a place, outside any block, where messages wait.</summary>
    /// <param name="stage">The stage; any number of threads sends to it.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="waiting">How many messages wait at the place, those that wait for room in the stage included.</param>
    public TransformBlock<TIn, TOut?> AddBehind<TIn, TOut>(IStage<TIn, TOut> stage, StageOptions options, Func<int> waiting)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage
    {
        TransformBlock<TIn, TOut?> block = stage.ToBlock(options.ToBlockOptions(_scheduler, singleProducer: false), _settlement);
        Track(stage.Name, block, () => waiting() + block.InputCount + block.OutputCount);
        return block;
    }

    public TransformBlock<TIn, TOut?> Add<TIn, TOut>(IAsyncStage<TIn, TOut> stage, StageOptions options)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage
    {
        TransformBlock<TIn, TOut?> block = stage.ToBlock(options.ToBlockOptions(_scheduler, !IsHead), _settlement);
        Track(stage.Name, block, () => block.InputCount + block.OutputCount);
        return block;
    }

    public TransformManyBlock<TIn, TOut> AddFanOut<TIn, TOut>(IStage<TIn, FanOut<TOut>> stage, StageOptions options)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage
    {
        TransformManyBlock<TIn, TOut> block = stage.ToFanOutBlock(options.ToBlockOptions(_scheduler, !IsHead), _settlement);
        Track(stage.Name, block, () => block.InputCount + block.OutputCount);
        return block;
    }

    public BatchStageBlock<TIn, TOut> AddBatch<TIn, TOut>(IBatchStage<TIn, TOut> stage, StageOptions options)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage
    {
        var block = new BatchStageBlock<TIn, TOut>(stage, options, _scheduler, _settlement);
        Track(stage.Name, block, () => block.Count);
        return block;
    }

    /// <summary>Links two blocks; what was discarded in the first one went to <see cref="Settlement"/> and leaves it as null.</summary>
    public static void Connect<T>(ISourceBlock<T?> from, ITargetBlock<T> to)
        where T : class => Connect(from, to, s_propagate);

    /// <summary>As <see cref="Connect{T}(ISourceBlock{T}, ITargetBlock{T})"/>, for a source that is not the last to end.</summary>
    public static void ConnectWithoutCompletion<T>(ISourceBlock<T?> from, ITargetBlock<T> to)
        where T : class => Connect(from, to, s_keep);

    /// <summary>Does something, on the graph's scheduler, when a block has ended.</summary>
    public void WhenComplete(IDataflowBlock block, Action action) => block.Completion.ContinueWith(
        static (_, state) => ((Action)state!)(), action, CancellationToken.None, TaskContinuationOptions.DenyChildAttach, _scheduler);

    private static void Connect<T>(ISourceBlock<T?> from, ITargetBlock<T> to, DataflowLinkOptions link)
        where T : class
    {
        from.LinkTo(to!, link, static message => message is not null);
        from.LinkTo(DataflowBlock.NullTarget<T?>(), static message => message is null);
    }

    /// <summary>Links two blocks by filters; what one of them refuses is settled.</summary>
    public void Connect<T>(ISourceBlock<T?> from, ITargetBlock<T> to, params ReadOnlySpan<ILinkFilter<T>> filters)
        where T : class, IFilteredMessage
    {
        // A full target postpones, and the block then offers the message to its next link: only one of these takes it.
        var chain = new FilterChain<T>(filters);
        ActionBlock<T?> refused = chain.CreateRefusedTarget(
            _settlement,
            new ExecutionDataflowBlockOptions
            {
                BoundedCapacity = RefusedCapacity,
                TaskScheduler = _scheduler,
                SingleProducerConstrained = true,
            });
        from.LinkTo(to!, s_propagate, chain.Accepts);
        from.LinkTo(refused, s_propagate, chain.Refuses);
        from.LinkTo(DataflowBlock.NullTarget<T?>(), static message => message is null);
        _completions.Add(refused.Completion);
    }

    public Task WhenAllComplete() => Task.WhenAll(_completions);

    public (StageName Stage, int Count)[] QueueDepths() => [.. _depths.Select(entry => (entry.Stage, entry.Depth()))];

    public IEnumerable<Measurement<int>> MeasureQueues()
    {
        foreach ((StageName stage, Func<int> depth) in _depths)
        {
            yield return new Measurement<int>(depth(), new KeyValuePair<string, object?>("stage", stage.Name()));
        }
    }

    private void Track(StageName stage, IDataflowBlock block, Func<int> depth)
    {
        _completions.Add(block.Completion);
        _depths.Add((stage, depth));
    }
}
