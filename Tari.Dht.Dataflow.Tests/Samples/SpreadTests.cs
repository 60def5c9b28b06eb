using Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

namespace Tari.Dht.Dataflow.Tests.Samples;

[TestFixture]
internal sealed class SpreadTests
{
    [Test]
    public void Of_NoNumbers_IsNone() => Assert.That(Spread.Of([]), Is.Null);

    [Test]
    public void Of_OddCount_HasTheMiddleOne() => Assert.That(Spread.Of([9, 1, 4]), Is.EqualTo(new Spread(1, 4, 9)));

    [Test]
    public void Of_EvenCount_HasTheMeanOfTheMiddleTwo() => Assert.That(Spread.Of([8, 1, 4, 3]), Is.EqualTo(new Spread(1, 3.5, 8)));
}
