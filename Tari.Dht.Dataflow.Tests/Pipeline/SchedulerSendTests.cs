using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class SchedulerSendTests
{
    private VirtualScheduler _scheduler = null!;
    private BufferBlock<int> _full = null!;

    [SetUp]
    public void SetUp()
    {
        _scheduler = new VirtualScheduler(new VirtualTime());
        _full = new BufferBlock<int>(new DataflowBlockOptions { BoundedCapacity = 1, TaskScheduler = _scheduler });
        _full.Post(1);
    }

    [Test]
    public void A_send_to_a_block_with_room_has_ended_at_once()
    {
        var block = new BufferBlock<int>();
        Assert.That(block.SendHereAsync(1).Result, Is.True);
        Assert.That(block.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_send_to_a_full_block_waits_for_room_and_stays_on_its_scheduler([Values] bool cancellable)
    {
        using var token = new CancellationTokenSource();
        Task<bool> sending = Start(2, cancellable ? token.Token : default);
        Assert.That(sending.IsCompleted, Is.False);

        Assert.That(_full.TryReceive(out int first), Is.True);
        _scheduler.RunUntilIdle();

        Assert.That((first, sending.IsCompleted && sending.Result), Is.EqualTo((1, true)));
        Assert.That(_full.TryReceive(out int second), Is.True);
        Assert.That((second, _scheduler.ForeignTasks), Is.EqualTo((2, 0)));
    }

    [Test]
    public void A_cancelled_send_never_arrives()
    {
        using var token = new CancellationTokenSource();
        Task<bool> sending = Start(2, token.Token);
        token.Cancel();
        _scheduler.RunUntilIdle();
        Assert.That(sending.IsCanceled, Is.True);

        _full.TryReceive(out _);
        _scheduler.RunUntilIdle();
        Assert.That(_full.Count, Is.Zero);
        Assert.That(_full.SendHereAsync(3, token.Token).IsCanceled, Is.True);
    }

    [Test]
    public async Task A_send_that_waits_when_the_block_ends_is_refused()
    {
        var block = new ActionBlock<int>(_ => { }, new ExecutionDataflowBlockOptions { BoundedCapacity = 1, TaskScheduler = _scheduler });
        block.Post(1);
        Task<bool> sending = block.SendHereAsync(2);
        Assert.That(sending.IsCompleted, Is.False);

        // Ends on the thread pool, as all blocks do, once the message before is through.
        block.Complete();
        while (!sending.IsCompleted)
        {
            _scheduler.RunUntilIdle();
            await Task.Yield();
        }

        Assert.That(await sending, Is.False);
        Assert.That(await block.SendHereAsync(3), Is.False);
    }

    private Task<bool> Start(int message, CancellationToken token)
    {
        Task<bool> sending = Task.Factory.StartNew(
            () => _full.SendHereAsync(message, token), CancellationToken.None, TaskCreationOptions.None, _scheduler).Unwrap();
        _scheduler.RunUntilIdle();
        return sending;
    }
}
