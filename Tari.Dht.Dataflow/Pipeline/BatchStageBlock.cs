using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>The adapter that turns a batch stage into a block: it takes what has queued up, up to a limit, and never waits for more.</summary>
/// <typeparam name="TIn">The form in which messages come.</typeparam>
/// <typeparam name="TOut">The form in which they leave.</typeparam>
/// <remarks>
/// A bounded queue, <c>MaxDegreeOfParallelism</c> workers, a bounded queue. A worker takes its share of the queue, so that a burst occupies all of
/// them instead of filling one's batch. Every message settles on its own. Completion and back-pressure behave as those of a
/// <see cref="TransformBlock{TInput,TOutput}"/>.
/// </remarks>
internal sealed class BatchStageBlock<TIn, TOut> : IPropagatorBlock<TIn, TOut?>
    where TIn : class, IDhtMessage
    where TOut : class, IDhtMessage
{
    private static readonly DataflowLinkOptions s_untilFirst = new() { MaxMessages = 1, PropagateCompletion = true };

    private readonly IBatchStage<TIn, TOut> _stage;
    private readonly Settlement _settlement;
    private readonly BufferBlock<TIn> _input;
    private readonly BufferBlock<TOut?> _output;
    private readonly Lock _taking = new();
    private readonly int _workers;
    private readonly int _maxBatch;
    private readonly bool _ordered;
    private Task _emitted = Task.CompletedTask;

    public BatchStageBlock(IBatchStage<TIn, TOut> stage, StageOptions options, TaskScheduler scheduler, Settlement settlement)
    {
        _stage = stage;
        _settlement = settlement;
        _workers = options.MaxDegreeOfParallelism;
        _maxBatch = options.MaxBatchSize;
        _ordered = options.EnsureOrdered && _workers > 1;
        var queue = new DataflowBlockOptions { BoundedCapacity = options.BoundedCapacity, TaskScheduler = scheduler };
        _input = new BufferBlock<TIn>(queue);
        _output = new BufferBlock<TOut?>(queue);

        var running = new Task[_workers];
        for (int i = 0; i < running.Length; i++)
        {
            running[i] = Task.Factory.StartNew(
                WorkAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
        }

        _ = Task.Factory.StartNew(
            () => CompleteOutputAsync(running), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
    }

    public Task Completion => _output.Completion;

    public int Count => _input.Count + _output.Count;

    public void Complete() => _input.Complete();

    // Only the pipeline's own blocks could fault this one, and their delegates don't throw.
    public void Fault(Exception exception) => ((IDataflowBlock)_input).Fault(exception);

    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, TIn messageValue, ISourceBlock<TIn>? source, bool consumeToAccept) =>
        ((ITargetBlock<TIn>)_input).OfferMessage(messageHeader, messageValue, source, consumeToAccept);

    public IDisposable LinkTo(ITargetBlock<TOut?> target, DataflowLinkOptions linkOptions) => _output.LinkTo(target, linkOptions);

    TOut? ISourceBlock<TOut?>.ConsumeMessage(
        DataflowMessageHeader messageHeader, ITargetBlock<TOut?> target, out bool messageConsumed) =>
        ((ISourceBlock<TOut?>)_output).ConsumeMessage(messageHeader, target, out messageConsumed);

    bool ISourceBlock<TOut?>.ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<TOut?> target) =>
        ((ISourceBlock<TOut?>)_output).ReserveMessage(messageHeader, target);

    void ISourceBlock<TOut?>.ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<TOut?> target) =>
        ((ISourceBlock<TOut?>)_output).ReleaseReservation(messageHeader, target);

    private async Task WorkAsync()
    {
        var batch = new TIn[_maxBatch];
        var results = new StageResult<TOut>[_maxBatch];
        while (await WaitForInputAsync())
        {
            int count = Take(batch, out Task previous, out TaskCompletionSource? emitted);
            if (count == 0)
            {
                continue;
            }

            Run(batch.AsSpan(0, count), results.AsSpan(0, count));
            if (emitted is not null)
            {
                await previous;
            }

            for (int i = 0; i < count; i++)
            {
                TOut? message = results[i].Message;
                if (message is null)
                {
                    _settlement.Discard(_stage.Name, batch[i], ReasonOf(results[i]));
                }
                else if (!_output.Post(message) && !await _output.SendHereAsync(message))
                {
                    _settlement.Discard(_stage.Name, message, DropReason.Stopping);
                }
            }

            emitted?.SetResult();
            Array.Clear(batch, 0, count);
            Array.Clear(results, 0, count);
        }
    }

    // OutputAvailableAsync would pass through the thread pool, and so give up the scheduler's order.
    private ValueTask<bool> WaitForInputAsync()
    {
        if (_input.Count > 0)
        {
            return new ValueTask<bool>(true);
        }

        var waiter = new InputWaiter();
        _input.LinkTo(waiter, s_untilFirst);
        return new ValueTask<bool>(waiter.Task);
    }

    private int Take(TIn[] batch, out Task previous, out TaskCompletionSource? emitted)
    {
        // One worker at a time, so that a batch is a run of the queue and the order of batches is known.
        lock (_taking)
        {
            int waiting = _input.Count;
            int share = Math.Min(_maxBatch, (waiting + _workers - 1) / _workers);
            int count = 0;
            while (count < share && _input.TryReceive(out TIn? message))
            {
                batch[count++] = message;
            }

            previous = _emitted;
            emitted = null;
            if (_ordered && count > 0)
            {
                // Run on, or the next worker would go on within this one's call, and the two would take turns.
                emitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _emitted = emitted.Task;
            }

            return count;
        }
    }

    private void Run(ReadOnlySpan<TIn> batch, Span<StageResult<TOut>> results)
    {
        if (_settlement.Stopping)
        {
            results.Fill(DropReason.Stopping);
            return;
        }

        long start = _settlement.Metrics.StageDurationEnabled ? Stopwatch.GetTimestamp() : 0;
        try
        {
            _stage.Process(batch, results);
        }
        catch (Exception error)
        {
            // What was done before the fault stays done: those messages have passed on their buffers.
            _settlement.Fault(_stage.Name, error);
        }

        if (start != 0)
        {
            _settlement.Metrics.StageWorked(_stage.Name.Name(), start, batch.Length);
        }
    }

    private static DropReason ReasonOf(StageResult<TOut> result) =>
        result.Reason == DropReason.None ? DropReason.StageFaulted : result.Reason;

    private async Task CompleteOutputAsync(Task[] workers)
    {
        try
        {
            await Task.WhenAll(workers);
            await _input.Completion;
            _output.Complete();
        }
        catch (Exception error)
        {
            ((IDataflowBlock)_output).Fault(error);
        }
    }

    /// <summary>A target that learns of the first message and takes none: true when there is one, false when there will be none any more.</summary>
    /// <remarks>Whoever waits goes on by itself, not within the queue's round of its waiters.</remarks>
    private sealed class InputWaiter() : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), ITargetBlock<TIn>
    {
        Task IDataflowBlock.Completion => Task;

        public DataflowMessageStatus OfferMessage(
            DataflowMessageHeader messageHeader, TIn messageValue, ISourceBlock<TIn>? source, bool consumeToAccept)
        {
            TrySetResult(true);
            return DataflowMessageStatus.DecliningPermanently;
        }

        public void Complete() => TrySetResult(false);

        public void Fault(Exception exception) => TrySetResult(false);
    }
}
