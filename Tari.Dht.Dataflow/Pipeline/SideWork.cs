using System.Runtime.ExceptionServices;
using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A step of a stage's work that a processor without work may take off its hands, which shortens the way of a message through an idle graph.</summary>
/// <remarks>
/// <para>
/// The stage begins the step, goes on with what does not need the result, and ends the step when it does. Whoever gets there first runs it: a thread of
/// the pool, or the stage itself at the end. So a stage never waits for a thread to become free, only for a step that is running already, which has to
/// be short and to wait for nothing.
/// </para>
/// <para>
/// A busy graph has no use for it: there every processor has messages of its own. <see cref="IsAllowed"/> and <see cref="HasIdleProcessor"/> are to be
/// asked first.
/// </para>
/// <para>
/// An object serves one user at a time, any number of times; between <see cref="Begin"/> and <see cref="End"/> what the step reads and writes is the
/// step's. It is never in the pool's queue more than once.
/// </para>
/// </remarks>
internal abstract class SideWork : IThreadPoolWorkItem
{
    private const int Over = 0;
    private const int Offered = 1;
    private const int Running = 2;
    private const int Done = 3;

    private int _state;
    private int _isQueued;
    private ExceptionDispatchInfo? _error;

    /// <summary>Whether fewer threads of the pool are at work than there are processors. A guess: it may have changed when the answer comes.</summary>
    public static bool HasIdleProcessor
    {
        get
        {
            ThreadPool.GetMaxThreads(out int most, out _);
            ThreadPool.GetAvailableThreads(out int available, out _);
            return most - available < Environment.ProcessorCount;
        }
    }

    /// <summary>Whether a stage may have help: it runs on the thread pool, where the help comes from, and was not told to do one thing at a time.</summary>
    /// <param name="scheduler">Where the stage runs.</param>
    /// <param name="options">How the stage runs.</param>
    public static bool IsAllowed(TaskScheduler scheduler, StageOptions options) =>
        ChainScheduler.IsThreadPool(scheduler) && options.MaxDegreeOfParallelism > 1 && Environment.ProcessorCount > 1;

    /// <summary>For the thread pool.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        // First, so that the next step is queued again if this one is over already.
        Interlocked.Exchange(ref _isQueued, 0);
        if (Interlocked.CompareExchange(ref _state, Running, Offered) != Offered)
        {
            return;
        }

        try
        {
            Run();
        }
        catch (Exception error)
        {
            // For the stage, at the end.
            _error = ExceptionDispatchInfo.Capture(error);
        }

        Volatile.Write(ref _state, Done);
    }

    /// <summary>Offers the step.</summary>
    protected void Begin()
    {
        Volatile.Write(ref _state, Offered);
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Runs the step unless that was done or is being done, and then waits for it. What the step threw comes out here.</summary>
    protected void End()
    {
        if (Interlocked.CompareExchange(ref _state, Over, Offered) == Offered)
        {
            Run();
            return;
        }

        var wait = new SpinWait();
        while (Volatile.Read(ref _state) != Done)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        _state = Over;
        if (_error is { } error)
        {
            _error = null;
            error.Throw();
        }
    }

    /// <summary>The step; on any thread.</summary>
    protected abstract void Run();
}
