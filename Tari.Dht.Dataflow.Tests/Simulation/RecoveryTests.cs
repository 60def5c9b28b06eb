using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Whole nodes whose pool starves, and what they do about it: RB-32 and RB-33.</summary>
[TestFixture]
internal sealed class RecoveryTests
{
    [Test]
    public void RB_32_a_node_that_knows_dead_peers_only_learns_of_another_from_a_resolved_seed_and_keeps_a_connection_to_it()
    {
        using var network = new DhtNetwork(seed: 32);

        // The other one asks nobody, or it might learn of the node first and dial it.
        DhtNode other = network.AddNode("b", configure: static config =>
        {
            config = Configure(config);
            return config with { NetworkDiscovery = config.NetworkDiscovery with { Enabled = false } };
        });
        DhtNode seed = network.AddNode("seed", configure: Configure, prepare: node => AddSeen(network, node, other));
        DhtNode node = AddStarving(network, 5, seed);

        RebootstrapInfo info = NextRebootstrap(network, node);

        Assert.That(network.Time.Elapsed, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(180)));
        Assert.That(info.SeedsResolved, Is.EqualTo(1));
        Assert.That(info.LearnedPeers, Is.EqualTo(new[] { other.Id }));

        Assert.That(network.RunUntil(() => OutboundId(network, node, other) is not null, 175), "a connection to the peer that was learned");
        long? connection = OutboundId(network, node, other);
        network.RunFor(5);
        Assert.That(OutboundId(network, node, other), Is.EqualTo(connection), "it is kept");
        network.Finish();
    }

    [Test]
    public void RB_33_a_seed_that_never_answers_does_not_hold_up_what_another_one_tells()
    {
        using var network = new DhtNetwork(seed: 33);
        DhtNode other = network.AddNode("b", configure: Configure);
        DhtNode fast = network.AddNode("fast", configure: Configure, prepare: node => AddSeen(network, node, other));
        DhtNode silent = network.AddPeer("silent");
        DhtNode node = AddStarving(network, 0, fast, silent);

        // It takes a connection, and nothing that it says then arrives in time.
        network.Network.SetLink(silent.Id, node.Id, new MemoryLinkOptions { Latency = TimeSpan.FromHours(1) });

        RebootstrapInfo info = NextRebootstrap(network, node);

        Assert.That(info.SeedsResolved, Is.EqualTo(2));
        Assert.That(info.SeedsSynced, Is.EqualTo(1));
        Assert.That(info.LearnedPeers, Is.EqualTo(new[] { other.Id }));
        network.Finish();
    }

    // A pool of 14 that says at once when it starves, and is looked after each second, the least that there is.
    private static DhtConfig Configure(DhtConfig config) => config with
    {
        NumNeighbouringNodes = 10,
        NumRandomNodes = 4,
        NetworkDiscovery = new NetworkDiscoveryConfig { BootstrapDialPeerTimeout = TimeSpan.FromSeconds(60) },
        Connectivity = new DhtConnectivityConfig { UpdateInterval = TimeSpan.FromSeconds(1), PoolStarvedTicks = 1 },
    };

    private static void AddSeen(DhtNetwork network, DhtNode node, DhtNode other)
    {
        DateTimeOffset now = network.Time.GetUtcNow();
        var entry = new MultiaddrWithStats(other.Identity.PublicAddresses[0], PeerAddressSource.FromPeerConnection(other.Identity.Claim))
        {
            LastSeen = now,
            LastAttempted = now,
        };
        node.Peers.AddOrUpdatePeer(new Peer(other.Identity.PublicKey) { Addresses = MultiaddressesWithStats.FromEntries([entry]) });
    }

    private static DhtNode AddStarving(DhtNetwork network, int dead, params DhtNode[] seeds) => network.AddNode(
        "a",
        configure: Configure,
        prepare: node =>
        {
            for (int i = 0; i < dead; i++)
            {
                using NodeIdentity gone = NodeIdentity.Generate([network.Network.NextAddress()], timeProvider: network.Time);
                node.Peers.AddOrUpdatePeer(gone.ToPeer());
            }
        },
        options: options => options with { SeedPeerProvider = new Seeds([.. seeds.Select(static seed => seed.Identity.ToPeer())]) });

    private static RebootstrapInfo NextRebootstrap(DhtNetwork network, DhtNode node)
    {
        using EventSubscription<DhtEvent> events = node.Dht.SubscribeEvents();
        return network.Run(async () =>
        {
            while (await events.ReadAsync() is { } received)
            {
                if (received.Event is DhtEvent.RebootstrapComplete complete)
                {
                    return complete.Info;
                }
            }

            throw new AssertionException("The node has stopped.");
        });
    }

    private static long? OutboundId(DhtNetwork network, DhtNode from, DhtNode to)
    {
        // Answered from memory, so that no time passes.
        Task<PeerConnectionHandle?> asked = from.Comms.Connectivity.GetConnectionAsync(to.Id, ConnectionStrength.Weak).AsTask();
        Assert.That(asked.IsCompleted, $"at {network.Time.Elapsed}");
        using PeerConnectionHandle? handle = asked.Result;
        return handle is { Connection: { IsConnected: true, Direction: ConnectionDirection.Outbound } live } ? live.Id : null;
    }

    private sealed class Seeds(IReadOnlyList<Peer> peers) : ISeedPeerProvider
    {
        public ValueTask<IReadOnlyList<Peer>> GetSeedPeersAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(peers);
    }
}
