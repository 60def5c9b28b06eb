namespace Tari.Dht.Dataflow.Tests.Support;

[TestFixture]
internal sealed class ManualTimeProviderTests
{
    private readonly List<string> _fired = [];
    private ManualTimeProvider _time = null!;
    private DateTimeOffset _start;

    [SetUp]
    public void SetUp()
    {
        _fired.Clear();
        _time = new ManualTimeProvider();
        _start = _time.GetUtcNow();
    }

    [Test]
    public void Advance_moves_the_wall_clock_and_the_timestamp_together()
    {
        long before = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Multiple(() =>
        {
            Assert.That(_time.GetUtcNow() - _start, Is.EqualTo(TimeSpan.FromSeconds(1.5)));
            Assert.That(_time.GetElapsedTime(before), Is.EqualTo(TimeSpan.FromSeconds(1.5)));
        });
    }

    [Test]
    public void Timers_fire_in_the_order_of_their_due_times_with_the_clock_at_each()
    {
        Create("late", 30);
        Create("early", 10);
        Create("armed after early", 10);
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.That(_fired, Is.EqualTo<string[]>(["early@10", "armed after early@10", "late@30"]));
        Assert.That(_time.GetUtcNow() - _start, Is.EqualTo(TimeSpan.FromSeconds(40)));
    }

    [Test]
    public void A_periodic_timer_fires_once_per_period_that_passed()
    {
        using ITimer timer = Create("tick", 5, 10);
        _time.Advance(TimeSpan.FromSeconds(34));
        Assert.That(_fired, Is.EqualTo<string[]>(["tick@5", "tick@15", "tick@25"]));
    }

    [Test]
    public void A_timer_that_is_due_at_once_waits_for_the_next_advance()
    {
        Create("now", 0);
        Assert.That(_fired, Is.Empty);
        _time.Advance(TimeSpan.Zero);
        Assert.That(_fired, Is.EqualTo<string[]>(["now@0"]));
    }

    [Test]
    public void A_changed_timer_forgets_its_former_due_time()
    {
        using ITimer timer = Create("moved", 5);
        timer.Change(TimeSpan.FromSeconds(20), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.That(_fired, Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_fired, Is.EqualTo<string[]>(["moved@20"]));
    }

    [Test]
    public void A_disposed_timer_never_fires_and_cannot_be_armed()
    {
        ITimer timer = Create("gone", 5);
        Assert.That(_time.ArmedTimers, Is.EqualTo(1));
        timer.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(timer.Change(TimeSpan.Zero, TimeSpan.Zero), Is.False);
            Assert.That(_time.ArmedTimers, Is.Zero);
        });
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_fired, Is.Empty);
    }

    [Test]
    public void A_callback_may_arm_another_timer_that_fires_in_the_same_advance()
    {
        using ITimer timer = _time.CreateTimer(_ => Create("second", 5), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_fired, Is.EqualTo<string[]>(["second@10"]));
    }

    [Test]
    public void A_callback_may_not_advance_the_clock()
    {
        using ITimer timer = _time.CreateTimer(_ => _time.Advance(TimeSpan.Zero), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Assert.That(() => _time.Advance(TimeSpan.Zero), Throws.InvalidOperationException);
        Assert.That(() => _time.Advance(TimeSpan.Zero), Throws.Nothing, "the clock goes on afterwards");
    }

    [Test]
    public void ShiftWallClock_changes_the_date_and_fires_nothing()
    {
        Create("timer", 5);
        long before = _time.GetTimestamp();
        _time.ShiftWallClock(TimeSpan.FromDays(-1));
        Assert.Multiple(() =>
        {
            Assert.That(_fired, Is.Empty);
            Assert.That(_time.GetUtcNow() - _start, Is.EqualTo(TimeSpan.FromDays(-1)));
            Assert.That(_time.GetTimestamp(), Is.EqualTo(before));
        });
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That(_fired, Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(_fired, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Delays_and_timeouts_of_the_framework_follow_the_clock()
    {
        Task delay = Task.Delay(TimeSpan.FromSeconds(3), _time);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(4), _time);
        _time.Advance(TimeSpan.FromSeconds(3));
        await delay;
        Assert.That(timeout.IsCancellationRequested, Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(timeout.IsCancellationRequested, Is.True);
    }

    private ITimer Create(string name, double dueSeconds, double periodSeconds = 0) =>
        _time.CreateTimer(
            _ => _fired.Add($"{name}@{(_time.GetUtcNow() - _start).TotalSeconds}"),
            null,
            TimeSpan.FromSeconds(dueSeconds),
            periodSeconds > 0 ? TimeSpan.FromSeconds(periodSeconds) : Timeout.InfiniteTimeSpan);
}
