using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Networks of whole nodes that all start at the same instant, and know a seed and nobody else.</summary>
[TestFixture]
internal sealed class ColdStartTests
{
    [Test]
    public void A_hundred_nodes_that_start_together_know_half_of_each_other_within_two_minutes_and_carry_a_message_to_all(
        [ValueSource(nameof(Hundreds))] int seed)
    {
        using var network = new ColdNetwork(seed, 100, latencyMs: seed % 2 == 1 ? 20 : 150);

        network.RunFor(110);

        Assert.That(network.Known().Min(), Is.GreaterThanOrEqualTo(50), "nodes known to the one who knows fewest");
        network.AssertReachesAll(within: 10);
        network.AssertSeedIsSpared(120);
        network.Finish();
    }

    [Test]
    public void Forty_nodes_that_start_together_carry_a_message_to_all([ValueSource(nameof(Forties))] int seed)
    {
        // As many as in the example network of the reference, in which hardly anybody was reached.
        using var network = new ColdNetwork(seed, 40, latencyMs: 20 * ((seed % 10) + 1));

        network.RunFor(110);

        Assert.That(network.Known().Min(), Is.GreaterThanOrEqualTo(20));
        network.AssertReachesAll(within: 10);
        network.AssertSeedIsSpared(120);
        network.Finish();
    }

    [Test]
    public void Nodes_whose_seed_tells_of_nobody_at_first_find_each_other_soon([ValueSource(nameof(Mutes))] int seed)
    {
        using var network = new ColdNetwork(seed, 30, latencyMs: 20, seedIsMuteFor: TimeSpan.FromSeconds(20));

        network.RunFor(15);
        Assert.That(network.Known().Max(), Is.Zero);
        network.RunFor(95);

        Assert.That(network.Known().Min(), Is.GreaterThanOrEqualTo(15), "half of the network, though it is smaller than what is wanted");
        network.AssertReachesAll(within: 10);
        network.AssertSeedIsSpared(120);
        network.Finish();
    }

    [Test]
    public void A_network_that_is_smaller_than_what_is_wanted_becomes_quiet()
    {
        using var network = new ColdNetwork(4, 12, latencyMs: 20);
        network.RunFor(3600);
        Assert.That(network.Known().Min(), Is.EqualTo(11));
        int before = network.Calls.Count;

        network.RunFor(4 * 3600);

        // Twelve others, asked once an hour as they connect, and once more in rounds, with what failed.
        Assert.That(network.Calls.Count - before, Is.LessThanOrEqualTo(13 * 4 * 30));
        network.Finish();
    }

    [Test]
    public void A_network_repeats_exactly_from_its_seed()
    {
        List<(NodeId By, NodeId To, TimeSpan At)> first = Run();
        Assert.That(Run(), Is.EqualTo(first));

        static List<(NodeId By, NodeId To, TimeSpan At)> Run()
        {
            using var network = new ColdNetwork(5, 20, latencyMs: 35);
            network.RunFor(300);
            network.Finish();
            Assert.That(network.Calls, Has.Count.GreaterThan(20));
            return network.Calls;
        }
    }

    private static IEnumerable<int> Hundreds() => LongRun.IsAsked ? Enumerable.Range(1, 10) : [1];

    private static IEnumerable<int> Forties() => LongRun.Seeds(11, 1);

    private static IEnumerable<int> Mutes() => LongRun.Seeds(3, 1);

    /// <summary>Whole nodes with the reference's timings, and a count of who asked whom for peers.</summary>
    private sealed class ColdNetwork : IDisposable
    {
        public ColdNetwork(int seed, int nodes, int latencyMs, TimeSpan seedIsMuteFor = default)
        {
            Network = new DhtNetwork(seed, new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(latencyMs) });
            Seed = Add("seed", seedIsMuteFor);
            for (int i = 1; i <= nodes; i++)
            {
                Add($"n{i}", default);
            }

            Assert.That(Network.Time.Elapsed, Is.EqualTo(TimeSpan.Zero), "all start at the same instant");
        }

        public DhtNetwork Network { get; }

        public DhtNode Seed { get; private set; } = null!;

        /// <summary>Requests for peers.</summary>
        public List<(NodeId By, NodeId To, TimeSpan At)> Calls { get; } = [];

        public void RunFor(double seconds) => Network.RunFor(seconds);

        /// <summary>How many other nodes each node knows, the seed left aside.</summary>
        public int[] Known()
        {
            DhtNode[] nodes = [.. Network.Nodes.Where(node => node != Seed)];
            return [.. nodes.Select(node => nodes.Count(other => other != node && node.Knows(other)))];
        }

        /// <summary>A message that a node sends, and every node passes on, comes to all.</summary>
        public void AssertReachesAll(double within)
        {
            DhtNode from = Network.Nodes[1 + Network.Random.Next(Network.Nodes.Count - 1)];
            Network.Propagate(from, [200, 1, 2, 3]);

            _ = Network.RunUntil(() => Network.Nodes.All(node => node == from || node.Received.Count > 0), within);

            Assert.That(Network.Nodes.Where(node => node != from && node.Received.Count == 0), Is.Empty, "nodes that were not reached");
        }

        /// <summary>
        /// No node asks the seed more often than its back-off allows: first after 5 s and then after twice as long each time, less a
        /// quarter.
        /// </summary>
        public void AssertSeedIsSpared(double seconds)
        {
            int most = 0;
            foreach (var asking in Calls.Where(call => call.To == Seed.Id).GroupBy(call => call.By))
            {
                TimeSpan[] times = [.. asking.Select(call => call.At)];
                most = Math.Max(most, times.Length);
                for (int i = 1; i < times.Length; i++)
                {
                    double pause = Math.Min(1800, 5 * Math.Pow(2, i - 1)) * 0.75;
                    Assert.That((times[i] - times[i - 1]).TotalSeconds, Is.GreaterThanOrEqualTo(pause), $"pause {i} of {asking.Key}");
                }
            }

            double allowed = 1;
            for (double at = 3.75, pause = 7.5; at <= seconds; at += pause, pause = Math.Min(2 * pause, 1350))
            {
                allowed++;
            }

            Assert.That(most, Is.LessThanOrEqualTo(allowed));
        }

        public void Finish() => Network.Finish();

        public void Dispose() => Network.Dispose();

        private DhtNode Add(string name, TimeSpan muteFor)
        {
            DhtNode node = Network.AddNode(
                name,
                configure: static config => DhtConfig.DefaultLocalTest with { NetworkDiscovery = new NetworkDiscoveryConfig() },
                prepare: added =>
                {
                    if (Seed is { } seed)
                    {
                        added.Peers.AddOrUpdatePeer(seed.Identity.ToPeer() with { Flags = PeerFlags.Seed });
                    }
                },
                wrap: added => new CountingComms(added.Comms, by =>
                {
                    Calls.Add((by, added.Id, Network.Time.Elapsed));
                    return Network.Time.Elapsed >= muteFor;
                }));
            node.Relays = true;
            return node;
        }
    }
}
