using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class BanWriterTests
{
    private readonly QueuedTaskScheduler _scheduler = new();
    private ManualTimeProvider _time = null!;
    private Deadlines _deadlines = null!;
    private BanWriter _writer = null!;
    private List<double> _calls = null!;

    [SetUp]
    public void MakeWriter()
    {
        _time = new ManualTimeProvider();
        _deadlines = new Deadlines(_time, _scheduler);
        _writer = new BanWriter(_deadlines);
        _calls = [];
    }

    [TearDown]
    public void ReleaseWriter()
    {
        _deadlines.Dispose();
        Assert.That(_time.ArmedTimers, Is.Zero);
    }

    [TestCase(0, new double[0])]
    [TestCase(1, new double[] { 2 })]
    [TestCase(3, new double[] { 2, 6, 14 })]
    [TestCase(99, new double[] { 2, 6, 14 })]
    public void CC_12_A_ban_that_could_not_be_written_is_written_three_times_more_at_most(int failures, double[] expected)
    {
        Write(failures, static () => true);
        Assert.That(_calls[0], Is.Zero);
        Pass(60);
        Assert.That(_calls.Skip(1), Is.EqualTo(expected));
        Assert.That(_writer.Waiting, Is.Zero);
    }

    [Test]
    public void CC_12_A_ban_that_was_lifted_is_not_written()
    {
        bool isInForce = true;
        Write(failures: 99, () => isInForce);
        Pass(3);
        Assert.That(_calls, Has.Count.EqualTo(2), "in force");
        isInForce = false;
        Pass(60);
        Assert.That(_calls, Has.Count.EqualTo(2));
        Assert.That(_writer.Waiting, Is.Zero);
    }

    [Test]
    public void CC_12_Pauses_double_up_to_a_limit()
    {
        TimeSpan[] pauses =
            [.. Enumerable.Range(0, 4).Select(i => BanWriter.DelayBefore(i, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8)))];
        Assert.That(pauses.Select(pause => pause.TotalSeconds), Is.EqualTo(new[] { 5, 8, 8, 8 }));
    }

    [Test]
    public void Only_so_many_bans_wait()
    {
        for (int i = 0; i < BanWriter.MaxWaiting + 5; i++)
        {
            Write(failures: 99, static () => true);
        }

        Assert.That(_writer.Waiting, Is.EqualTo(BanWriter.MaxWaiting));
        Assert.That(_calls, Has.Count.EqualTo(BanWriter.MaxWaiting + 5), "each is tried once");
    }

    private void Write(int failures, Func<bool> isInForce)
    {
        long start = _time.GetTimestamp();
        int left = failures;
        _writer.Write(
            () =>
            {
                _calls.Add(_time.GetElapsedTime(start).TotalSeconds);
                return left-- <= 0;
            },
            isInForce);
    }

    private void Pass(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _scheduler.RunAll();
        }
    }
}
