using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

internal sealed class ClosestNodesTests
{
    [Test]
    public void Offer_ManyRandomIds_KeepsTheSameAsSortingThemAll([Values(0, 1, 7, 100, 5000)] int capacity)
    {
        var random = new Random(20);
        NodeId target = RandomId(random);
        NodeId[] ids = new NodeId[2000];
        var closest = new ClosestNodes<int>(target, capacity);
        for (int i = 0; i < ids.Length; i++)
        {
            // Every tenth is offered twice: equally far, so the first offered comes first.
            ids[i] = i % 10 == 9 ? ids[i - 1] : RandomId(random);
            closest.Offer(ids[i], i);
        }

        XorDistance[] distances = [.. ids.Select(id => XorDistance.Between(id, target))];
        int[] expected = [.. Enumerable.Range(0, ids.Length).OrderBy(i => distances[i]).ThenBy(i => i).Take(capacity)];

        Assert.That(closest.Count, Is.EqualTo(expected.Length));
        Assert.That(closest.ToImmutableArray().Select(found => found.Item), Is.EqualTo(expected));
        Assert.That(closest.ToImmutableArray().Select(found => found.Distance), Is.EqualTo(expected.Select(i => distances[i])));
    }

    [Test]
    public void Constructor_NegativeCapacity_IsACallersMistake() =>
        Assert.That(() => new ClosestNodes<int>(default, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static NodeId RandomId(Random random)
    {
        byte[] bytes = new byte[NodeId.Length];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }
}
