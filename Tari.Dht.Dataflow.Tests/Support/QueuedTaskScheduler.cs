using System.Collections.Concurrent;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Keeps tasks until <see cref="RunAll"/>, so that a test decides when work in the background happens.</summary>
internal sealed class QueuedTaskScheduler : TaskScheduler
{
    private readonly ConcurrentQueue<Task> _tasks = new();

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Tasks that wait.</summary>
    public int Queued => _tasks.Count;

    /// <summary>Runs the waiting tasks, and those that they start, on this thread.</summary>
    /// <returns>Tasks run.</returns>
    public int RunAll()
    {
        int count = 0;
        for (; _tasks.TryDequeue(out Task? task); count++)
        {
            TryExecuteTask(task);
        }

        return count;
    }

    protected override void QueueTask(Task task) => _tasks.Enqueue(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];
}
