using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// What the looks at the pools cost the messages that are under way meanwhile. If all pools look at the same moment, all exchange connections at
/// once: without the jitter of the looks up to all of the messages sent in the first second after it reach nobody.
/// </summary>
[TestFixture]
internal sealed class PoolTickTests
{
    // Around the moment at which all would look, with the dials that follow.
    private static readonly double[] s_offsets = [-0.1, -0.001, 0.03, 0.1, 0.2, 0.4];

    [Test]
    public void Messages_that_set_out_at_the_multiples_of_the_interval_reach_every_node_of_a_network_that_started_at_once(
        [Values(36, 60)] int count, [Values(20, 150)] int latencyMs, [ValueSource(nameof(Seeds))] int seed)
    {
        using var network = new DhtNetwork(seed, new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(latencyMs) });
        for (int i = 0; i < count; i++)
        {
            network.AddNode(configure: static config => config with { NumNeighbouringNodes = 6, NumRandomNodes = 6 }).Relays = true;
        }

        foreach (DhtNode node in network.Nodes)
        {
            foreach (DhtNode other in network.Nodes)
            {
                if (other != node)
                {
                    DhtNetwork.Introduce(node, other);
                }
            }
        }

        Assert.That(network.Time.Elapsed, Is.EqualTo(TimeSpan.Zero), "all start at the same instant");
        TimeSpan interval = DhtNetwork.Config.Connectivity.UpdateInterval;
        int[] missed = new int[s_offsets.Length];
        for (int tick = 5; tick < 5 + (3 * s_offsets.Length); tick++)
        {
            int at = tick % s_offsets.Length;
            network.RunFor(((interval * tick) - network.Time.Elapsed).TotalSeconds + s_offsets[at]);
            int[] before = [.. network.Nodes.Select(static node => node.Received.Count)];
            DhtNode from = network.Nodes[network.Random.Next(count)];
            network.Propagate(from, [(byte)tick, 1, 2, 3]);
            network.RunFor(10);
            for (int i = 0; i < count; i++)
            {
                missed[at] += network.Nodes[i] == from || network.Nodes[i].Received.Count > before[i] ? 0 : 1;
            }
        }

        TestContext.Out.WriteLine($"{count} nodes, {latencyMs} ms, seed {seed}: {string.Join(' ', missed)} not reached");
        Assert.That(missed, Is.All.Zero, "nodes that were not reached, by when the messages set out");
        network.Finish();
    }

    private static IEnumerable<int> Seeds() => LongRun.Seeds(10, 1);
}
