using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class DeadlinesTests
{
    private readonly QueuedTaskScheduler _scheduler = new();
    private ManualTimeProvider _time = null!;
    private Deadlines _deadlines = null!;
    private List<int> _happened = null!;

    [SetUp]
    public void MakeDeadlines()
    {
        _time = new ManualTimeProvider();
        _deadlines = new Deadlines(_time, _scheduler);
        _happened = [];
    }

    [TearDown]
    public void ReleaseDeadlines()
    {
        _deadlines.Dispose();
        Assert.That(_time.ArmedTimers, Is.Zero);
    }

    [Test]
    public void What_is_due_happens_in_the_order_of_its_time_and_then_in_that_in_which_it_was_added()
    {
        Add(1, 20);
        Add(2, 10);
        Add(3, 20);
        Add(4, 0);
        Pass(0);
        Assert.That(_happened, Is.EqualTo(new[] { 4 }));
        Pass(19);
        Assert.That(_happened, Is.EqualTo(new[] { 4, 2 }));
        Pass(1);
        Assert.That(_happened, Is.EqualTo(new[] { 4, 2, 1, 3 }));
        Assert.That(_deadlines.Count, Is.Zero);
    }

    [Test]
    public void What_has_become_needless_does_not_happen_and_does_not_pile_up()
    {
        for (int i = 1; i <= 10; i++)
        {
            Add(i, 100 + i);
        }

        for (int i = 0; i < 10_000; i++)
        {
            Add(0, 50 + (i % 100)).IsObsolete = true;
        }

        Assert.That(_deadlines.Count, Is.LessThan(200), "although the first ones are the last to become due");
        Pass(200);
        Assert.That(_happened, Is.EqualTo(Enumerable.Range(1, 10)));
    }

    [Test]
    public void The_longest_time_there_is_does_not_overflow_and_lasts()
    {
        Pass(5);
        _deadlines.Add(new Deadline(_happened, 1), TimeSpan.MaxValue);
        Add(2, 10);
        Pass(365 * 24 * 3600d);
        Assert.That(_happened, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void One_that_throws_does_not_keep_the_others_from_happening()
    {
        _deadlines.Add(new Deadline(_happened, 1, throws: true), TimeSpan.FromSeconds(1));
        Add(2, 1);
        Pass(1);
        Assert.That(_happened, Is.EqualTo(new[] { 1, 2 }));
    }

    private Deadline Add(int number, double seconds)
    {
        var deadline = new Deadline(_happened, number);
        _deadlines.Add(deadline, TimeSpan.FromSeconds(seconds));
        return deadline;
    }

    private void Pass(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _scheduler.RunAll();

        // What came too early is tried again a tick later.
        _time.Advance(TimeSpan.FromTicks(1));
        _scheduler.RunAll();
    }

    private sealed class Deadline(List<int> happened, int number, bool throws = false) : IDeadline
    {
        public bool IsObsolete { get; set; }

        public void OnDue()
        {
            happened.Add(number);
            if (throws)
            {
                throw new InvalidOperationException("a test");
            }
        }
    }
}
