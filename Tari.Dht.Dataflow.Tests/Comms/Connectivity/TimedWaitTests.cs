using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity;

[TestFixture]
internal sealed class TimedWaitTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<int> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VirtualScheduler _scheduler = null!;
    private CancellationTokenSource _token = null!;

    [SetUp]
    public void SetUp()
    {
        _scheduler = new VirtualScheduler(new VirtualTime());
        _token = new CancellationTokenSource();
    }

    [TearDown]
    public void TearDown() => _token.Dispose();

    [Test]
    public void A_wait_ends_with_its_task_on_the_scheduler_of_whoever_waits()
    {
        var source = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> waiting = Start(source.Task);
        Task setting = Task.Factory.StartNew(() => source.SetResult(7), CancellationToken.None, TaskCreationOptions.None, _scheduler);
        Assert.That(waiting.IsCompleted, Is.False);

        _scheduler.RunUntilIdle();

        Assert.That((setting.IsCompleted, waiting.Result), Is.EqualTo((true, 7)));
        Assert.That((_scheduler.ForeignTasks, _scheduler.Time.ArmedTimers), Is.EqualTo((0, 0)));
    }

    [Test]
    public void A_wait_ends_at_its_time_and_the_task_goes_on()
    {
        Task<int> waiting = Start(_source.Task);
        _scheduler.RunFor(s_timeout - TimeSpan.FromTicks(1));
        Assert.That(waiting.IsCompleted, Is.False);
        _scheduler.RunFor(TimeSpan.FromTicks(1));
        _scheduler.RunUntilIdle();
        Assert.That(waiting.Exception?.InnerException, Is.TypeOf<TimeoutException>());
        Assert.That((_source.Task.IsCompleted, _scheduler.ForeignTasks), Is.EqualTo((false, 0)));
    }

    [Test]
    public void A_wait_ends_with_its_token()
    {
        Task<int> waiting = Start(_source.Task);
        _token.Cancel();
        _scheduler.RunUntilIdle();
        Assert.That((waiting.IsCanceled, _scheduler.Time.ArmedTimers), Is.EqualTo((true, 0)));
    }

    [Test]
    public void What_has_ended_is_not_waited_for_whatever_the_token_says()
    {
        _token.Cancel();
        Assert.That(Start(Task.FromResult(3)).Result, Is.EqualTo(3));
        Assert.That(
            async () => await Start(Task.FromException<int>(new InvalidOperationException("fault"))),
            Throws.InvalidOperationException.With.Message.EqualTo("fault"));
    }

    private Task<int> Start(Task<int> task)
    {
        Task<int> waiting = Task.Factory.StartNew(
            () => task.WaitHereAsync(s_timeout, _scheduler.Time, _token.Token),
            CancellationToken.None,
            TaskCreationOptions.None,
            _scheduler).Unwrap();
        _scheduler.RunUntilIdle();
        return waiting;
    }
}
