using Tari.Dht.Dataflow.Comms.Connectivity.Management;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class DialCountTests
{
    [TestCase(4, 1.0, 2, 8)]
    [TestCase(4, 0.5, 2, 16)]
    [TestCase(25, 0.8, 1.5, 30)]
    [TestCase(25, 0.1, 2, 30)]
    [TestCase(15, 0.5, 3, 30)]
    [TestCase(1, 0, 2, 20)]
    [TestCase(4, 1.0, 0, 4)]
    [TestCase(3, 1.0, 1.1, 4)]
    [TestCase(40, 1.0, 1, 30)]
    [TestCase(0, 0.5, 2, 0)]
    public void CC_15_More_peers_are_dialled_than_needed_the_more_the_fewer_answer(
        int needed, double rate, double multiplier, int expected) =>
        Assert.That(DialCount.Of(needed, rate, multiplier), Is.EqualTo(expected));
}
