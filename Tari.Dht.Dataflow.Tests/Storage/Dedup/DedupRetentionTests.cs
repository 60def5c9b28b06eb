using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture]
internal sealed class DedupRetentionTests
{
    private const long NowSeconds = 1_900_000_000;
    private const long MinAge = (3 * 3600) + 600;
    private const long Day = 24 * 3600;

    [TestCase(null, MinAge)]
    [TestCase(0UL, MinAge)]
    [TestCase((ulong)(NowSeconds + 10_800), MinAge, TestName = "KeepUntil_expiry_in_three_hours_is_the_minimum")]
    [TestCase((ulong)(NowSeconds + 10_801), MinAge + 1, TestName = "KeepUntil_expiry_a_second_later_is_a_second_more")]
    [TestCase((ulong)(NowSeconds + Day - 600), Day, TestName = "KeepUntil_expiry_ten_minutes_before_a_day_is_a_day")]
    [TestCase((ulong)(NowSeconds + Day), Day, TestName = "KeepUntil_expiry_in_a_day_is_a_day")]
    [TestCase(8_210_266_876_799UL, Day, TestName = "KeepUntil_last_representable_expiry_is_a_day")]
    [TestCase(8_210_266_876_800UL, MinAge, TestName = "KeepUntil_first_unrepresentable_expiry_is_the_minimum")]
    [TestCase(ulong.MaxValue, MinAge, TestName = "KeepUntil_largest_expiry_is_the_minimum")]
    public void KeepUntil_of_a_signed_message_follows_its_expiry_within_bounds(ulong? expires, long seconds)
    {
        long now = NowSeconds * TimeSpan.TicksPerSecond;
        long kept = DedupRetention.KeepUntil(now, expires, isSigned: true, DedupRetention.MinEntryAgeTicks) - now;
        Assert.That(kept, Is.EqualTo(seconds * TimeSpan.TicksPerSecond));
    }

    [Test]
    public void KeepUntil_of_an_unsigned_message_is_the_minimum_whatever_it_claims()
    {
        const long Now = NowSeconds * TimeSpan.TicksPerSecond;
        Assert.That(
            DedupRetention.KeepUntil(Now, NowSeconds + Day, isSigned: false, DedupRetention.MinEntryAgeTicks) - Now,
            Is.EqualTo(MinAge * TimeSpan.TicksPerSecond));
    }

    [TestCase(0, 100, 0)]
    [TestCase(10, 100, 100)]
    [TestCase(1009, 100, 10_090)]
    [TestCase(1010, 101, 10_100)]
    [TestCase(50_000, 5_000, 500_000)]
    [TestCase(DedupCacheOptions.MaxCapacity, 100_000, 10_000_000)]
    public void TrimStep_and_Ceiling_follow_the_capacity(int capacity, int step, int ceiling)
    {
        Assert.That(DedupRetention.TrimStep(capacity), Is.EqualTo(step));
        Assert.That(DedupRetention.Ceiling(capacity), Is.EqualTo(ceiling));
    }
}
