using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Memory;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

public sealed class VirtualSchedulerTests
{
    private VirtualTime _time = null!;
    private VirtualScheduler _scheduler = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new VirtualTime();
        _scheduler = new VirtualScheduler(_time);
    }

    [Test]
    public void RunFor_TimersOfOneTime_FireInTheOrderOfTheirArming()
    {
        var fired = new List<string>();
        using ITimer later = Timer(2, () => fired.Add("later"));
        using ITimer first = Timer(1, () => fired.Add("first"));
        using ITimer second = Timer(1, () => fired.Add("second"));
        _scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(fired, Is.EqualTo(new[] { "first", "second" }));
        Assert.That(_time.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(1)));
        _scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(fired, Has.Count.EqualTo(3));
    }

    [Test]
    public void RunFor_PeriodicTimer_FiresAtEachPeriodWithTheClockThere()
    {
        var at = new List<TimeSpan>();
        using ITimer timer = _time.CreateTimer(_ => at.Add(_time.Elapsed), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _scheduler.RunFor(TimeSpan.FromSeconds(6));
        Assert.That(at, Is.EqualTo(new[] { TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5) }));
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.That(_time.ArmedTimers, Is.Zero);
    }

    [Test]
    public void Dispose_TimersThatWouldFireMuchLater_LeavesNothingOfThemInTheClock()
    {
        WeakReference[] states = ArmAndDispose(1000);
        using ITimer timer = Timer(5, () => { });
        GC.Collect();
        Assert.That(states.Count(static state => state.IsAlive), Is.LessThan(100));
        Assert.That(_time.ArmedTimers, Is.EqualTo(1));
    }

    [Test]
    public void RunFor_TimersThatAreArmedAnewAllTheTime_FireOnceAndInOrder()
    {
        var fired = new List<int>();
        ITimer[] timers = [.. Enumerable.Range(0, 10).Select(i => Timer(100, () => fired.Add(i)))];
        for (int round = 1; round <= 100; round++)
        {
            for (int i = 0; i < timers.Length; i++)
            {
                timers[i].Change(TimeSpan.FromSeconds(200 + (round == 100 ? 10 - i : round)), Timeout.InfiniteTimeSpan);
            }
        }

        _scheduler.RunFor(TimeSpan.FromSeconds(1000));
        Assert.That(fired, Is.EqualTo(new[] { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 }));
    }

    [Test]
    public void RunUntil_ConditionThatHolds_StopsThere()
    {
        bool fired = false;
        using ITimer timer = Timer(5, () => fired = true);
        Assert.That(_scheduler.RunUntil(() => fired, TimeSpan.FromMinutes(1)), Is.True);
        Assert.That(_time.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(_scheduler.RunUntil(() => !fired, TimeSpan.FromMinutes(1)), Is.False);
        Assert.That(_time.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(65)), "the limit");
    }

    [Test]
    public void RunFor_TasksWithoutEnd_DoNotKeepTimersFromFiring()
    {
        var scheduler = new VirtualScheduler(_time, burst: 100);
        bool fired = false;
        using ITimer timer = Timer(1, () => fired = true);
        void Again() => Task.Factory.StartNew(Again, CancellationToken.None, TaskCreationOptions.None, scheduler);
        Again();
        Assert.That(scheduler.RunUntil(() => fired, TimeSpan.FromSeconds(2)), Is.True);
        scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_time.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public void Timer_ItsException_ComesOutOfTheRun()
    {
        using ITimer timer = Timer(1, () => throw new InvalidOperationException("from the timer"));
        Assert.That(
            () => _scheduler.RunFor(TimeSpan.FromSeconds(1)), Throws.InvalidOperationException.With.Message.EqualTo("from the timer"));
        Assert.That(() => _scheduler.RunFor(TimeSpan.FromSeconds(1)), Throws.Nothing, "it can run again");
    }

    [Test]
    public void RunFor_WithinARun_IsRefused()
    {
        using ITimer timer = Timer(1, () => _scheduler.RunFor(TimeSpan.Zero));
        Assert.That(() => _scheduler.RunFor(TimeSpan.FromSeconds(1)), Throws.InvalidOperationException);
    }

    [Test]
    public void Everything_that_waits_comes_back_to_the_scheduler()
    {
        var threads = new HashSet<int>();
        var schedulers = new HashSet<TaskScheduler>();
        int block = 0;
        void Note()
        {
            threads.Add(Environment.CurrentManagedThreadId);
            schedulers.Add(TaskScheduler.Current);
        }

        async Task<int> Work()
        {
            Note();
            await Task.Yield();
            Note();
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            Note();
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using ITimer timer = Timer(1, () =>
            {
                Note();
                source.SetResult();
            });
            await source.Task;
            Note();

            using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation.Token);
            }
            catch (OperationCanceledException)
            {
                Note();
            }

            var never = new TaskCompletionSource();
            try
            {
                await never.Task.WaitAsync(TimeSpan.FromSeconds(1), _time);
            }
            catch (TimeoutException)
            {
                Note();
            }

            using var periodic = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
            await periodic.WaitForNextTickAsync();
            Note();
            var target = new ActionBlock<int>(
                value =>
                {
                    Note();
                    block += value;
                },
                new ExecutionDataflowBlockOptions { BoundedCapacity = 1, TaskScheduler = _scheduler });
            var buffer = new BufferBlock<int>(new DataflowBlockOptions { TaskScheduler = _scheduler });
            buffer.LinkTo(target);
            for (int i = 0; i < 5; i++)
            {
                buffer.Post(1);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            return block;
        }

        Assert.That(_scheduler.Run(Work, TimeSpan.FromMinutes(1)), Is.EqualTo(5));
        Assert.That(threads, Is.EqualTo(new[] { Environment.CurrentManagedThreadId }));
        Assert.That(schedulers, Is.EqualTo(new TaskScheduler[] { _scheduler }));
        Assert.That(_scheduler.ForeignTasks, Is.Zero);
        Assert.That(_time.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(6)));
    }

    [Test]
    public void ForeignTasks_WhatLeft_IsCounted()
    {
        _scheduler.Run(
            async () =>
            {
                using var queued = new ManualResetEventSlim();
                var thread = new Thread(() =>
                {
                    Task.Factory.StartNew(() => { }, CancellationToken.None, TaskCreationOptions.None, _scheduler);
                    queued.Set();
                });
                thread.Start();
                queued.Wait();
                await Task.Yield();
                return 0;
            },
            TimeSpan.FromSeconds(1));
        Assert.That(_scheduler.ForeignTasks, Is.EqualTo(1));
    }

    [Test]
    public void Run_OperationThatDoesNotEnd_TimesOut() =>
        Assert.That(
            () => _scheduler.Run(() => new TaskCompletionSource<int>().Task, TimeSpan.FromSeconds(3)), Throws.TypeOf<TimeoutException>());

    // On its own, so that no local keeps a state.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private WeakReference[] ArmAndDispose(int count)
    {
        var states = new WeakReference[count];
        for (int i = 0; i < count; i++)
        {
            object state = new();
            states[i] = new WeakReference(state);
            _time.CreateTimer(static _ => { }, state, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan).Dispose();
        }

        return states;
    }

    private ITimer Timer(int seconds, Action action) =>
        _time.CreateTimer(_ => action(), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
}
