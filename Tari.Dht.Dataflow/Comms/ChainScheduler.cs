namespace Tari.Dht.Dataflow.Comms;

/// <summary>The thread pool, on which what a task starts is run next by the same thread, without waking another one for it.</summary>
/// <remarks>
/// <para>
/// A message in an idle graph starts a short task in every block, each of which ends by starting the next. On the pool's own scheduler each of them wakes
/// a thread, which comes too late or takes the message to another processor; both cost more than most blocks do. Here a task that is queued while another
/// one runs waits for that one's end, on its thread: a chain.
/// </para>
/// <para>
/// Nothing must wait behind work that takes long: a stage calls <see cref="Release"/> when it begins with a message. What waits then goes to the pool,
/// where any thread takes it. So blocks work side by side as soon as there is more than one message. A chain has at most <see cref="MaxLength"/> tasks,
/// then its thread turns to the rest of the pool's work; at most <see cref="MaxWaiting"/> tasks wait in one.
/// </para>
/// <para>
/// A task must not block its thread until another task that it started here has run. Code of the application's may, so it is called within
/// <see cref="Pause"/>; what other schedulers run within a task of this one, such as continuations, starts no chain either. Thread safe; one for the
/// process, since it has no state but the threads'.
/// </para>
/// </remarks>
internal sealed class ChainScheduler : TaskScheduler
{
    /// <summary>Tasks of a chain.</summary>
    internal const int MaxLength = 32;

    /// <summary>Tasks that wait in a chain; the oldest leaves it for the next one.</summary>
    internal const int MaxWaiting = 4;

    [ThreadStatic]
    private static Chain? t_chain;

    private ChainScheduler()
    {
    }

    /// <summary>The scheduler.</summary>
    public static ChainScheduler Shared { get; } = new();

    /// <summary>This scheduler where the thread pool's own was asked for; every other one is what it is.</summary>
    public static TaskScheduler InPlaceOf(TaskScheduler scheduler) => ReferenceEquals(scheduler, Default) ? Shared : scheduler;

    /// <summary>Whether a scheduler is the thread pool's own, or this one in its place.</summary>
    public static bool IsThreadPool(TaskScheduler scheduler) => ReferenceEquals(scheduler, Default) || ReferenceEquals(scheduler, Shared);

    /// <summary>Gives what waits for this thread to the pool. To be called before work that takes long; costs next to nothing where nothing waits.</summary>
    public static void Release()
    {
        if (t_chain is { Waiting: > 0 } chain)
        {
            GiveUp(chain);
        }
    }

    /// <summary>Until the result is disposed, what this thread starts goes to the pool at once, as does what waits for it. For code of the application's.</summary>
    public static Paused Pause()
    {
        Release();
        Chain? chain = t_chain is { IsRunning: true } running ? running : null;
        if (chain is not null)
        {
            chain.IsRunning = false;
        }

        return new Paused(chain);
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        Chain? chain = t_chain;
        if (chain is not { IsRunning: true } || !ReferenceEquals(Current, this) || (task.CreationOptions & TaskCreationOptions.PreferFairness) != 0)
        {
            GiveToPool(task);
            return;
        }

        if (chain.Waiting == MaxWaiting)
        {
            GiveToPool(chain.Take());
        }

        chain.Add(task);
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Thread.CurrentThread.IsThreadPoolThread && TryExecuteTask(task);

    /// <summary>For debuggers, which see the pool's own tasks as well as nothing here.</summary>
    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private static void GiveUp(Chain chain)
    {
        while (chain.Waiting > 0)
        {
            GiveToPool(chain.Take());
        }
    }

    // As the pool's own scheduler does: what is queued by one of its threads is that thread's unless another one has nothing to do.
    private static void GiveToPool(Task task) => ThreadPool.UnsafeQueueUserWorkItem(
        static task => Shared.RunChain(task), task, preferLocal: (task.CreationOptions & TaskCreationOptions.PreferFairness) == 0);

    private void RunChain(Task first)
    {
        Chain chain = t_chain ??= new Chain();
        chain.IsRunning = true;
        TryExecuteTask(first);
        for (int length = 1; length < MaxLength && chain.Waiting > 0; length++)
        {
            TryExecuteTask(chain.Take());
        }

        chain.IsRunning = false;
        GiveUp(chain);
    }

    /// <summary>A pause of a thread's chain; ends where it was begun.</summary>
    public readonly ref struct Paused
    {
        private readonly Chain? _chain;

        internal Paused(Chain? chain) => _chain = chain;

        public void Dispose()
        {
            if (_chain is not null)
            {
                _chain.IsRunning = true;
            }
        }
    }

    /// <summary>The tasks that wait for a thread, in order: a ring.</summary>
    internal sealed class Chain
    {
        private readonly Task?[] _tasks = new Task?[MaxWaiting];
        private int _first;

        public bool IsRunning { get; set; }

        public int Waiting { get; private set; }

        public void Add(Task task)
        {
            _tasks[(_first + Waiting) % MaxWaiting] = task;
            Waiting++;
        }

        public Task Take()
        {
            Task task = _tasks[_first]!;
            _tasks[_first] = null;
            _first = (_first + 1) % MaxWaiting;
            Waiting--;
            return task;
        }
    }
}
