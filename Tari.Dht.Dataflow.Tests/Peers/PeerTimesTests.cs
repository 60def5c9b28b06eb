using System.Globalization;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

public sealed class PeerTimesTests
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Scenario_103_the_longest_ban_ends_after_forever_and_is_stored_as_forever()
    {
        DateTimeOffset end = PeerTimes.After(s_now, ulong.MaxValue);
        DateTimeOffset stored = PeerTimes.AtMostForever(end);
        Assert.Multiple(() =>
        {
            Assert.That(end, Is.GreaterThan(PeerTimes.Forever));
            Assert.That(stored, Is.EqualTo(PeerTimes.Forever));
            Assert.That(stored.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture), Is.EqualTo("9999-12-31 23:59:59"));
            Assert.That(PeerTimes.IsPermanent(end), Is.True);
            Assert.That(PeerTimes.IsPermanent(stored), Is.True);
        });
    }

    [Test]
    public void Scenario_103_a_near_time_stays_as_it_is()
    {
        DateTimeOffset end = PeerTimes.After(s_now, 3600UL);
        Assert.Multiple(() =>
        {
            Assert.That(end, Is.EqualTo(s_now.AddHours(1)));
            Assert.That(PeerTimes.AtMostForever(end), Is.EqualTo(end));
            Assert.That(PeerTimes.IsPermanent(end), Is.False);
            Assert.That(PeerTimes.IsPermanent(PeerTimes.Forever.AddTicks(-1)), Is.False);
        });
    }

    [Test]
    public void After_saturates_at_the_last_tick_of_the_calendar()
    {
        TimeSpan left = DateTimeOffset.MaxValue - s_now;
        Assert.Multiple(() =>
        {
            Assert.That(PeerTimes.After(s_now, left), Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(PeerTimes.After(s_now, left - TimeSpan.FromTicks(1)), Is.EqualTo(DateTimeOffset.MaxValue.AddTicks(-1)));
            Assert.That(PeerTimes.After(s_now, left + TimeSpan.FromTicks(1)), Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(PeerTimes.After(s_now, TimeSpan.MaxValue), Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(PeerTimes.After(DateTimeOffset.MaxValue, TimeSpan.Zero), Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(PeerTimes.After(DateTimeOffset.MinValue, TimeSpan.Zero), Is.EqualTo(DateTimeOffset.MinValue));
            Assert.That(PeerTimes.After(s_now, 922_337_203_685UL), Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(PeerTimes.After(s_now, 922_337_203_686UL), Is.EqualTo(DateTimeOffset.MaxValue));
        });
    }

    [Test]
    public void After_answers_in_UTC_whatever_the_clocks_offset()
    {
        DateTimeOffset end = PeerTimes.After(new DateTimeOffset(2030, 1, 1, 14, 0, 0, TimeSpan.FromHours(2)), TimeSpan.FromHours(1));
        Assert.That(end, Is.EqualTo(s_now.AddHours(1)));
        Assert.That(end.Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void After_a_negative_duration_is_the_callers_mistake() =>
        Assert.That(() => PeerTimes.After(s_now, TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
}
