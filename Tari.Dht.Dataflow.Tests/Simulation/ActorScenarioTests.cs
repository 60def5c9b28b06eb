using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>The actor's scenarios, asked of whole nodes.</summary>
[TestFixture]
internal sealed class ActorScenarioTests
{
    private DhtNetwork _net = null!;

    [SetUp]
    public void SetUp() => _net = new DhtNetwork();

    [TearDown]
    public void TearDown() => _net.Dispose();

    [Test]
    public void An_unknown_peer_is_discovered_dialled_and_connected()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode c = _net.AddNode("c");
        _net.Connect(a, b);
        _net.Connect(b, c);
        Assert.That(a.Knows(c), Is.False);

        Assert.That(DialOrDiscover(a, c), Is.EqualTo(c.Id.ToString()));
        Assert.That(a.DeliveredFrom(c) + c.DeliveredFrom(a), Is.Positive, "the answer came straight");
        _net.Finish();
    }

    [Test]
    public void A_known_and_connected_peer_needs_no_message()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        _net.Connect(a, b);
        Assert.That(DialOrDiscover(a, b), Is.EqualTo(b.Id.ToString()));
        Assert.That(_net.Trace.Count(entry => entry.Kind == MemoryTraceKind.Sent), Is.Zero);
        _net.Finish();
    }

    [Test]
    public void A_peer_that_moved_is_discovered_when_its_old_address_fails()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode c = _net.AddNode("c");
        _net.Connect(a, b);
        _net.Connect(b, c);
        a.Peers.AddOrUpdatePeer(new Peer(c.Identity.PublicKey).UpdateAddresses(
            [_net.Network.NextAddress()], PeerAddressSource.Config, _net.Time.GetUtcNow()));

        Assert.That(DialOrDiscover(a, c), Is.EqualTo(c.Id.ToString()));
        _net.Finish();
    }

    [Test]
    public void A_peer_that_nobody_knows_is_not_found_within_the_time_for_discoveries()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode nobody = _net.AddPeer("nobody");
        _net.Connect(a, b);
        TimeSpan before = _net.Time.Elapsed;

        Assert.That(DialOrDiscover(a, nobody), Is.EqualTo(nameof(DhtActorError.DiscoveryError)));
        Assert.That(_net.Time.Elapsed - before, Is.EqualTo(DhtNetwork.Config.DiscoveryRequestTimeout));
        _net.Finish();
    }

    [Test]
    public void Strategies_select_connected_nodes_and_a_direct_one_a_stored_client()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode client = _net.AddPeer("client", PeerFeatures.CommunicationClient);
        DhtNetwork.Introduce(a, client);
        Assert.That(Select(a, new BroadcastStrategy.ToConnected([])), Is.Empty);

        _net.Connect(a, b);
        _net.Connect(a, client);
        Assert.That(Select(a, new BroadcastStrategy.ToConnected([])), Is.EqualTo([b.Id]));
        Assert.That(Select(a, new BroadcastStrategy.Propagate(NodeDestination.Unknown, [])), Is.EqualTo([b.Id]));
        Assert.That(Select(a, new BroadcastStrategy.Propagate(new NodeDestination(a.Identity.PublicKey), [])), Is.EqualTo([b.Id]));
        Assert.That(Select(a, new BroadcastStrategy.ToNodeId(client.Id)), Is.EqualTo([client.Id]));
        _net.Finish();
    }

    [Test]
    public void A_signed_message_and_its_copy_with_a_field_added_to_the_signature_are_delivered_once()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        _net.Connect(a, b);
        EnvelopeFactory message = EnvelopeFactory.ClearText([1], [2]).SignedBy(a.Identity);
        _net.PostAndWait(a, b, message.Build());
        message.Signature = [.. message.Signature, 0x78, 0x01];
        _net.PostAndWait(a, b, message.Build());
        _net.RunFor(5);
        Assert.That((b.DeliveredFrom(a), b.Received.Count), Is.EqualTo((2, 1)));
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    private IReadOnlyList<NodeId> Select(DhtNode node, BroadcastStrategy strategy) =>
        _net.Run(() => node.Dht.Requester.SelectPeersAsync(strategy).AsTask());

    /// <summary>Who was connected, or the error.</summary>
    private string DialOrDiscover(DhtNode from, DhtNode to) => _net.Run(async () =>
    {
        try
        {
            using PeerConnectionHandle handle = await from.Dht.Requester.DialOrDiscoverPeerAsync(to.Identity.PublicKey);
            return handle.Connection.Peer.ToString();
        }
        catch (DhtActorException error)
        {
            return error.Error.ToString();
        }
    });
}
