using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class SchedulerWaitTests
{
    [Test]
    public void A_wait_ends_with_the_task_on_the_scheduler_of_whoever_waits()
    {
        var scheduler = new QueuedTaskScheduler();
        using var token = new CancellationTokenSource();
        var task = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> waiting = StartOn(scheduler, () => task.Task.WaitHereAsync(token.Token));
        scheduler.RunAll();

        task.SetResult(7);
        Assert.That(waiting.IsCompleted, Is.False);
        scheduler.RunAll();

        Assert.That(waiting.Result, Is.EqualTo(7));
        token.Cancel();
        Assert.That(scheduler.Queued, Is.Zero);
    }

    [Test]
    public void A_wait_ends_with_its_token_and_the_task_goes_on()
    {
        var scheduler = new QueuedTaskScheduler();
        using var token = new CancellationTokenSource();
        var task = new TaskCompletionSource<int>();
        Task<int> waiting = StartOn(scheduler, () => task.Task.WaitHereAsync(token.Token));
        scheduler.RunAll();
        token.Cancel();
        scheduler.RunAll();
        Assert.That(waiting.IsCanceled);
        task.SetResult(1);
        scheduler.RunAll();
        Assert.That(waiting.IsCanceled);
    }

    [Test]
    public void What_has_ended_already_is_not_waited_for()
    {
        using var token = new CancellationTokenSource();
        token.Cancel();
        Assert.That(Task.FromResult(3).WaitHereAsync(token.Token).Result, Is.EqualTo(3), "the task comes first");
        Assert.That(new TaskCompletionSource<int>().Task.WaitHereAsync(token.Token).IsCanceled);
        Assert.That(
            async () => await Task.FromException<int>(new InvalidOperationException("fault")).WaitHereAsync(default),
            Throws.InvalidOperationException.With.Message.EqualTo("fault"));
    }

    private static Task<int> StartOn(TaskScheduler scheduler, Func<Task<int>> start) =>
        Task.Factory.StartNew(start, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
}
