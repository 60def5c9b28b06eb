using Tari.Dht.Dataflow.Peers.Addresses;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

public sealed class DialRecordTests
{
    private static readonly MultiaddressesWithStats s_list =
        Configured(Address(1), Address(2)).Failed(Address(2), "before", Now.AddSeconds(-9));

    [Test]
    public void Scenario_106_a_completed_dial_is_seen_without_attempts_with_one_sample_of_dial_time_and_latency()
    {
        MultiaddressesWithStats list =
            DialRecord.Completed(TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(130)).ApplyTo(s_list, Address(2), Now);
        MultiaddrWithStats entry = list.Best!;
        Assert.Multiple(() =>
        {
            Assert.That(entry.Address, Is.EqualTo(Address(2)));
            Assert.That(entry.LastSeen, Is.EqualTo(Now));
            Assert.That(entry.LastAttempted, Is.EqualTo(Now));
            Assert.That(entry.ConnectionAttempts, Is.Zero);
            Assert.That(entry.LastFailedReason, Is.Null);
            Assert.That(entry.InitialDialTime, Is.EqualTo(new RunningMean(40_000_000, 1)));
            Assert.That(entry.Latency, Is.EqualTo(new RunningMean(130_000_000, 1)));
            Assert.That(entry.QualityScore, Is.EqualTo(999));
        });
    }

    [Test]
    public void Scenario_106_a_cancelled_dial_leaves_the_very_list()
    {
        Assert.That(DialRecord.Cancelled.ApplyTo(s_list, Address(1), Now), Is.SameAs(s_list));
        Assert.That(default(DialRecord).ApplyTo(s_list, Address(1), Now), Is.SameAs(s_list));
    }

    [Test]
    public void Scenario_106_a_failed_upgrade_is_one_failed_attempt_without_samples_on_that_address_only()
    {
        MultiaddressesWithStats list = DialRecord.Failed("noise").ApplyTo(s_list, Address(1), Now);
        MultiaddrWithStats entry = list.Find(Address(1))!;
        MultiaddrWithStats other = list.Find(Address(2))!;
        Assert.Multiple(() =>
        {
            Assert.That(entry.ConnectionAttempts, Is.EqualTo(1));
            Assert.That(entry.LastFailedReason, Is.EqualTo("noise"));
            Assert.That(entry.LastAttempted, Is.EqualTo(Now));
            Assert.That(entry.LastSeen, Is.Null);
            Assert.That(entry.Latency, Is.EqualTo(default(RunningMean)));
            Assert.That(entry.InitialDialTime, Is.EqualTo(default(RunningMean)));
            Assert.That(other, Is.SameAs(s_list.Find(Address(2))));
        });
    }

    [Test]
    public void An_address_that_is_not_in_the_list_leaves_the_very_list()
    {
        Assert.That(DialRecord.Failed("x").ApplyTo(s_list, Address(3), Now), Is.SameAs(s_list));
        Assert.That(DialRecord.Completed(TimeSpan.Zero, TimeSpan.Zero).ApplyTo(s_list, Address(3), Now), Is.SameAs(s_list));
    }

    [Test]
    public void A_completed_dial_passes_equals_on_its_way_as_the_three_changes_one_by_one_do()
    {
        // Seen first: ahead of the other at 1000. Then measured: a tie at 990, which it wins because it stands before the other.
        MultiaddressesWithStats list = Configured(Address(1), Address(2)).Seen(Address(1), Now).WithLatency(Address(1), 1000, Now);
        Assert.That(list[0].QualityScore, Is.EqualTo(990));

        MultiaddressesWithStats dialled = DialRecord.Completed(TimeSpan.Zero, TimeSpan.FromSeconds(1)).ApplyTo(list, Address(2), Now);

        Assert.That(dialled.Select(entry => entry.QualityScore), Is.EqualTo(new[] { 990, 990 }));
        Assert.That(dialled.Order(), Is.EqualTo(new[] { Address(2), Address(1) }));
    }

    [Test]
    public void A_negative_time_or_no_reason_is_the_callers_mistake()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => DialRecord.Completed(TimeSpan.FromTicks(-1), default), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => DialRecord.Completed(default, TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => DialRecord.Failed(null!), Throws.TypeOf<ArgumentNullException>());
        });
    }
}
