using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A whole graph as one block: an application links its own blocks to both ends.</summary>
/// <typeparam name="TIn">What goes in.</typeparam>
/// <typeparam name="TOut">What comes out.</typeparam>
/// <remarks>
/// <para>
/// Ownership: a message that the block accepts (<c>Post</c> or <c>SendAsync</c> answered true) is the block's, one that it refuses stays the
/// caller's. A message that comes out is its taker's, who disposes it.
/// </para>
/// <para>
/// Back-pressure: every queue inside is bounded, so a full graph postpones what it is offered, and an application that does not take
/// messages stops the intake. Nothing is dropped for lack of room.
/// </para>
/// <para>
/// End: <see cref="Complete"/> stops the intake, and <see cref="Completion"/> ends when everything has come out.
/// <see cref="StopAsync"/> does the same until a deadline and discards what is left then. <see cref="Fault"/> discards
/// everything still inside, returns its buffers and faults <see cref="Completion"/> and the blocks that are linked with propagation: these lose,
/// as any block does, what they hold themselves. All members are thread safe.
/// </para>
/// </remarks>
public abstract class PipelineBlock<TIn, TOut> : IPropagatorBlock<TIn, TOut>, IAsyncDisposable
    where TIn : class, IDhtMessage
    where TOut : class, IDhtMessage
{
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly TaskScheduler _scheduler;
    private readonly TimeSpan _shutdownTimeout;
    private readonly Settlement _settlement;
    private readonly PipelineGraph _graph;
    private readonly ITargetBlock<TIn> _head;
    private readonly ISourceBlock<TOut?> _tail;
    private readonly bool _ownsMetrics;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopLock = new();
    private Exception? _fault;
    private Task? _drained;

    private protected PipelineBlock(
        string name,
        PipelineOptions options,
        Settlement settlement,
        Func<PipelineGraph, (ITargetBlock<TIn> Head, ISourceBlock<TOut?> Tail)> build)
    {
        _name = name;
        _logger = GuardedLogger.Of(options.Logger);
        _timeProvider = options.TimeProvider;
        _scheduler = options.TaskScheduler;
        _shutdownTimeout = options.ShutdownTimeout;
        _settlement = settlement;
        _graph = new PipelineGraph(options.TaskScheduler, settlement);
        (_head, _tail) = build(_graph);

        // From the start, and not filtered out by a consumer: what was discarded must never block what follows it.
        _tail.LinkTo(DataflowBlock.NullTarget<TOut?>(), static message => message is null);
        _ownsMetrics = options.Metrics is null;
        settlement.Metrics.AddQueues(_graph.MeasureQueues);

        // Not in the context of whoever builds the graph: a thread that waits for the end must not be needed for it.
        _ = Task.Factory.StartNew(CompleteAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);
    }

    /// <summary>Ends when everything has left the graph; faulted if <see cref="Fault"/> was called.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Messages that ended inside for a reason, since the start.</summary>
    /// <param name="reason">The reason.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public long GetDiscardCount(DropReason reason)
    {
        if (!Enum.IsDefined(reason))
        {
            throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no such reason.");
        }

        return _settlement.Count(reason);
    }

    /// <summary>A snapshot of the messages waiting at each stage, in the order of the way through.</summary>
    public IReadOnlyList<(StageName Stage, int Count)> GetQueueDepths() => _graph.QueueDepths();

    /// <summary>Stops the intake; what is inside goes on.</summary>
    public void Complete() => _head.Complete();

    /// <summary>Stops the intake, discards what is inside, and faults <see cref="Completion"/> when all buffers are back.</summary>
    /// <param name="exception">The reason.</param>
    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Interlocked.CompareExchange(ref _fault, exception, null);
        Abort();
    }

    /// <summary>Stops the intake and waits until everything has come out; at the deadline, discards what is left.</summary>
    /// <param name="deadline">How long to wait; zero discards at once.</param>
    /// <param name="cancellationToken">Brings the deadline forward.</param>
    /// <returns>How many messages were discarded because of the deadline.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative.</exception>
    public async Task<long> StopAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(deadline, TimeSpan.Zero);
        deadline = TimerLimit.AtMost(deadline);
        Complete();
        Task finished = Completion;
        if (!finished.IsCompleted && deadline > TimeSpan.Zero && !cancellationToken.IsCancellationRequested)
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task timer = Task.Delay(deadline, _timeProvider, waiting.Token);
            await Task.WhenAny(finished, timer);
            CancelHere(waiting);
        }

        if (!finished.IsCompleted)
        {
            _logger.PipelineStopping(_name);
            Abort();
        }

        await ((Task)finished).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        long discarded = _settlement.Count(DropReason.Stopping);
        _logger.PipelineStopped(_name, discarded);
        return discarded;
    }

    /// <summary>Stops within the shutdown timeout of the options.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(_shutdownTimeout);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, TIn messageValue, ISourceBlock<TIn>? source, bool consumeToAccept) =>
        _head.OfferMessage(messageHeader, messageValue, source, consumeToAccept);

    /// <inheritdoc/>
    public IDisposable LinkTo(ITargetBlock<TOut> target, DataflowLinkOptions linkOptions)
    {
        ArgumentNullException.ThrowIfNull(target);
        return _tail.LinkTo(new DeliveryLink(this, target), linkOptions);
    }

    TOut? ISourceBlock<TOut>.ConsumeMessage(
        DataflowMessageHeader messageHeader, ITargetBlock<TOut> target, out bool messageConsumed) =>
        _tail.ConsumeMessage(messageHeader, target!, out messageConsumed);

    bool ISourceBlock<TOut>.ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<TOut> target) =>
        _tail.ReserveMessage(messageHeader, target!);

    void ISourceBlock<TOut>.ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<TOut> target) =>
        _tail.ReleaseReservation(messageHeader, target!);

    private void Abort()
    {
        ActionBlock<TOut?> drain;
        lock (_stopLock)
        {
            if (_drained is not null)
            {
                return;
            }

            // Not constrained to a single producer: unbounded, that gives the block a core whose completion, having no fence between telling
            // and looking, now and then passes unseen by a consumer that is just leaving.
            drain = new ActionBlock<TOut?>(Drain, new ExecutionDataflowBlockOptions { TaskScheduler = _scheduler });
            _drained = drain.Completion;
        }

        _head.Complete();

        // In front of the application's links: what it has not taken by now is not for it any more.
        _tail.LinkTo(drain, new DataflowLinkOptions { Append = false, PropagateCompletion = true });

        // Last, because it calls back whoever waits for the token.
        _settlement.Stop();
    }

    // Not the asynchronous form, which would leave the scheduler.
    private static void CancelHere(CancellationTokenSource source) => source.Cancel();

    private void Drain(TOut? message)
    {
        if (message is not null)
        {
            _settlement.Discard(StageName.Delivery, message, DropReason.Stopping);
        }
    }

    private async Task CompleteAsync()
    {
        try
        {
            await _graph.WhenAllComplete();
            Task? drained;
            lock (_stopLock)
            {
                drained = _drained;
            }

            if (drained is not null)
            {
                await drained;
            }

            _settlement.Metrics.RemoveQueues(_graph.MeasureQueues);
            if (_ownsMetrics)
            {
                _settlement.Metrics.Dispose();
            }
        }
        catch (Exception error)
        {
            // A bug in the graph: its blocks don't fault.
            _completion.SetException(error);
            return;
        }

        // Not thrown: a cancellation would not be a fault then.
        if (Volatile.Read(ref _fault) is { } fault)
        {
            _completion.SetException(fault);
        }
        else
        {
            _completion.SetResult();
        }
    }

    /// <summary>A link to the application: leaves out what was discarded, and tells of a fault, of which the blocks inside know nothing.</summary>
    private sealed class DeliveryLink(PipelineBlock<TIn, TOut> pipeline, ITargetBlock<TOut> target) : ITargetBlock<TOut?>, ISourceBlock<TOut>
    {
        public Task Completion => pipeline.Completion;

        public DataflowMessageStatus OfferMessage(
            DataflowMessageHeader messageHeader, TOut? messageValue, ISourceBlock<TOut?>? source, bool consumeToAccept) =>
            messageValue is null ? DataflowMessageStatus.Declined : target.OfferMessage(messageHeader, messageValue, this, consumeToAccept);

        public TOut? ConsumeMessage(DataflowMessageHeader messageHeader, ITargetBlock<TOut> consumer, out bool messageConsumed) =>
            pipeline._tail.ConsumeMessage(messageHeader, this, out messageConsumed);

        public bool ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<TOut> consumer) =>
            pipeline._tail.ReserveMessage(messageHeader, this);

        public void ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<TOut> consumer) =>
            pipeline._tail.ReleaseReservation(messageHeader, this);

        public void Complete()
        {
            if (Volatile.Read(ref pipeline._fault) is { } fault)
            {
                target.Fault(fault);
            }
            else
            {
                target.Complete();
            }
        }

        public void Fault(Exception exception) => target.Fault(exception);

        public IDisposable LinkTo(ITargetBlock<TOut> other, DataflowLinkOptions linkOptions) => throw new NotSupportedException();
    }
}
