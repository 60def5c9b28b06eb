using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage;

/// <summary>What the clock, the scheduler and the source may do to the writing. When it writes is tested with its two sources.</summary>
[TestFixture]
internal sealed class WriteBehindTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private FaultyTimeProvider _time = null!;
    private Source _source = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new FaultyTimeProvider();
        _source = new Source(_gate);
    }

    [TearDown]
    public void TearDown() => _source.Dispose();

    [Test]
    public async Task A_scheduler_that_refuses_tasks_keeps_nothing_from_being_written()
    {
        WriteBehind writer = Create(new RefusingTaskScheduler());
        Change(writer, isUrgent: true);
        await _source.Written.WaitAsync();
        await writer.FlushAsync();
        await _source.Written.WaitAsync();

        // Again and again, because the write before may not have come to its very end.
        Change(writer);
        for (_time.Advance(s_interval); !await _source.Written.WaitAsync(0); await Task.Yield())
        {
            _time.Advance(s_interval);
        }

        Change(writer);
        await writer.CloseAsync();
        await writer.CloseAsync();
        Assert.That((_source.Unwritten, _source.Closings, _source.Lost), Is.EqualTo((0, 1, 0)));
        Assert.That(_source.Writes, Is.EqualTo(4));
    }

    [Test]
    public async Task A_clock_that_throws_when_a_failure_is_reported_ends_no_write()
    {
        WriteBehind writer = Create(new InlineTaskScheduler());
        _source.Fails = true;
        Change(writer);
        _time.ClockFails = true;
        Assert.That(async () => await writer.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
        Assert.That(async () => await writer.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
        Assert.That(_source.Failures, Is.EqualTo(2), "without a clock, each one is reported");

        _time.ClockFails = false;
        _source.Fails = false;
        await writer.FlushAsync();
        Assert.That((_source.Unwritten, _source.Recoveries), Is.EqualTo((0, 1)));
        await writer.CloseAsync();
    }

    [Test]
    public async Task A_timer_that_throws_is_set_again_with_the_next_change()
    {
        WriteBehind writer = Create(new InlineTaskScheduler());
        _time.TimersFail = true;
        Assert.That(() => Change(writer), Throws.InvalidOperationException);
        Assert.That(() => Change(writer), Throws.InvalidOperationException);
        _time.TimersFail = false;
        Change(writer);
        _time.Advance(s_interval);
        Assert.That((_source.Writes, _source.Unwritten), Is.EqualTo((1, 0)));

        // The same where a write that failed is to be tried again.
        _time.TimersFail = true;
        _source.Fails = true;
        Assert.That(async () => await writer.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
        _time.TimersFail = false;
        _source.Fails = false;
        Change(writer);
        _time.Advance(s_interval);
        Assert.That((_source.Unwritten, _source.Recoveries), Is.EqualTo((0, 1)));
        await writer.CloseAsync();
    }

    [Test]
    public async Task A_flush_and_an_urgent_change_during_the_last_write_are_part_of_what_is_told_at_the_end([Values] bool fails)
    {
        WriteBehind writer = Create(new InlineTaskScheduler());
        Task late = Task.CompletedTask;
        _source.DuringWrite = () =>
        {
            _source.DuringWrite = null;
            _source.Fails = fails;
            late = writer.FlushAsync();
        };
        Change(writer);
        await writer.CloseAsync();
        Assert.That(_source.Closings, Is.EqualTo(1));
        Assert.That(late.IsFaulted, Is.EqualTo(fails));
        Assert.That(late.IsCompletedSuccessfully, Is.EqualTo(!fails));
    }

    [Test]
    public async Task A_close_during_a_write_that_fails_tries_once_more_and_tells_every_flush()
    {
        WriteBehind writer = Create(new InlineTaskScheduler());
        Task before = Task.CompletedTask, after = Task.CompletedTask, close = Task.CompletedTask;
        _source.Fails = true;
        _source.DuringWrite = () =>
        {
            _source.DuringWrite = null;
            before = writer.FlushAsync();
            close = writer.CloseAsync();
            after = writer.FlushAsync();
        };
        Change(writer);
        Task first = writer.FlushAsync();
        await close;
        Assert.That(_source.Writes, Is.EqualTo(2));
        Assert.That((_source.Closings, _source.Lost), Is.EqualTo((1, 1)));
        Assert.That(new[] { first, before, after }.Select(task => task.IsFaulted), Is.All.True);
        Assert.That(first.Exception!.InnerException, Is.InstanceOf<DhtStorageException>());
    }

    private WriteBehind Create(TaskScheduler scheduler) =>
        new(_gate, _source, new WriteBehindOptions(s_interval, FlushBatch: 100, _time, scheduler));

    private void Change(WriteBehind writer, bool isUrgent = false)
    {
        WriteBehind.WakeUp wakeUp;
        lock (_gate)
        {
            _source.Unwritten++;
            wakeUp = writer.NoteChanges(isUrgent);
        }

        writer.Wake(wakeUp);
    }

    /// <summary>Counts what it is asked for.</summary>
    private sealed class Source(Lock gate) : IWriteBehindSource, IDisposable
    {
        private int _taken;

        public SemaphoreSlim Written { get; } = new(0);

        public int Unwritten { get; set; }

        public bool Fails { get; set; }

        public Action? DuringWrite { get; set; }

        public int Writes { get; private set; }

        public int Failures { get; private set; }

        public int Recoveries { get; private set; }

        public int Closings { get; private set; }

        public int Lost { get; private set; }

        public int ChangedCount => Unwritten;

        public void Write()
        {
            lock (gate)
            {
                _taken = Unwritten;
                Writes++;
            }

            DuringWrite?.Invoke();
            if (Fails)
            {
                throw new DhtStorageException(DhtStorageError.InputOutput, "nowhere", "no room left");
            }
        }

        public void Settle(bool isWritten)
        {
            Unwritten -= isWritten ? _taken : 0;
            _taken = 0;
            Written.Release();
        }

        public void OnFailing(Exception failure) => Failures++;

        public void OnRecovered() => Recoveries++;

        public void Close(Exception? failure, int lost)
        {
            Closings++;
            Lost = lost;
        }

        public void Dispose() => Written.Dispose();
    }

    /// <summary>A manual clock that can fail.</summary>
    private sealed class FaultyTimeProvider : TimeProvider
    {
        private readonly ManualTimeProvider _inner = new();

        public bool ClockFails { get; set; }

        public bool TimersFail { get; set; }

        public override long TimestampFrequency => _inner.TimestampFrequency;

        public override long GetTimestamp() => ClockFails ? throw new InvalidOperationException("no clock") : _inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(this, _inner.CreateTimer(callback, state, dueTime, period));

        public void Advance(TimeSpan time) => _inner.Advance(time);

        private sealed class Timer(FaultyTimeProvider owner, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) =>
                owner.TimersFail ? throw new InvalidOperationException("no timer") : inner.Change(dueTime, period);

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
