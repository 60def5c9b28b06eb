using Tari.Dht.Dataflow.Peers.Addresses;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

/// <summary>Scenarios 19 to 21, and what the vectors of <see cref="AddressVectorTests"/> can't express.</summary>
public sealed class MultiaddrWithStatsTests
{
    private static readonly MultiaddrWithStats s_untried = new(Address(1), PeerAddressSource.Config);

    [Test]
    public void Scenario_19_latency_samples_of_100_200_60_and_140_ms_have_means_of_100_150_120_and_125_ms()
    {
        MultiaddrWithStats entry = s_untried;
        int[] samples = [100, 200, 60, 140];
        int[] means = [100, 150, 120, 125];
        for (int i = 0; i < samples.Length; i++)
        {
            entry = entry.UpdateLatency(TimeSpan.FromMilliseconds(samples[i]), Now);
            Assert.That(entry.Latency, Is.EqualTo(new RunningMean((UInt128)means[i] * 1_000_000, (uint)i + 1)));
        }
    }

    [Test]
    public void Scenario_20_failures_count_until_it_is_seen_or_reset()
    {
        MultiaddrWithStats failed = s_untried.MarkFailed("one", Now).MarkFailed("two", Now);
        MultiaddrWithStats seen = failed.MarkSeen(Now);
        MultiaddrWithStats reset = failed.ResetConnectionAttempts();
        Assert.Multiple(() =>
        {
            Assert.That(failed.LastSeen, Is.Null);
            Assert.That(failed.ConnectionAttempts, Is.EqualTo(2));
            Assert.That(failed.LastFailedReason, Is.EqualTo("two"));
            Assert.That(seen.LastSeen, Is.EqualTo(Now));
            Assert.That(seen.ConnectionAttempts, Is.Zero);
            Assert.That(seen.LastFailedReason, Is.Null);
            Assert.That(reset.ConnectionAttempts, Is.Zero);
            Assert.That(reset.LastFailedReason, Is.Null);
        });
    }

    [TestCase(1000, 980)]
    [TestCase(2500, 965)]
    [TestCase(4500, 945)]
    [TestCase(6500, 925)]
    [TestCase(10000, 890)]
    public void Scenario_21_the_score_falls_with_the_latency_and_a_failure_makes_it_0(int milliseconds, int atLeast)
    {
        MultiaddrWithStats seen = s_untried.MarkSeen(Now);
        MultiaddrWithStats measured = seen.UpdateLatency(TimeSpan.FromMilliseconds(milliseconds), Now);
        Assert.Multiple(() =>
        {
            Assert.That(s_untried.QualityScore, Is.Null);
            Assert.That(seen.QualityScore, Is.GreaterThanOrEqualTo(990));
            Assert.That(measured.QualityScore, Is.InRange(atLeast, 1000));
            Assert.That(measured.MarkFailed("x", Now).QualityScore, Is.Zero);
            Assert.That(Nullable.Compare(s_untried.QualityScore, 0), Is.Negative);
        });
    }

    [Test]
    public void A_score_does_not_decay_by_itself()
    {
        MultiaddrWithStats seen = s_untried.MarkSeen(Now);
        Assert.That(seen.QualityScore, Is.EqualTo(1000));
        Assert.That(seen.Rescore(Now.AddSeconds(60)).QualityScore, Is.EqualTo(940));
        Assert.That(seen.Rescore(Now), Is.SameAs(seen));
    }

    [Test]
    public void A_last_success_at_either_end_of_the_calendar_counts_as_never_or_saturates()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Score(DateTimeOffset.MinValue, Now), Is.EqualTo(200));
            Assert.That(Score(DateTimeOffset.MaxValue, Now), Is.EqualTo(200));
            Assert.That(Score(DateTimeOffset.MinValue, DateTimeOffset.MaxValue), Is.EqualTo(200));
            Assert.That(Score(DateTimeOffset.MaxValue, DateTimeOffset.MinValue), Is.EqualTo(200));
            Assert.That(Score(Now.AddSeconds(int.MaxValue), Now), Is.EqualTo(int.MaxValue));
            Assert.That(Score(Now.AddSeconds(2_147_483_648.0), Now), Is.EqualTo(int.MaxValue));
            Assert.That(Score(Now.AddSeconds(2_147_483_649.0), Now), Is.EqualTo(200));
            Assert.That(Score(Now.AddSeconds(1000), Now), Is.EqualTo(2000));
        });

        static int? Score(DateTimeOffset lastSeen, DateTimeOffset now) =>
            (s_untried with { LastSeen = lastSeen }).Rescore(now).QualityScore;
    }

    [Test]
    public void Seconds_are_cut_towards_zero_on_both_sides()
    {
        Assert.Multiple(() =>
        {
            Assert.That(s_untried.MarkSeen(Now.AddSeconds(0.9)).Rescore(Now).QualityScore, Is.EqualTo(1000));
            Assert.That(s_untried.MarkSeen(Now.AddSeconds(-0.9)).Rescore(Now).QualityScore, Is.EqualTo(1000));
            Assert.That(s_untried.MarkSeen(Now.AddSeconds(-1)).Rescore(Now).QualityScore, Is.EqualTo(999));
        });
    }

    [Test]
    public void Times_are_given_back_in_UTC_and_none_as_none()
    {
        var local = new DateTimeOffset(2030, 1, 1, 14, 0, 0, TimeSpan.FromHours(2));
        MultiaddrWithStats entry = s_untried with { LastSeen = local, LastAttempted = DateTimeOffset.MinValue };
        Assert.Multiple(() =>
        {
            Assert.That(entry.LastSeen, Is.EqualTo(Now));
            Assert.That(entry.LastSeen!.Value.Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(entry.LastAttempted, Is.EqualTo(DateTimeOffset.MinValue));
            Assert.That((entry with { LastSeen = null }).LastSeen, Is.Null);
            Assert.That((entry with { LastSeen = DateTimeOffset.MaxValue }).LastSeen, Is.EqualTo(DateTimeOffset.MaxValue));
        });
    }

    [Test]
    public void A_change_leaves_the_entry_itself_as_it_was()
    {
        MultiaddrWithStats before = s_untried.MarkSeen(Now);
        _ = before.MarkFailed("x", Now.AddSeconds(5));
        _ = before.Merge(before.MarkFailed("y", Now), Now.AddSeconds(5));
        _ = before.UpdateSource(PeerAddressSource.Config, Now.AddSeconds(5));
        Assert.Multiple(() =>
        {
            Assert.That(before.QualityScore, Is.EqualTo(1000));
            Assert.That(before.LastFailedReason, Is.Null);
            Assert.That(before.ConnectionAttempts, Is.Zero);
        });
    }

    [Test]
    public void A_claim_is_newer_by_a_nanosecond_too()
    {
        PeerAddressSource older = PeerAddressSource.FromPeerConnection(Claim(1_700_000_000, 5, Address(1)));
        PeerAddressSource newer = PeerAddressSource.FromDiscovery(Claim(1_700_000_000, 6, Address(1)));
        Assert.That(new MultiaddrWithStats(Address(1), older).UpdateSource(newer, Now).Source, Is.SameAs(newer));
        Assert.That(new MultiaddrWithStats(Address(1), newer).UpdateSource(older, Now).Source, Is.SameAs(newer));
    }

    [Test]
    public void Equality_and_hash_are_those_of_the_address()
    {
        MultiaddrWithStats seen = s_untried.MarkSeen(Now);
        Assert.Multiple(() =>
        {
            Assert.That(seen, Is.EqualTo(s_untried));
            Assert.That(seen.GetHashCode(), Is.EqualTo(s_untried.GetHashCode()));
            Assert.That(seen, Is.Not.EqualTo(new MultiaddrWithStats(Address(2), PeerAddressSource.Config)));
            Assert.That(seen.ToString(), Is.EqualTo("/ip4/44.1.2.1/tcp/9000"));
        });
    }

    [Test]
    public void A_negative_duration_or_no_reason_is_the_callers_mistake()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => s_untried.UpdateLatency(TimeSpan.FromTicks(-1), Now), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => s_untried.UpdateInitialDialTime(TimeSpan.MinValue, Now), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => s_untried.MarkFailed(null!, Now), Throws.TypeOf<ArgumentNullException>());
        });
    }
}
