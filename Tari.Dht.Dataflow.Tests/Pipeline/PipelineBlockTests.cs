using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class PipelineBlockTests
{
    private static readonly DataflowLinkOptions s_propagate = new() { PropagateCompletion = true };

    // Passed only by a graph that hangs.
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);

    private CheckingArrayPool _pool = null!;
    private RecordingDiscardObserver _observer = null!;
    private ManualTimeProvider _clock = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _observer = new RecordingDiscardObserver();
        _clock = new ManualTimeProvider();
    }

    [TearDown]
    public void Pool_is_whole() => _pool.AssertWhole();

    [Test]
    public async Task Messages_pass_in_order_and_completion_follows_them()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 500);
        pipeline.Complete();
        int[] numbers = await ReceiveAllAsync(received);

        await pipeline.Completion;
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, 500)));
    }

    [Test]
    public async Task A_discarded_message_is_settled_and_does_not_block_those_behind_it()
    {
        TestPipeline pipeline = Build(OneStage(static message => message.Number % 2 == 0 ? message : DropReason.Duplicate));
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 100);
        pipeline.Complete();
        int[] numbers = await ReceiveAllAsync(received);

        await pipeline.Completion;
        Assert.Multiple(() =>
        {
            Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, 50).Select(number => 2 * number)));
            Assert.That(_observer.Discards, Has.Count.EqualTo(50).And.All.Property("Reason").EqualTo(DropReason.Duplicate));
            Assert.That(pipeline.GetDiscardCount(DropReason.Duplicate), Is.EqualTo(50));
        });
    }

    [Test]
    public async Task Discards_flow_away_before_the_application_has_linked_anything()
    {
        TestPipeline pipeline = Build(OneStage(static _ => DropReason.Duplicate));

        await SendAsync(pipeline, 200);
        pipeline.Complete();
        await pipeline.Completion;

        Assert.That(_observer.Discards, Has.Count.EqualTo(200));
    }

    [Test]
    public async Task A_stage_that_throws_loses_one_message_and_goes_on()
    {
        TestPipeline pipeline = Build(
            OneStage(static message => message.Number == 3 ? throw new InvalidOperationException("a bug") : message));
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 6);
        pipeline.Complete();
        int[] numbers = await ReceiveAllAsync(received);

        await pipeline.Completion;
        Assert.Multiple(() =>
        {
            Assert.That(numbers, Is.EqualTo(new[] { 0, 1, 2, 4, 5 }));
            Assert.That(
                _observer.Discards,
                Is.EqualTo(new[] { new RecordingDiscardObserver.Discard(StageName.Metrics, DropReason.StageFaulted, 3, default) }));
        });
    }

    [Test]
    public async Task A_stage_that_throws_a_cancellation_loses_no_other_message()
    {
        // A block would take an OperationCanceledException as a wish to drop the message silently.
        TestPipeline pipeline = Build(OneStage(static message => message.Number == 0 ? throw new OperationCanceledException() : message));
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 2);
        pipeline.Complete();

        Assert.That(await ReceiveAllAsync(received), Is.EqualTo(new[] { 1 }));
        Assert.That(_observer.Discards.Single().Reason, Is.EqualTo(DropReason.StageFaulted));
        await pipeline.Completion;
    }

    [Test]
    public async Task An_observer_that_throws_has_no_effect()
    {
        TestPipeline pipeline = Build(
            OneStage(static _ => DropReason.Duplicate), options => options with { DiscardObserver = new ThrowingObserver() });

        await SendAsync(pipeline, 5);
        pipeline.Complete();
        await pipeline.Completion;

        Assert.That(pipeline.GetDiscardCount(DropReason.Duplicate), Is.EqualTo(5));
    }

    [Test]
    public async Task A_full_graph_postpones_and_loses_nothing()
    {
        var options = new StageOptions { BoundedCapacity = 2 };
        TestPipeline pipeline = Build(graph =>
        {
            var first = graph.Add(new DelegateStage(static message => message), options);
            var second = graph.Add(new DelegateStage(static message => message), options);
            PipelineGraph.Connect(first, second);
            return (first, second);
        });
        var messages = Enumerable.Range(0, 20).Select(number => new TestMessage(number, _pool)).ToArray();
        Task<bool>[] sends = [.. messages.Select(message => pipeline.SendAsync(message))];

        // Nobody takes anything yet, so the graph can hold no more than its capacities.
        await sends[0];
        Assert.That(sends.Count(send => send.IsCompleted), Is.LessThanOrEqualTo(4));

        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);
        Assert.That(await Task.WhenAll(sends), Is.All.True);
        pipeline.Complete();
        Assert.That(await ReceiveAllAsync(received), Is.EqualTo(Enumerable.Range(0, 20)));
        await pipeline.Completion;
    }

    [Test]
    public async Task A_refused_message_stays_the_senders()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        pipeline.Complete();
        using var message = new TestMessage(1, _pool);

        Assert.That(await pipeline.SendAsync(message), Is.False);
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        await pipeline.Completion;
    }

    [Test]
    public async Task Filters_send_each_message_exactly_one_way_when_the_target_is_full()
    {
        // The target is full most of the time, so the source offers each message again and again, to either link.
        var options = new StageOptions { BoundedCapacity = 1 };
        TestPipeline pipeline = Build(graph =>
        {
            var first = graph.Add(new DelegateStage(static message => message), options);
            var second = graph.Add(new DelegateStage(static message => message), options);
            graph.Connect(
                first,
                second,
                new DelegateFilter(static message => message.Number % 3 != 0),
                new DelegateFilter(static message => message.Number % 3 != 1, DropReason.NotRebroadcastable));
            return (first, second);
        });
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 300);
        pipeline.Complete();
        int[] numbers = await ReceiveAllAsync(received);
        await pipeline.Completion;

        Assert.Multiple(() =>
        {
            Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, 300).Where(number => number % 3 == 2)));
            Assert.That(
                _observer.Discards.Where(discard => discard.Reason == DropReason.Expired).Select(discard => (int)discard.Tag),
                Is.EqualTo(Enumerable.Range(0, 300).Where(number => number % 3 == 0)));
            Assert.That(
                _observer.Discards.Where(discard => discard.Reason == DropReason.NotRebroadcastable).Select(discard => (int)discard.Tag),
                Is.EqualTo(Enumerable.Range(0, 300).Where(number => number % 3 == 1)));
        });
    }

    [Test]
    public async Task A_filter_is_asked_once_per_message_even_if_its_answer_would_change()
    {
        int asked = 0;
        TestPipeline pipeline = Build(graph =>
        {
            var first = graph.Add(new DelegateStage(static message => message), new StageOptions { BoundedCapacity = 1 });
            var second = graph.Add(new DelegateStage(static message => message), new StageOptions { BoundedCapacity = 1 });

            // Says no at first and yes from then on: asked a second time by the other link, it would leave the message stuck.
            graph.Connect(first, second, new DelegateFilter(_ => Interlocked.Increment(ref asked) > 1));
            return (first, second);
        });
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 3);
        pipeline.Complete();

        Assert.That(await ReceiveAllAsync(received), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(asked, Is.EqualTo(3));
        await pipeline.Completion;
    }

    [Test]
    public async Task Fault_discards_what_is_inside_and_faults_the_completion_when_all_buffers_are_back()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 50);
        var error = new InvalidOperationException("the application gave up");

        pipeline.Fault(error);

        Assert.That(async () => await pipeline.Completion, Throws.Exception.SameAs(error));
        Assert.That(_observer.Discards, Has.Count.EqualTo(50).And.All.Property("Reason").EqualTo(DropReason.Stopping));
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task StopAsync_lets_everything_out_that_is_taken_before_the_deadline()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 30);

        Task<long> stopping = pipeline.StopAsync(TimeSpan.FromSeconds(10));
        Assert.That(stopping.IsCompleted, Is.False, "waits for the application");
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        Assert.That(await ReceiveAllAsync(received), Has.Length.EqualTo(30));
        Assert.That(await stopping, Is.Zero);
        Assert.That(_clock.ArmedTimers, Is.Zero);
    }

    [Test]
    public async Task StopAsync_discards_at_the_deadline_what_nobody_took()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 30);

        Task<long> stopping = pipeline.StopAsync(TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.That(stopping.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await stopping, Is.EqualTo(30));
        Assert.That(_pool.Outstanding, Is.Zero);
        Assert.That(pipeline.Completion.IsCompletedSuccessfully);
    }

    [Test]
    public async Task StopAsync_without_patience_discards_at_once_even_what_the_application_postponed()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var full = new BufferBlock<TestMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        pipeline.LinkTo(full);
        await SendAsync(pipeline, 10);

        long discarded = await pipeline.StopAsync(TimeSpan.Zero);

        // The application's block may have taken one of them.
        int taken = full.TryReceiveAll(out IList<TestMessage>? messages) ? messages.Count : 0;
        messages?.ToList().ForEach(message => message.Dispose());
        Assert.That(discarded + taken, Is.EqualTo(10));
    }

    [Test]
    public async Task StopAsync_cancelled_brings_the_deadline_forward()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 4);
        using var cancellation = new CancellationTokenSource();

        Task<long> stopping = pipeline.StopAsync(TimeSpan.FromHours(1), cancellation.Token);
        await cancellation.CancelAsync();

        Assert.That(await stopping, Is.EqualTo(4));
    }

    [Test]
    public async Task StopAsync_at_the_deadline_interrupts_a_stage_that_waits()
    {
        TestPipeline pipeline = Build(graph =>
        {
            var block = graph.Add(
                new AsyncDelegateStage(static async (message, stopping) =>
                {
                    await Task.Delay(Timeout.Infinite, stopping);
                    return message;
                }),
                new StageOptions());
            return (block, block);
        });
        await SendAsync(pipeline, 3);

        Assert.That(await pipeline.StopAsync(TimeSpan.Zero), Is.EqualTo(3));
    }

    [Test]
    public async Task StopAsync_without_an_end_waits_for_the_application()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 3);
        Task<long> stopping = pipeline.StopAsync(TimeSpan.MaxValue);
        Assert.That(stopping.IsCompleted, Is.False);
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);
        Assert.That(await ReceiveAllAsync(received), Has.Length.EqualTo(3));
        Assert.That(await stopping, Is.Zero);
    }

    [Test]
    public void StopAsync_with_a_negative_deadline_is_refused()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        Assert.That(async () => await pipeline.StopAsync(TimeSpan.FromSeconds(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Receive_and_links_with_a_limit_work_as_with_any_block()
    {
        TestPipeline pipeline = Build(OneStage(static message => message.Number == 0 ? DropReason.Duplicate : message));
        await SendAsync(pipeline, 4);

        TestMessage first = await pipeline.ReceiveAsync();
        var one = new BufferBlock<TestMessage>();
        pipeline.LinkTo(one, new DataflowLinkOptions { MaxMessages = 1 });
        TestMessage second = await one.ReceiveAsync();
        TestMessage third = await pipeline.ReceiveAsync();

        Assert.That(new[] { first.Number, second.Number, third.Number }, Is.EqualTo(new[] { 1, 2, 3 }));
        first.Dispose();
        second.Dispose();
        third.Dispose();
        pipeline.Complete();
        await pipeline.Completion;
    }

    [Test]
    public async Task Links_with_predicates_share_the_messages_between_full_blocks()
    {
        TestPipeline pipeline = Build(OneStage(static message => message.Number % 10 == 9 ? DropReason.Duplicate : message));
        var one = new DataflowBlockOptions { BoundedCapacity = 1 };
        var even = new BufferBlock<TestMessage>(one);
        var odd = new BufferBlock<TestMessage>(one);
        pipeline.LinkTo(even, s_propagate, static message => message.Number % 2 == 0);
        pipeline.LinkTo(odd, s_propagate, static message => message.Number % 2 == 1);
        Task<int[]> evens = ReceiveAllAsync(even);
        Task<int[]> odds = ReceiveAllAsync(odd);

        await SendAsync(pipeline, 400);
        pipeline.Complete();

        Assert.That(await evens, Is.EqualTo(Enumerable.Range(0, 400).Where(number => number % 2 == 0)));
        Assert.That(await odds, Is.EqualTo(Enumerable.Range(0, 400).Where(number => number % 2 == 1 && number % 10 != 9)));
        await pipeline.Completion;
    }

    [Test]
    public async Task Queue_depths_name_the_stages_in_the_order_of_the_way()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        await SendAsync(pipeline, 7);
        while (pipeline.GetQueueDepths()[0].Count != 7)
        {
            await Task.Yield();
        }

        Assert.That(pipeline.GetQueueDepths(), Is.EqualTo(new[] { (StageName.Metrics, 7) }));
        await pipeline.StopAsync(TimeSpan.Zero);
    }

    [Test]
    public async Task Everything_runs_on_the_scheduler_of_the_options()
    {
        var schedulers = new ConcurrentExclusiveSchedulerPair();
        TaskScheduler mine = schedulers.ExclusiveScheduler;
        var seen = new System.Collections.Concurrent.ConcurrentBag<TaskScheduler>();
        TestPipeline pipeline = Build(
            graph =>
            {
                var options = new StageOptions { MaxDegreeOfParallelism = 2 };
                var first = graph.Add(new DelegateStage(Note), options);
                var second = graph.AddBatch(new DelegateBatchStage(NoteBatch), options);
                PipelineGraph.Connect(first, second);
                return (first, second);
            },
            options => options with { TaskScheduler = mine });
        var received = new BufferBlock<TestMessage>();
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 50);
        pipeline.Complete();

        Assert.That(await ReceiveAllAsync(received), Has.Length.EqualTo(50));
        Assert.That(seen, Is.Not.Empty.And.All.SameAs(mine));
        await pipeline.Completion;

        StageResult<TestMessage> Note(TestMessage message)
        {
            seen.Add(TaskScheduler.Current);
            return message;
        }

        void NoteBatch(ReadOnlySpan<TestMessage> batch, Span<StageResult<TestMessage>> results)
        {
            seen.Add(TaskScheduler.Current);
            DelegateBatchStage.PassAll(batch, results);
        }
    }

    [Test]
    public async Task A_fault_reaches_the_blocks_that_are_linked_with_propagation()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var told = new BufferBlock<TestMessage>();
        var notTold = new BufferBlock<TestMessage>();
        pipeline.LinkTo(told, s_propagate, static message => message.Number < 0);
        pipeline.LinkTo(notTold, new DataflowLinkOptions(), static message => message.Number < 0);
        await SendAsync(pipeline, 3);
        var error = new InvalidOperationException("the application gave up");

        pipeline.Fault(error);

        Assert.That(async () => await told.Completion, Throws.Exception.SameAs(error));
        Assert.That(async () => await pipeline.Completion, Throws.Exception.SameAs(error));
        Assert.That(notTold.Completion.IsCompleted, Is.False);
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void A_fault_with_a_cancellation_is_a_fault_as_of_any_block()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var error = new OperationCanceledException("the application was cancelled");

        pipeline.Fault(error);

        Assert.That(async () => await pipeline.Completion, Throws.Exception.SameAs(error));
        Assert.That(pipeline.Completion.IsFaulted);
    }

    [Test]
    public async Task A_link_that_was_undone_or_used_up_hears_nothing_more()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var undone = new BufferBlock<TestMessage>();
        var usedUp = new BufferBlock<TestMessage>();
        pipeline.LinkTo(undone, s_propagate).Dispose();
        pipeline.LinkTo(usedUp, new DataflowLinkOptions { MaxMessages = 1, PropagateCompletion = true });

        await SendAsync(pipeline, 1);
        using TestMessage message = await usedUp.ReceiveAsync();
        pipeline.Complete();
        await pipeline.Completion;

        Assert.That(undone.Completion.IsCompleted || usedUp.Completion.IsCompleted, Is.False);
    }

    [Test]
    public async Task A_full_block_behind_the_graph_takes_what_it_postponed_once_each()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        var received = new BufferBlock<TestMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        pipeline.LinkTo(received, s_propagate);

        await SendAsync(pipeline, 100);
        pipeline.Complete();

        Assert.That(await ReceiveAllAsync(received), Is.EqualTo(Enumerable.Range(0, 100)));
        await received.Completion;
    }

    [Test]
    public async Task The_end_does_not_wait_for_the_thread_that_built_the_graph()
    {
        // As an application with a user interface that waits for the graph's end.
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new DeafContext());
        TestPipeline pipeline;
        try
        {
            pipeline = Build(static graph =>
            {
                var block = graph.AddBatch(new DelegateBatchStage(DelegateBatchStage.PassAll), new StageOptions());
                return (block, block);
            });
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        pipeline.Complete();
        await pipeline.Completion.WaitAsync(s_hang);
    }

    [Test]
    public async Task A_callback_on_the_stopping_token_that_throws_does_not_stop_the_stop([Values] bool fault)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TestPipeline pipeline = Build(graph =>
        {
            var block = graph.Add(
                new AsyncDelegateStage(async (message, stopping) =>
                {
                    entered.TrySetResult();
                    stopping.Register(static () => throw new InvalidOperationException("a callback"));
                    await Task.Delay(Timeout.Infinite, stopping);
                    return message;
                }),
                new StageOptions());
            return (block, block);
        });
        await SendAsync(pipeline, 3);
        await entered.Task;

        if (fault)
        {
            pipeline.Fault(new InvalidOperationException("enough"));
        }

        Assert.That(await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(s_hang), Is.EqualTo(3));
    }

    [Test]
    public void A_discard_count_of_no_reason_is_refused()
    {
        TestPipeline pipeline = Build(OneStage(static message => message));
        Assert.That(() => pipeline.GetDiscardCount((DropReason)999), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => pipeline.GetDiscardCount((DropReason)(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static Func<PipelineGraph, (ITargetBlock<TestMessage>, ISourceBlock<TestMessage?>)> OneStage(
        Func<TestMessage, StageResult<TestMessage>> process) => graph =>
    {
        var block = graph.Add(new DelegateStage(process), new StageOptions { BoundedCapacity = 1000 });
        return (block, block);
    };

    private static async Task<int[]> ReceiveAllAsync(BufferBlock<TestMessage> block)
    {
        var numbers = new List<int>();
        while (await block.OutputAvailableAsync())
        {
            while (block.TryReceive(out TestMessage? message))
            {
                numbers.Add(message.Number);
                message.Dispose();
            }
        }

        return [.. numbers];
    }

    private TestPipeline Build(
        Func<PipelineGraph, (ITargetBlock<TestMessage>, ISourceBlock<TestMessage?>)> build,
        Func<TestPipelineOptions, TestPipelineOptions>? configure = null)
    {
        var options = new TestPipelineOptions { TimeProvider = _clock, DiscardObserver = _observer };
        return new TestPipeline(configure?.Invoke(options) ?? options, build);
    }

    private async Task SendAsync(TestPipeline pipeline, int count)
    {
        for (int number = 0; number < count; number++)
        {
            Assert.That(await pipeline.SendAsync(new TestMessage(number, _pool)));
        }
    }

    /// <summary>The context of a thread that is busy: what is posted to it is never run.</summary>
    private sealed class DeafContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }

    private sealed class ThrowingObserver : IDiscardObserver
    {
        public void OnDiscarded(StageName stage, DropReason reason, ulong tag, Dataflow.Peers.NodeId peer) =>
            throw new InvalidOperationException("observer");
    }
}
