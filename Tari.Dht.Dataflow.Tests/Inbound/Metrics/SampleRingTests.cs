using Tari.Dht.Dataflow.Inbound.Metrics;

namespace Tari.Dht.Dataflow.Tests.Inbound.Metrics;

[TestFixture]
internal sealed class SampleRingTests
{
    [Test]
    public void One_sample_holds_less_memory_than_all_of_them()
    {
        var ring = new SampleRing(1001);
        Assert.That(ring.Allocated, Is.Zero);
        ring.Add(1);
        Assert.That(ring.Allocated, Is.InRange(1, 100));
    }

    [Test]
    public void Of_1002_samples_the_newest_1001_are_kept()
    {
        var ring = new SampleRing(1001);
        for (int i = 0; i < 1002; i++)
        {
            ring.Add(i);
        }

        Assert.That(ring.Count, Is.EqualTo(1001));
        Assert.That(ring.ToArray(), Is.EqualTo(Enumerable.Range(1, 1001)));
        Assert.That(ring.Newest, Is.EqualTo(1001));
        Assert.That(ring.Allocated, Is.EqualTo(1001));
    }

    [Test]
    public void Any_capacity_keeps_exactly_the_newest([Values(1, 2, 15, 16, 17, 1023, 1024, 1025, 1040, 1041, 2048, 3000)] int capacity)
    {
        var ring = new SampleRing(capacity);
        for (int i = 0; i < (capacity * 2) + 3; i++)
        {
            ring.Add(i);
            Assert.That(ring.Count, Is.EqualTo(Math.Min(i + 1, capacity)));
            Assert.That(ring.Newest, Is.EqualTo(i));
            Assert.That(ring.Allocated, Is.InRange(ring.Count, capacity));
        }

        Assert.That(ring.ToArray(), Is.EqualTo(Enumerable.Range(capacity + 3, capacity)));
    }

    [Test]
    public void The_start_of_the_time_counted_belongs_to_it()
    {
        var ring = new SampleRing(8);
        foreach (long time in (long[])[10, 20, 20, 30])
        {
            ring.Add(time);
        }

        Assert.Multiple(() =>
        {
            Assert.That(ring.CountSince(long.MinValue), Is.EqualTo(4));
            Assert.That(ring.CountSince(10), Is.EqualTo(4));
            Assert.That(ring.CountSince(11), Is.EqualTo(3));
            Assert.That(ring.CountSince(20), Is.EqualTo(3));
            Assert.That(ring.CountSince(21), Is.EqualTo(1));
            Assert.That(ring.CountSince(30), Is.EqualTo(1));
            Assert.That(ring.CountSince(31), Is.Zero);
            for (long since = 9; since < 33; since++)
            {
                for (int count = 0; count < 6; count++)
                {
                    Assert.That(
                        ring.HasMoreSince(since, count), Is.EqualTo(ring.CountSince(since) > count), $"more than {count} since {since}");
                }
            }
        });
    }

    [Test]
    public void An_empty_ring_counts_nothing() => Assert.That(new SampleRing(1).CountSince(long.MinValue), Is.Zero);

    [Test]
    public void A_ring_without_capacity_is_refused([Values(0, -1)] int capacity) =>
        Assert.That(() => new SampleRing(capacity), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
