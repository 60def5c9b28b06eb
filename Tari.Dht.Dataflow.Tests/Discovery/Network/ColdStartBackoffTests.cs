using Tari.Dht.Dataflow.Discovery.Network;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class ColdStartBackoffTests
{
    [Test]
    public void Pauses_double_until_they_are_the_longest()
    {
        ColdStartBackoff backoff = New();
        TimeSpan now = TimeSpan.Zero;
        var pauses = new List<double>();
        for (int i = 0; i < 11; i++)
        {
            backoff = backoff.Pause(now, 0.5);
            pauses.Add((backoff.Until!.Value - now).TotalSeconds);
            now = backoff.Until.Value;
            Assert.That(backoff.IsOver(now));
        }

        Assert.That(pauses, Is.EqualTo(new double[] { 5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800 }));
    }

    [TestCase(0, 3.75)]
    [TestCase(0.5, 5)]
    [TestCase(1, 6.25)]
    public void A_pause_is_up_to_a_quarter_shorter_or_longer(double jitter, double expected) =>
        Assert.That(New().Pause(TimeSpan.Zero, jitter).Until, Is.EqualTo(Seconds(expected)));

    [Test]
    public void A_pause_that_lasts_is_not_taken_twice()
    {
        ColdStartBackoff paused = New().Pause(TimeSpan.Zero, 0.5);

        Assert.That(paused.Pause(Seconds(4), 0.5), Is.SameAs(paused));
        Assert.That(paused.IsOver(Seconds(4)), Is.False);
        Assert.That(paused.Used().IsOver(Seconds(100)), Is.False);
        Assert.That(paused.Used().Next, Is.EqualTo(Seconds(10)));
    }

    [Test]
    public void Something_new_makes_the_next_pause_the_first_again()
    {
        ColdStartBackoff backoff = New().Pause(TimeSpan.Zero, 0.5).Used().Pause(Seconds(5), 0.5).Reset();

        Assert.That((backoff.Next, backoff.Until), Is.EqualTo((Seconds(5), (TimeSpan?)null)));
    }

    [Test]
    public void The_longest_pause_is_at_least_the_first() =>
        Assert.That(ColdStartBackoff.Create(Seconds(5), Seconds(1)).Longest, Is.EqualTo(Seconds(5)));

    [Test]
    public void A_first_pause_of_no_time_is_refused() =>
        Assert.That(() => ColdStartBackoff.Create(TimeSpan.Zero, Seconds(1)), Throws.TypeOf<ArgumentOutOfRangeException>());

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static ColdStartBackoff New() => ColdStartBackoff.Create(Seconds(5), Seconds(1800));
}
