using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

public sealed class CompactTimeTests
{
    private static readonly DateTimeOffset s_time = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void It_takes_8_bytes() => Assert.That(Unsafe.SizeOf<CompactTime>(), Is.EqualTo(8));

    [Test]
    public void Every_time_comes_back_and_none_as_none()
    {
        Assert.Multiple(() =>
        {
            Assert.That(default(CompactTime).Value, Is.Null);
            Assert.That(new CompactTime(null).HasValue, Is.False);
            Assert.That(new CompactTime(DateTimeOffset.MinValue).Value, Is.EqualTo(DateTimeOffset.MinValue));
            Assert.That(new CompactTime(DateTimeOffset.MaxValue).Value, Is.EqualTo(DateTimeOffset.MaxValue));
            Assert.That(new CompactTime(s_time.ToOffset(TimeSpan.FromHours(-5))).Value, Is.EqualTo(s_time));
        });
    }

    [Test]
    public void None_is_lower_than_the_first_time_there_is()
    {
        var first = new CompactTime(DateTimeOffset.MinValue);
        var later = new CompactTime(s_time);
        Assert.Multiple(() =>
        {
            Assert.That(first.IsLaterThan(default), Is.True);
            Assert.That(CompactTime.Latest(default, first), Is.EqualTo(first));
            Assert.That(CompactTime.Latest(later, first), Is.EqualTo(later));
            Assert.That(CompactTime.EarliestOrNone(later, default), Is.EqualTo(default(CompactTime)));
            Assert.That(CompactTime.EarliestOrNone(later, first), Is.EqualTo(first));
            Assert.That(CompactTime.Earliest(later, default), Is.EqualTo(later));
            Assert.That(CompactTime.Earliest(default, later), Is.EqualTo(later));
            Assert.That(CompactTime.Earliest(first, later), Is.EqualTo(first));
        });
    }
}
