using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class BatchStageBlockTests
{
    private CheckingArrayPool _pool = null!;
    private RecordingDiscardObserver _observer = null!;
    private Settlement _settlement = null!;
    private DhtMetrics _metrics = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _observer = new RecordingDiscardObserver();
        _metrics = new DhtMetrics();
        _settlement = new Settlement(NullLogger.Instance, _metrics, _observer);
    }

    [TearDown]
    public void TearDown()
    {
        _metrics.Dispose();
        _pool.AssertWhole();
    }

    [Test]
    public async Task A_single_message_does_not_wait_for_others()
    {
        var stage = new DelegateBatchStage(DelegateBatchStage.PassAll);
        BatchStageBlock<TestMessage, TestMessage> block = Create(stage, new StageOptions { MaxBatchSize = 16 });

        await block.SendAsync(new TestMessage(1, _pool));
        TestMessage? message = await block.ReceiveAsync();

        Assert.That(message!.Number, Is.EqualTo(1));
        Assert.That(stage.BatchSizes, Is.EqualTo(new[] { 1 }));
        message.Dispose();
        block.Complete();
        await block.Completion;
    }

    [Test]
    public void Messages_pass_without_leaving_the_scheduler([Values(1, 4)] int workers)
    {
        var scheduler = new VirtualScheduler(new VirtualTime());
        var block = new BatchStageBlock<TestMessage, TestMessage>(
            new DelegateBatchStage(DelegateBatchStage.PassAll),
            new StageOptions { MaxDegreeOfParallelism = workers },
            scheduler,
            _settlement);
        var received = new BufferBlock<TestMessage?>(new DataflowBlockOptions { TaskScheduler = scheduler });
        block.LinkTo(received);
        for (int i = 0; i < 20; i++)
        {
            scheduler.RunUntilIdle();
            Assert.That(block.Post(new TestMessage(i, _pool)), Is.True);
            scheduler.RunUntilIdle();
            Assert.That(received.TryReceive(out TestMessage? message), Is.True, $"message {i} is through");
            Assert.That(message!.Number, Is.EqualTo(i));
            message.Dispose();
        }

        Assert.That(scheduler.ForeignTasks, Is.Zero);
        block.Complete();
    }

    [Test]
    public async Task What_queued_up_meanwhile_is_taken_together_up_to_the_limit()
    {
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stage = new DelegateBatchStage((batch, results) =>
        {
            entered.TrySetResult();
            gate.Wait();
            DelegateBatchStage.PassAll(batch, results);
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(stage, new StageOptions { MaxBatchSize = 4, BoundedCapacity = 64 });

        await block.SendAsync(new TestMessage(0, _pool));
        await entered.Task;
        for (int number = 1; number <= 10; number++)
        {
            await block.SendAsync(new TestMessage(number, _pool));
        }

        gate.Set();
        block.Complete();

        Assert.That(await ReceiveAllAsync(block), Is.EqualTo(Enumerable.Range(0, 11)));
        Assert.That(stage.BatchSizes, Is.EqualTo(new[] { 1, 4, 4, 2 }));
        await block.Completion;
    }

    [Test]
    public async Task Workers_share_what_has_queued_up()
    {
        using var gate = new ManualResetEventSlim();
        int entered = 0;
        var bothIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stage = new DelegateBatchStage((batch, results) =>
        {
            if (Interlocked.Increment(ref entered) == 2)
            {
                bothIn.SetResult();
            }

            gate.Wait();
            DelegateBatchStage.PassAll(batch, results);
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(
            stage, new StageOptions { MaxBatchSize = 8, BoundedCapacity = 64, MaxDegreeOfParallelism = 2 });
        await block.SendAsync(new TestMessage(0, _pool));
        await block.SendAsync(new TestMessage(1, _pool));
        await bothIn.Task;
        for (int number = 2; number < 10; number++)
        {
            await block.SendAsync(new TestMessage(number, _pool));
        }

        gate.Set();
        block.Complete();

        Assert.That(await ReceiveAllAsync(block), Is.EquivalentTo(Enumerable.Range(0, 10)));
        Assert.That(stage.BatchSizes[2], Is.EqualTo(4), "half of the eight that waited");
        await block.Completion;
    }

    [Test]
    public async Task Every_message_of_a_batch_settles_on_its_own()
    {
        var stage = new DelegateBatchStage(static (batch, results) =>
        {
            for (int i = 0; i < batch.Length; i++)
            {
                results[i] = batch[i].Number % 2 == 0 ? batch[i] : DropReason.InvalidSignature;
            }
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(stage, new StageOptions { BoundedCapacity = 200 });
        await SendAsync(block, 100);
        block.Complete();

        Assert.That(await ReceiveAllAsync(block), Is.EqualTo(Enumerable.Range(0, 50).Select(number => 2 * number)));
        Assert.That(_observer.Discards, Has.Count.EqualTo(50).And.All.Property("Reason").EqualTo(DropReason.InvalidSignature));
        await block.Completion;
    }

    [Test]
    public async Task A_fault_costs_only_the_messages_without_a_result()
    {
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stage = new DelegateBatchStage((batch, results) =>
        {
            entered.TrySetResult();
            gate.Wait();
            for (int i = 0; i < batch.Length; i++)
            {
                results[i] = batch[i].Number == 3 ? throw new InvalidOperationException("a bug") : batch[i];
            }
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(stage, new StageOptions { MaxBatchSize = 4, BoundedCapacity = 64 });
        await block.SendAsync(new TestMessage(0, _pool));
        await entered.Task;
        for (int number = 1; number <= 8; number++)
        {
            await block.SendAsync(new TestMessage(number, _pool));
        }

        gate.Set();
        block.Complete();

        // The second batch is 1 to 4: it breaks at 3, and 4 had no turn.
        Assert.That(await ReceiveAllAsync(block), Is.EqualTo(new[] { 0, 1, 2, 5, 6, 7, 8 }));
        Assert.That(_observer.Discards.Select(discard => ((int)discard.Tag, discard.Reason)), Is.EqualTo(new[]
        {
            (3, DropReason.StageFaulted), (4, DropReason.StageFaulted),
        }));
        await block.Completion;
    }

    [Test]
    public async Task Ordered_workers_emit_in_the_order_of_arrival()
    {
        // Work of very different length per message, without any clock.
        var stage = new DelegateBatchStage(static (batch, results) =>
        {
            for (int i = 0; i < batch.Length; i++)
            {
                double spin = 0;
                for (int n = 0; n < (batch[i].Number % 7) * 3000; n++)
                {
                    spin += Math.Sqrt(n);
                }

                results[i] = spin >= 0 ? batch[i] : DropReason.Expired;
            }
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(
            stage, new StageOptions { MaxBatchSize = 3, BoundedCapacity = 50, MaxDegreeOfParallelism = 4, EnsureOrdered = true });
        Task<int[]> receiving = ReceiveAllAsync(block);
        await SendAsync(block, 2000);
        block.Complete();

        Assert.That(await receiving, Is.EqualTo(Enumerable.Range(0, 2000)));
        await block.Completion;
    }

    [Test]
    public async Task Ordered_workers_work_at_the_same_time()
    {
        // Each batch ends only when another is being worked on too. If the workers took turns, the wait would run out.
        using var pair = new Barrier(2);
        int alone = 0;
        var stage = new DelegateBatchStage((batch, results) =>
        {
            if (Volatile.Read(ref alone) == 0 && !pair.SignalAndWait(TimeSpan.FromSeconds(20)))
            {
                Interlocked.Increment(ref alone);
            }

            DelegateBatchStage.PassAll(batch, results);
        });
        BatchStageBlock<TestMessage, TestMessage> block = Create(
            stage, new StageOptions { MaxBatchSize = 1, BoundedCapacity = 8, MaxDegreeOfParallelism = 2, EnsureOrdered = true });
        Task<int[]> receiving = ReceiveAllAsync(block);
        await SendAsync(block, 100);
        block.Complete();

        Assert.That(await receiving, Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(alone, Is.Zero);
        await block.Completion;
    }

    [Test]
    public async Task A_consumer_that_does_not_take_stops_the_intake_at_the_bound()
    {
        BatchStageBlock<TestMessage, TestMessage> block = Create(
            new DelegateBatchStage(DelegateBatchStage.PassAll), new StageOptions { MaxBatchSize = 2, BoundedCapacity = 3 });
        Task<bool>[] sends = [.. Enumerable.Range(0, 30).Select(number => block.SendAsync(new TestMessage(number, _pool)))];
        await sends[0];

        // Two queues of three and one batch of two.
        Assert.That(sends.Count(send => send.IsCompleted), Is.LessThanOrEqualTo(8));

        Task<int[]> receiving = ReceiveAllAsync(block);
        Assert.That(await Task.WhenAll(sends), Is.All.True);
        block.Complete();
        Assert.That(await receiving, Is.EqualTo(Enumerable.Range(0, 30)));
        await block.Completion;
    }

    [Test]
    public async Task After_the_deadline_messages_are_settled_without_the_stage()
    {
        var stage = new DelegateBatchStage(DelegateBatchStage.PassAll);
        BatchStageBlock<TestMessage, TestMessage> block = Create(stage, new StageOptions { BoundedCapacity = 100 });
        _settlement.Stop();
        await SendAsync(block, 20);
        block.Complete();
        await block.Completion;

        Assert.That(stage.BatchSizes, Is.Empty);
        Assert.That(_observer.Discards, Has.Count.EqualTo(20).And.All.Property("Reason").EqualTo(DropReason.Stopping));
    }

    private static async Task<int[]> ReceiveAllAsync(BatchStageBlock<TestMessage, TestMessage> block)
    {
        var received = new BufferBlock<TestMessage?>(new DataflowBlockOptions { BoundedCapacity = 5 });
        block.LinkTo(received, new DataflowLinkOptions { PropagateCompletion = true });
        var numbers = new List<int>();
        while (await received.OutputAvailableAsync())
        {
            while (received.TryReceive(out TestMessage? message))
            {
                numbers.Add(message!.Number);
                message.Dispose();
            }
        }

        return [.. numbers];
    }

    private BatchStageBlock<TestMessage, TestMessage> Create(DelegateBatchStage stage, StageOptions options) =>
        new(stage, options, TaskScheduler.Default, _settlement);

    private async Task SendAsync(BatchStageBlock<TestMessage, TestMessage> block, int count)
    {
        for (int number = 0; number < count; number++)
        {
            Assert.That(await block.SendAsync(new TestMessage(number, _pool)));
        }
    }
}
