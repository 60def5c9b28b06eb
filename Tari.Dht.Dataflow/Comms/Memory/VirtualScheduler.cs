namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>
/// Runs a simulation on one thread: tasks in the order in which they were queued, and when none is left, the next timer of a
/// <see cref="VirtualTime"/>.
/// </summary>
/// <remarks>
/// <para>
/// What runs here finds this scheduler as <see cref="TaskScheduler.Current"/>, timers' callbacks too, so that whatever it awaits or starts
/// comes back here. A run repeats exactly as long as nothing leaves: <see cref="ForeignTasks"/> tells. What leaves:
/// <c>ConfigureAwait(false)</c>, <c>Task.Run</c>, timers of the system's clock, the completion of dataflow blocks, <c>SendAsync</c> to a
/// block that is full, and <c>WaitAsync</c> on a task of a <see cref="TaskCompletionSource"/> that runs its continuations asynchronously.
/// </para>
/// <para>
/// The members that run are for one thread at a time. Tasks may be queued from any thread. An exception of a timer's callback comes out of
/// the member that runs.
/// </para>
/// </remarks>
public sealed class VirtualScheduler : TaskScheduler
{
    private readonly Lock _gate = new();
    private readonly Queue<Task> _tasks = new();
    private readonly int _burst;
    private Task? _pump;
    private int _thread;
    private long _foreign;

    /// <param name="time">The clock to move.</param>
    /// <param name="burst">
    /// Tasks that may run in a row, at least 1; then the next timer has its turn, so that messages which take no time cannot stop the clock
    /// for ever.
    /// </param>
    public VirtualScheduler(VirtualTime time, int burst = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        Time = time;
        _burst = burst;
    }

    /// <summary>The clock.</summary>
    public VirtualTime Time { get; }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Tasks run.</summary>
    public long ExecutedTasks { get; private set; }

    /// <summary>Tasks that another thread queued while this one ran: each means that the run need not repeat.</summary>
    public long ForeignTasks => Interlocked.Read(ref _foreign);

    /// <summary>Tasks that wait.</summary>
    public int QueuedTasks
    {
        get
        {
            lock (_gate)
            {
                return _tasks.Count;
            }
        }
    }

    /// <summary>Runs tasks, and timers that are due now, until none is left. The clock stays.</summary>
    public void RunUntilIdle() => Run(static scheduler =>
    {
        while (scheduler.QueuedTasks > 0 || scheduler.Time.HasDue(scheduler.Time.Elapsed))
        {
            scheduler.RunTo(null, scheduler.Time.Elapsed);
        }

        return true;
    });

    /// <summary>
    /// Runs what happens within a time; afterwards the clock is at its end. Tasks that are left because of an endless row of them wait for
    /// the next run.
    /// </summary>
    /// <param name="duration">How long, zero or more.</param>
    public void RunFor(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        TimeSpan end = End(duration);
        Run(scheduler =>
        {
            scheduler.RunTo(null, end);
            scheduler.Time.MoveTo(end);
            return true;
        });
    }

    /// <summary>Runs until a condition holds, which is looked at before each task and timer.</summary>
    /// <param name="condition">The condition; runs on the scheduler.</param>
    /// <param name="limit">How long at most, on the clock.</param>
    /// <returns>Whether it holds. If not, the clock is at the end of the limit.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        TimeSpan end = End(limit);
        return Run(scheduler =>
        {
            if (scheduler.RunTo(condition, end))
            {
                return true;
            }

            scheduler.Time.MoveTo(end);
            return false;
        });
    }

    /// <summary>Runs an operation to its end, and with it everything else that happens meanwhile.</summary>
    /// <typeparam name="T">What it brings.</typeparam>
    /// <param name="operation">Starts the operation; runs on the scheduler.</param>
    /// <param name="limit">How long at most, on the clock.</param>
    /// <returns>The operation's result; its exception comes out as it is.</returns>
    /// <exception cref="TimeoutException">It has not ended.</exception>
    public T Run<T>(Func<Task<T>> operation, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(operation);
        Task<T>? task = null;
        bool ended = Run(scheduler =>
        {
            task = operation();
            return true;
        }) && RunUntil(() => task!.IsCompleted, limit);
        return ended ? task!.GetAwaiter().GetResult() : throw new TimeoutException($"The operation has not ended within {limit}.");
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        int thread = Volatile.Read(ref _thread);
        if (thread != 0 && thread != Environment.CurrentManagedThreadId)
        {
            Interlocked.Increment(ref _foreign);
        }

        lock (_gate)
        {
            _tasks.Enqueue(task);
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        ReferenceEquals(task, _pump) && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _tasks];
        }
    }

    private TimeSpan End(TimeSpan duration) => Time.Elapsed > TimeSpan.MaxValue - duration ? TimeSpan.MaxValue : Time.Elapsed + duration;

    /// <summary>Runs tasks and timers until the condition holds or nothing is left up to the end.</summary>
    private bool RunTo(Func<bool>? condition, TimeSpan end)
    {
        int inRow = 0;
        while (condition is null || !condition())
        {
            if (inRow < _burst && TryTake(out Task? task))
            {
                inRow++;
                ExecutedTasks++;
                TryExecuteTask(task);
            }
            else
            {
                inRow = 0;
                if (!Time.FireNext(end))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Task? task)
    {
        lock (_gate)
        {
            return _tasks.TryDequeue(out task);
        }
    }

    // Everything runs inside of one task of this scheduler, so that timers' callbacks belong to it as well.
    private bool Run(Func<VirtualScheduler, bool> body)
    {
        if (Interlocked.CompareExchange(ref _thread, Environment.CurrentManagedThreadId, 0) != 0)
        {
            throw new InvalidOperationException("The scheduler runs already.");
        }

        SynchronizationContext? context = SynchronizationContext.Current;
        try
        {
            SynchronizationContext.SetSynchronizationContext(null);
            var pump = new Task<bool>(() => body(this), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            _pump = pump;
            pump.RunSynchronously(this);
            return pump.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            Volatile.Write(ref _thread, 0);
        }
    }
}
