using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms;

[TestFixture]
internal sealed class ChainSchedulerTests
{
    [Test]
    public void InPlaceOf_replaces_the_pools_own_scheduler_and_no_other()
    {
        var queued = new QueuedTaskScheduler();
        Assert.That(ChainScheduler.InPlaceOf(TaskScheduler.Default), Is.SameAs(ChainScheduler.Shared));
        Assert.That(ChainScheduler.InPlaceOf(ChainScheduler.Shared), Is.SameAs(ChainScheduler.Shared));
        Assert.That(ChainScheduler.InPlaceOf(queued), Is.SameAs(queued));
    }

    [Test]
    public async Task What_a_task_starts_runs_after_it_on_its_thread_and_in_order()
    {
        var order = new List<(int Number, int Thread)>();
        var started = new List<Task>();
        await Start(() =>
        {
            for (int i = 1; i <= ChainScheduler.MaxWaiting; i++)
            {
                int number = i;
                started.Add(Start(() => order.Add((number, Environment.CurrentManagedThreadId))));
            }

            order.Add((0, Environment.CurrentManagedThreadId));
        });
        await Task.WhenAll(started);

        Assert.That(order.Select(entry => entry.Number), Is.EqualTo(Enumerable.Range(0, ChainScheduler.MaxWaiting + 1)));
        Assert.That(order.Select(entry => entry.Thread).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_waits_when_a_task_releases_runs_while_that_task_goes_on()
    {
        using var ran = new CountdownEvent(2);
        await Start(() =>
        {
            _ = Start(() => ran.Signal());
            _ = Start(() => ran.Signal());
            ChainScheduler.Release();

            // Would never end if one of them waited for this task.
            ran.Wait();
        });
    }

    [Test]
    public async Task The_oldest_of_too_many_waiting_tasks_goes_to_another_thread()
    {
        using var oldestRan = new ManualResetEventSlim();
        await Start(() =>
        {
            _ = Start(oldestRan.Set);
            for (int i = 0; i < ChainScheduler.MaxWaiting; i++)
            {
                _ = Start(static () => { });
            }

            oldestRan.Wait();
        });
    }

    [Test]
    public async Task A_task_that_asks_for_fairness_does_not_wait_in_a_chain()
    {
        using var ran = new ManualResetEventSlim();
        await Start(() =>
        {
            _ = Task.Factory.StartNew(ran.Set, CancellationToken.None, TaskCreationOptions.PreferFairness, ChainScheduler.Shared);
            ran.Wait();
        });
    }

    [Test]
    public async Task Code_that_is_called_in_a_pause_may_block_until_what_it_started_has_run()
    {
        using var before = new ManualResetEventSlim();
        using var within = new ManualResetEventSlim();
        int thread = 0;
        int next = 0;
        Task last = Task.CompletedTask;
        await Start(() =>
        {
            _ = Start(before.Set);
            using (ChainScheduler.Pause())
            {
                _ = Start(within.Set);
                before.Wait();
                within.Wait();
            }

            thread = Environment.CurrentManagedThreadId;
            last = Start(() => next = Environment.CurrentManagedThreadId);
        });
        await last;
        Assert.That(next, Is.EqualTo(thread), "the chain goes on after the pause");
    }

    [Test]
    public async Task What_another_scheduler_runs_within_a_task_may_block_until_what_it_started_has_run()
    {
        using var ran = new ManualResetEventSlim();
        await Start(() => new Task(() =>
        {
            _ = Start(ran.Set);
            ran.Wait();
        }).RunSynchronously(TaskScheduler.Default));
    }

    [Test]
    public async Task A_task_that_throws_keeps_its_error_and_the_chain_goes_on()
    {
        Task failing = Task.CompletedTask;
        Task next = Task.CompletedTask;
        await Start(() =>
        {
            failing = Start(() => throw new InvalidOperationException("broken"));
            next = Start(static () => { });
        });
        await next;
        Assert.That(async () => await failing, Throws.InvalidOperationException.With.Message.EqualTo("broken"));
    }

    [Test]
    public async Task Waiting_for_a_task_of_the_same_chain_runs_it()
    {
        int runs = 0;
        await Start(() =>
        {
            Task inner = Start(() => runs++);
            inner.Wait();
            Assert.That(runs, Is.EqualTo(1));
        });
        await Start(static () => { });
        Assert.That(runs, Is.EqualTo(1), "not once more when its turn in the chain came");
    }

    [Test]
    public async Task Awaits_come_back_to_the_scheduler()
    {
        bool[] stayed = await Task.Factory.StartNew(
            async () =>
            {
                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                bool before = TaskScheduler.Current == ChainScheduler.Shared;
                await Task.Yield();
                bool afterYield = TaskScheduler.Current == ChainScheduler.Shared;
                _ = Task.Run(source.SetResult);
                await source.Task;
                return new[] { before, afterYield, TaskScheduler.Current == ChainScheduler.Shared };
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            ChainScheduler.Shared).Unwrap();
        Assert.That(stayed, Is.All.True);
    }

    [Test]
    public async Task What_flows_with_a_task_does_not_reach_the_next_one_of_the_chain()
    {
        var local = new AsyncLocal<int>();
        int inFirst = 0;
        int inSecond = -1;
        Task first = Task.CompletedTask;
        Task second = Task.CompletedTask;
        await Start(() =>
        {
            local.Value = 1;
            first = Start(() =>
            {
                inFirst = local.Value;
                local.Value = 7;
            });
            local.Value = 2;
            second = Start(() => inSecond = local.Value);
        });
        await Task.WhenAll(first, second);
        Assert.That(inFirst, Is.EqualTo(1));
        Assert.That(inSecond, Is.EqualTo(2));
    }

    [Test]
    public async Task An_endless_chain_leaves_its_thread_for_other_work()
    {
        // Each on a processor of its own keeps all of them busy, unless their chains end.
        bool isOver = false;
        var chains = new List<Task>();
        for (int i = 0; i < Environment.ProcessorCount; i++)
        {
            chains.Add(GoOnAsync());
        }

        await Task.Run(() => Volatile.Write(ref isOver, true));
        await Task.WhenAll(chains);

        Task GoOnAsync() => Task.Factory.StartNew(
            async () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    await Task.Yield();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            ChainScheduler.Shared).Unwrap();
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 1, 3 })]
    public async Task No_task_is_lost_or_run_twice_whoever_blocks(int seed)
    {
        const int count = 10_000;
        var runs = new int[count];
        int next = 0;
        using var all = new CountdownEvent(count);
        var random = new Random(seed);
        int[] plan = [.. Enumerable.Range(0, count).Select(_ => random.Next(100))];
        for (int i = 0; i < 8; i++)
        {
            StartNext();
        }

        // Blocks a thread of the test's own, never one of the pool.
        await Task.Factory.StartNew(all.Wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.That(runs, Is.All.EqualTo(1));

        void StartNext()
        {
            int number = Interlocked.Increment(ref next) - 1;
            if (number < count)
            {
                _ = Start(() => RunOne(number));
            }
        }

        void RunOne(int number)
        {
            Interlocked.Increment(ref runs[number]);
            int kind = plan[number];
            StartNext();
            if (kind < 30)
            {
                StartNext();
                StartNext();
            }

            if (kind < 40)
            {
                ChainScheduler.Release();
            }

            if (number % 2000 == 1999)
            {
                // Blocked until a task ran that was started here and given away.
                using var ran = new ManualResetEventSlim();
                _ = Start(ran.Set);
                ChainScheduler.Release();
                ran.Wait();
            }
            else if (kind < 5)
            {
                Start(static () => { }).Wait();
            }

            all.Signal();
        }
    }

    [Test]
    public async Task Blocks_reach_their_degree_of_parallelism_when_the_first_worker_blocks()
    {
        using var both = new Barrier(2);
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int through = 0;
        await using var pipeline = new TestPipeline(
            new TestPipelineOptions(),
            graph =>
            {
                // Two messages leave the first block in one task; the second one must not wait behind the first one's work.
                var first = graph.Add(new DelegateStage(static message => message), new StageOptions());
                var second = graph.Add(
                    new DelegateStage(message =>
                    {
                        both.SignalAndWait();
                        return message;
                    }),
                    new StageOptions { MaxDegreeOfParallelism = 2 });
                PipelineGraph.Connect(first, second);
                return (first, second);
            });
        pipeline.LinkTo(
            new ActionBlock<TestMessage>(message =>
            {
                message.Dispose();
                if (Interlocked.Increment(ref through) == 20)
                {
                    settled.SetResult();
                }
            }),
            new DataflowLinkOptions());
        for (int i = 0; i < 20; i++)
        {
            Assert.That(pipeline.Post(new TestMessage(i)), Is.True);
        }

        await settled.Task;
    }

    private static Task Start(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.DenyChildAttach, ChainScheduler.Shared);
}
