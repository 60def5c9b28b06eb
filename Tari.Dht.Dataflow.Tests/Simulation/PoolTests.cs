using Tari.Dht.Dataflow.Connectivity;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Pools of connections of whole nodes, for hours of virtual time.</summary>
[TestFixture]
internal sealed class PoolTests
{
    [Test]
    public void Nodes_that_know_one_another_connect_by_themselves_and_replace_those_that_crash()
    {
        using var network = new DhtNetwork(seed: 3);
        List<DhtNode> nodes = [];
        for (int i = 0; i < 24; i++)
        {
            nodes.Add(network.AddNode());
        }

        foreach (DhtNode node in nodes)
        {
            foreach (DhtNode other in nodes)
            {
                if (other != node)
                {
                    DhtNetwork.Introduce(node, other);
                }
            }
        }

        network.RunFor(3600);
        CheckPools(nodes);

        List<DhtNode> crashed = nodes[..8];
        List<DhtNode> left = nodes[8..];
        crashed.ForEach(network.Crash);
        network.RunFor(3600);
        CheckPools(left);
        network.Finish();
    }

    private static void CheckPools(List<DhtNode> nodes)
    {
        foreach (DhtNode node in nodes)
        {
            PoolStatus pool = node.Dht.GetStatus().Pool;
            Assert.That(pool.Connected, Is.GreaterThanOrEqualTo(pool.Size / 2), $"{node} is connected");
            Assert.That(pool.Connected, Is.LessThanOrEqualTo(nodes.Count - 1), $"{node} is connected to those that are there");
        }
    }
}
