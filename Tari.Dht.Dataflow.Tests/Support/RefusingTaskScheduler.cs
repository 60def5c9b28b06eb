namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Throws when it is given a task, as a scheduler that was shut down does.</summary>
internal sealed class RefusingTaskScheduler : TaskScheduler
{
    protected override void QueueTask(Task task) => throw new InvalidOperationException("No more tasks.");

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
