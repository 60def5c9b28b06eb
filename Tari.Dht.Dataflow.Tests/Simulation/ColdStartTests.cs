using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Networks whose nodes all start at the same instant and know a seed and nobody else.</summary>
/// <remarks>
/// A node only tells of peers that it has reached itself, which it can't try while they are connected to it. In place of a pool of
/// connections every node therefore closes its connections each 30 s for two minutes, and dials twelve peers that it knows, as a pool does
/// when it is refreshed.
/// </remarks>
[TestFixture]
internal sealed class ColdStartTests
{
    [Test]
    public void A_hundred_nodes_that_start_together_know_half_of_each_other_within_two_minutes([Values(1, 2)] int seed)
    {
        using var network = new ColdNetwork(seed, 100, latencyMs: seed == 1 ? 20 : 150);

        network.RunWithPool(120);

        int[] known = network.Known();
        Assert.That(known.Min(), Is.GreaterThanOrEqualTo(50), "nodes known to the one who knows fewest");
        network.AssertSeedIsSpared(120);
        network.Finish();
    }

    [Test]
    public void Nodes_whose_seed_knows_nobody_at_first_find_each_other_soon()
    {
        // The seed tells of nobody for a while, as one does whose own peers are not proven yet.
        using var network = new ColdNetwork(3, 30, latencyMs: 20, seedIsMuteFor: TimeSpan.FromSeconds(20));

        network.RunWithPool(20);
        Assert.That(network.Known().Max(), Is.Zero);
        network.RunWithPool(120);

        Assert.That(network.Known().Min(), Is.GreaterThanOrEqualTo(15), "half of the network, though it is smaller than what is wanted");
        network.AssertSeedIsSpared(140);
        network.Finish();
    }

    [Test]
    public void A_network_that_is_smaller_than_what_is_wanted_becomes_quiet()
    {
        using var network = new ColdNetwork(4, 12, latencyMs: 20);
        network.RunWithPool(120);
        network.Network.RunFor(3600);
        Assert.That(network.Known().Min(), Is.EqualTo(11));
        int before = network.Calls.Count;

        network.Network.RunFor(4 * 3600);

        // Five nodes each half an hour, give or take a quarter, and rounds of those that were not asked for an hour.
        Assert.That(network.Calls.Count - before, Is.LessThanOrEqualTo(13 * 4 * 25));
        network.AssertSeedIsSpared((5 * 3600) + 120);
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
            network.RunWithPool(300);
            network.Finish();
            Assert.That(network.Calls, Has.Count.GreaterThan(20));
            return network.Calls;
        }
    }

    /// <summary>Nodes with network discovery over a network in memory, and a count of who asked whom for peers.</summary>
    private sealed class ColdNetwork : IDisposable
    {
        private readonly List<NetworkDiscoveryService> _services = [];

        public ColdNetwork(int seed, int nodes, int latencyMs, TimeSpan seedIsMuteFor = default)
        {
            Network = new DhtNetwork(seed, new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(latencyMs) });
            Seed = Add("seed", seed, seedIsMuteFor);
            for (int i = 1; i <= nodes; i++)
            {
                DhtNode node = Add($"n{i}", seed + i, default);
                node.Peers.AddOrUpdatePeer(Seed.Identity.ToPeer() with { Flags = PeerFlags.Seed });
                node.Comms.Connectivity.RequestManyDials([Seed.Id]);
            }

            _services.ForEach(static service => service.Start());
        }

        public DhtNetwork Network { get; }

        public DhtNode Seed { get; }

        /// <summary>Requests for peers.</summary>
        public List<(NodeId By, NodeId To, TimeSpan At)> Calls { get; } = [];

        /// <summary>Lets time pass, with a pool's dials each 30 s.</summary>
        public void RunWithPool(int seconds)
        {
            for (int second = 0; second < seconds; second += 5)
            {
                Network.RunFor(Math.Min(5, seconds - second));
                if (second % 30 == 0)
                {
                    Network.Run(RefreshAsync);
                }
            }
        }

        /// <summary>How many other nodes each node knows, the seed left aside.</summary>
        public int[] Known() =>
            [.. Network.Nodes.Where(node => node != Seed).Select(node => Network.Nodes.Count(other => other != node && other != Seed && node.Knows(other)))];

        /// <summary>No node asks the seed more often than its back-off allows: first after 5 s and then after twice as long each time, less a quarter.</summary>
        public void AssertSeedIsSpared(double seconds)
        {
            int most = 0;
            foreach (IGrouping<NodeId, (NodeId By, NodeId To, TimeSpan At)> asking in Calls.Where(call => call.To == Seed.Id).GroupBy(call => call.By))
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

        public void Finish()
        {
            foreach (NetworkDiscoveryService service in _services)
            {
                service.Stop();
            }

            Network.Scheduler.RunUntilIdle();
            Assert.That(_services, Has.All.Matches<NetworkDiscoveryService>(service => service.Completion.IsCompletedSuccessfully));

            Network.Finish();
        }

        public void Dispose() => Network.Dispose();

        private async Task<bool> RefreshAsync()
        {
            foreach (DhtNode node in Network.Nodes)
            {
                foreach (PeerConnectionHandle handle in await node.Comms.Connectivity.GetActiveConnectionsAsync())
                {
                    using (handle)
                    {
                        await handle.Connection.DisconnectAsync(isMinimized: true);
                    }
                }
            }

            foreach (DhtNode node in Network.Nodes)
            {
                node.Comms.Connectivity.RequestManyDials([.. node.Peers.RandomPeers(12).Select(peer => peer.NodeId)]);
            }

            return true;
        }

        private DhtNode Add(string name, int seed, TimeSpan muteFor)
        {
            DhtNode node = Network.AddPeer(name);
            var config = DhtConfig.DefaultLocalTest with { NetworkDiscovery = new NetworkDiscoveryConfig() };
            node.Comms.Register(new CountingService(
                new DhtRpcService(node.Peers, config, Network.Time, Network.Log), node.Id, this, muteFor));
            _services.Add(new NetworkDiscoveryService(
                new NetworkDiscoveryServices
                {
                    Identity = node.Identity,
                    Peers = node.Peers,
                    Connectivity = node.Comms.Connectivity,
                    Rpc = new DhtRpcConnector(node.Comms, Network.Time),
                    Validator = new DhtPeerValidator(config.PeerValidatorConfig, config.MaxPermittedPeerClaims, Network.Time),
                    Offences = new NobodyOffends(),
                    Events = new EventPublisher<DhtEvent>(100),
                },
                new NetworkDiscoveryOptions
                {
                    Config = config,
                    TimeProvider = Network.Time,
                    TaskScheduler = Network.Scheduler,
                    Random = new Random(seed),
                    Logger = Network.Log,
                }));
            return node;
        }

        private sealed class CountingService(DhtRpcService inner, NodeId owner, ColdNetwork network, TimeSpan muteFor) : IRpcService
        {
            public ProtocolId Protocol => inner.Protocol;

            public ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken)
            {
                network.Calls.Add((request.Peer, owner, network.Network.Time.Elapsed));
                return network.Network.Time.Elapsed < muteFor
                    ? ValueTask.FromResult(RpcStatus.Ok)
                    : inner.ServeAsync(request, responder, cancellationToken);
            }
        }

        private sealed class NobodyOffends : IOffenceReporter
        {
            public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason) =>
                Assert.Fail($"{NodeId.FromPublicKey(peer)}: {reason}");
        }
    }
}
