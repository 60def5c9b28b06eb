using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Comms.Memory;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>Client, service and judging over a network in memory, on virtual time.</summary>
public sealed class DhtRpcOverMemoryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_itemTimeout = TimeSpan.FromSeconds(5);
    private static readonly GetPeersRequest s_request = new(250, false, 5, 5);

    private SimulatedNetwork _simulation = null!;
    private MemoryComms _asking = null!;
    private MemoryComms _asked = null!;
    private DhtRpcService _service = null!;
    private PeerConnectionHandle _handle = null!;
    private DhtRpcConnector _connector = null!;

    [SetUp]
    public void SetUp()
    {
        // So narrow that an answer comes in parts.
        var link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(20), Window = 8 };
        _simulation = new SimulatedNetwork(new MemoryNetworkOptions { Link = link });
        _asking = _simulation.AddNode();
        _asked = _simulation.AddNode();
        _service = new DhtRpcService(_asked.Peers, DhtConfig.DefaultLocalTest, _simulation.Time, NullLogger.Instance);
        _asked.Rpc.Register(_service);
        _handle = _simulation.Dial(_asking, _asked);
        _connector = new DhtRpcConnector(_asking.Rpc, _simulation.Time);
    }

    [TearDown]
    public void TearDown()
    {
        _handle.Dispose();
        _simulation.Dispose();
        Assert.That(_service.ActiveCalls, Is.Zero, "every call has ended");
        Assert.That(_simulation.Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");
    }

    [Test]
    public void Peers_that_one_node_has_seen_are_known_to_the_node_that_asks_it()
    {
        List<NodeIdentity> others = AddSeen(30);
        var relayed = new RelayedPeers(
            _asking.Identity,
            _asking.Peers,
            new DhtPeerValidator(DhtConfig.DefaultLocalTest.PeerValidatorConfig, timeProvider: _simulation.Time));

        PeerStreamResult result = Collect(250);

        Assert.That(result.Failure, Is.Null);
        Assert.That(result.Peers, Has.Count.EqualTo(30));
        foreach (UnvalidatedPeerInfo info in result.Peers)
        {
            Assert.That(relayed.Check(info, out Peer? record, out bool isKnown), Is.EqualTo(RelayedPeerVerdict.Accepted));
            Assert.That(isKnown, Is.False);
            Assert.That(relayed.Store(record!), Is.Null);
        }

        foreach (NodeIdentity other in others)
        {
            Assert.That(_asking.Peers.Find(other.PublicKey)!.Addresses.Single().Address, Is.EqualTo(other.PublicAddresses[0]));
            other.Dispose();
        }
    }

    [Test]
    public void A_caller_that_wants_no_more_leaves_nothing_behind()
    {
        Release(AddSeen(60));
        Assert.That(Collect(3).Peers, Has.Count.EqualTo(3));
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_service.ActiveCalls, Is.Zero);
    }

    [Test]
    public void A_caller_whose_connection_ends_in_the_middle_leaves_nothing_behind_and_keeps_what_came()
    {
        Release(AddSeen(60));
        PeerStreamResult result = _simulation.Scheduler.Run(
            async () =>
            {
                using IDhtRpcClient client = await _connector.ConnectAsync(_handle.Connection, TimeSpan.FromSeconds(10));
                using IGetPeersStream stream = client.GetPeers(s_request);
                Task<PeerStreamResult> collecting = PeerStreamCollector.CollectAsync(stream, 250, s_itemTimeout, CancellationToken.None);
                await Task.Delay(TimeSpan.FromMilliseconds(70), _simulation.Time);
                await _handle.Connection.DisconnectAsync(isMinimized: false);
                return await collecting;
            },
            s_limit);

        Assert.That(result.Failure, Is.Null);
        Assert.That(result.Count, Is.InRange(1, 59));
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_service.ActiveCalls, Is.Zero);
    }

    [Test]
    public void A_caller_that_stops_reading_is_left_after_its_deadline()
    {
        Release(AddSeen(60));
        _simulation.Scheduler.Run(
            async () =>
            {
                using IDhtRpcClient client = await _connector.ConnectAsync(_handle.Connection, TimeSpan.FromSeconds(10));
                using IGetPeersStream stream = client.GetPeers(s_request);
                await stream.ReadAsync(s_itemTimeout);
                Assert.That(_service.ActiveCalls, Is.EqualTo(1));
                await Task.Delay(2 * DhtRpcClientOptions.Default.RequestDeadline, _simulation.Time);
                Assert.That(_service.ActiveCalls, Is.Zero);
                return 0;
            },
            s_limit);
    }

    [Test]
    public void A_request_that_makes_no_sense_is_answered_with_a_status()
    {
        GetPeersItem item = _simulation.Scheduler.Run(
            async () =>
            {
                using IDhtRpcClient client = await _connector.ConnectAsync(_handle.Connection, Timeout.InfiniteTimeSpan);
                using IGetPeersStream stream = client.GetPeers(s_request with { MaxClaims = 0 });
                return await stream.ReadAsync(s_itemTimeout);
            },
            s_limit);
        Assert.That(
            (item.Kind, item.Status),
            Is.EqualTo((GetPeersItemKind.Status, new RpcStatus(RpcStatusCode.BadRequest, "max_claims must be greater than zero"))));
    }

    [Test]
    public void A_peer_without_the_protocol_and_one_that_is_silent_are_told_apart()
    {
        MemoryComms other = _simulation.AddNode();
        using PeerConnectionHandle handle = _simulation.Dial(_asking, other);
        Assert.That(ErrorOf(handle), Is.EqualTo(ConnectivityError.PeerConnectionError));
        _simulation.Network.Partition([_asking.Identity.NodeId]);
        Assert.That(ErrorOf(_handle), Is.EqualTo(ConnectivityError.RequestTimedOut));

        ConnectivityError ErrorOf(PeerConnectionHandle connection) => Assert.Throws<ConnectivityException>(
            () => _simulation.Scheduler.Run(
                async () => await _connector.ConnectAsync(connection.Connection, TimeSpan.FromSeconds(10)), s_limit)).Error;
    }

    [Test]
    public void A_lost_session_is_an_item_of_its_own()
    {
        GetPeersItem item = _simulation.Scheduler.Run(
            async () =>
            {
                using IDhtRpcClient client = await _connector.ConnectAsync(_handle.Connection, TimeSpan.FromSeconds(10));
                await _handle.Connection.DisconnectAsync(isMinimized: false);
                Assert.That(client.IsConnected, Is.False);
                using IGetPeersStream stream = client.GetPeers(s_request);
                return await stream.ReadAsync(Timeout.InfiniteTimeSpan);
            },
            s_limit);
        Assert.That(item.Kind, Is.EqualTo(GetPeersItemKind.ConnectionLost));
    }

    private static void Release(List<NodeIdentity> identities)
    {
        foreach (NodeIdentity identity in identities)
        {
            identity.Dispose();
        }
    }

    private PeerStreamResult Collect(int maxPeers) => _simulation.Scheduler.Run(
        async () =>
        {
            using IDhtRpcClient client = await _connector.ConnectAsync(_handle.Connection, TimeSpan.FromSeconds(10));
            using IGetPeersStream stream = client.GetPeers(s_request);
            return await PeerStreamCollector.CollectAsync(stream, maxPeers, s_itemTimeout, CancellationToken.None);
        },
        s_limit);

    private List<NodeIdentity> AddSeen(int count)
    {
        List<NodeIdentity> others = [];
        for (int i = 0; i < count; i++)
        {
            NodeIdentity other = NodeIdentity.Generate([_simulation.Network.NextAddress()], timeProvider: _simulation.Time);
            others.Add(other);
            DateTimeOffset now = _simulation.Time.GetUtcNow();
            var entry = new MultiaddrWithStats(other.PublicAddresses[0], PeerAddressSource.FromPeerConnection(other.Claim))
            {
                LastSeen = now,
                LastAttempted = now,
            };
            _asked.Peers.AddOrUpdatePeer(new Peer(other.PublicKey) { Addresses = MultiaddressesWithStats.FromEntries([entry]) });
        }

        return others;
    }
}
