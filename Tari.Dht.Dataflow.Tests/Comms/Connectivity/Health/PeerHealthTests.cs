using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Health;
using Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Health;

internal sealed class PeerHealthTests
{
    private const int Threshold = 3;

    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(2);

    private PeerHealth _health = null!;
    private TimeSpan _now;

    [SetUp]
    public void MakeHealth()
    {
        _health = new PeerHealth();
        _now = TimeSpan.FromHours(1);
    }

    [Test]
    public void CC_14_Failures_in_a_row_open_the_breaker_and_a_success_after_the_interval_closes_it()
    {
        Fail(2);
        Assert.That(_health.Breaker, Is.EqualTo(BreakerState.Closed));
        Fail(1);
        Assert.That(_health.Breaker, Is.EqualTo(BreakerState.Open));
        Assert.That(_health.Score, Is.Zero);
        Assert.That(MayDial(), Is.False);
        _now += s_interval - TimeSpan.FromTicks(1);
        Assert.That(MayDial(), Is.False);
        _now += TimeSpan.FromTicks(1);
        Assert.That(MayDial());
        _health.OnDialStarted(_now, s_interval);
        Assert.That(_health.Breaker, Is.EqualTo(BreakerState.HalfOpen));
        Assert.That(MayDial(), Is.False, "one at a time");
        _health.OnSuccess(_now);
        Assert.That(_health.Breaker, Is.EqualTo(BreakerState.Closed));
        Assert.That(MayDial());
    }

    [Test]
    public void CC_14_Further_failures_keep_the_time_at_which_the_breaker_opened()
    {
        Fail(3);
        _now += s_interval / 2;
        Fail(1);
        _now += s_interval / 2;
        Assert.That(MayDial());
    }

    [Test]
    public void A_failure_of_the_dial_that_tries_again_opens_the_breaker_anew()
    {
        Fail(3);
        _now += s_interval;
        _health.OnDialStarted(_now, s_interval);
        Fail(1);
        Assert.That(_health.Breaker, Is.EqualTo(BreakerState.Open));
        _now += s_interval - TimeSpan.FromTicks(1);
        Assert.That(MayDial(), Is.False);
        _now += TimeSpan.FromTicks(1);
        Assert.That(MayDial());
    }

    [Test]
    public void A_dial_that_tries_again_and_never_ends_leaves_room_for_the_next_one()
    {
        Fail(3);
        _now += s_interval;
        _health.OnDialStarted(_now, s_interval);
        _now += s_interval;
        Assert.That(MayDial());
    }

    [TestCase(3, 1, 0.5)]
    [TestCase(0, 0, 0.25)]
    [TestCase(5, 0, 6.0 / 9)]
    [TestCase(0, 5, 1.0 / 9)]
    public void CC_14_The_rate_of_success_is_careful_about_few_dials(int successes, int failures, double expected)
    {
        Succeed(successes);
        Fail(failures);
        Assert.That(_health.SuccessRate, Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void The_score_falls_with_failures_in_a_row()
    {
        Succeed(5);
        Fail(2);
        Assert.That(_health.Score, Is.EqualTo((6.0 / 11) - 0.2).Within(1e-12));
    }

    [Test]
    public void CC_19_Failures_in_a_row_are_counted_until_a_success()
    {
        Assert.That(_health.ConsecutiveFailures, Is.Zero);
        Fail(3);
        Assert.That(_health.ConsecutiveFailures, Is.EqualTo(3));
        Succeed(1);
        Assert.That(_health.ConsecutiveFailures, Is.Zero);
    }

    [Test]
    public void Only_the_last_hundred_dials_count()
    {
        Fail(70);
        Succeed(60);
        Assert.That(_health.SuccessRate, Is.EqualTo(61.0 / 104).Within(1e-12));
        Succeed(60);
        Assert.That(_health.SuccessRate, Is.EqualTo(101.0 / 104).Within(1e-12));
    }

    [Test]
    public void Dials_before_a_time_can_be_forgotten()
    {
        Fail(5);
        TimeSpan later = _now += TimeSpan.FromMinutes(1);
        Succeed(2);
        _health.Forget(later);
        Assert.That(_health.SuccessRate, Is.EqualTo(3.0 / 6).Within(1e-12));
        Succeed(6);
        Assert.That(_health.SuccessRate, Is.EqualTo(9.0 / 12).Within(1e-12));
    }

    [Test]
    public void The_table_forgets_peers_whose_dials_no_longer_matter_and_keeps_the_open_breakers_as_long_as_they_last()
    {
        var table = new DialHealth(new ConnectivityConfig
        {
            SuccessRateTrackingWindow = TimeSpan.FromMinutes(1),
            CircuitBreakerRetryInterval = TimeSpan.FromMinutes(2),
        });
        Assert.That(table.MeanSuccessRate, Is.EqualTo(0.25));
        for (int i = 0; i < 3; i++)
        {
            table.OnFailure(ScriptedTransport.Id(1), _now);
        }

        table.OnSuccess(ScriptedTransport.Id(2), _now);
        Assert.That(table.MeanSuccessRate, Is.EqualTo(((1.0 / 7) + (2.0 / 5)) / 2).Within(1e-12));
        table.Prune(_now + TimeSpan.FromMinutes(2));
        Assert.That(table.Count, Is.EqualTo(2));
        Assert.That(table.MayDial(ScriptedTransport.Id(1), _now + TimeSpan.FromSeconds(119)), Is.False);
        Assert.That(table.ScoreOf(ScriptedTransport.Id(3)), Is.EqualTo(0.5));
        table.Prune(_now + TimeSpan.FromMinutes(2) + TimeSpan.FromTicks(1));
        Assert.That(table.Count, Is.Zero);
    }

    [Test]
    public void The_table_is_bounded_and_the_oldest_makes_room()
    {
        var table = new DialHealth(new ConnectivityConfig());
        for (int i = 0; i < DialHealth.MaxPeers + 10; i++)
        {
            table.OnFailure(ScriptedTransport.Id(i), _now + TimeSpan.FromSeconds(i));
        }

        Assert.That(table.Count, Is.EqualTo(DialHealth.MaxPeers));
        Assert.That(table.Find(ScriptedTransport.Id(9)), Is.Null);
        Assert.That(table.Find(ScriptedTransport.Id(10)), Is.Not.Null);
    }

    private bool MayDial() => _health.MayDial(_now, s_interval);

    private void Fail(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _health.OnFailure(_now, Threshold);
        }
    }

    private void Succeed(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _health.OnSuccess(_now);
        }
    }
}
