namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Runs each task at once, on the thread that starts it, so that nothing happens at the same time.</summary>
internal sealed class InlineTaskScheduler : TaskScheduler
{
    public override int MaximumConcurrencyLevel => 1;

    protected override void QueueTask(Task task) => TryExecuteTask(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
