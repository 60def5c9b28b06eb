using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// Peers that send masses of messages which a node passes on: the node's neighbours see them come from the node, and must not take it for
/// the flooder. Limits and intervals are the defaults: 1000 messages in a minute, looked at every two minutes.
/// </summary>
[TestFixture]
internal sealed class RelayedFloodTests
{
    private const int Neighbours = 4;

    /// <summary>
    /// What the node passes on to a neighbour within a minute: the last tenth of what the neighbour allows is for own messages.
    /// </summary>
    private const int Most = 900;

    private static readonly NodeDestination s_nobody = new(DhtMessages.Node(7).PublicKey);

    private DhtNetwork _net = null!;
    private DhtNode _relay = null!;
    private DhtNode[] _neighbours = null!;
    private NodeIdentity _throwAway = null!;

    [SetUp]
    public void SetUp()
    {
        _net = new DhtNetwork();
        _throwAway = DhtMessages.Node(1);
        _relay = _net.AddNode("relay");
        _neighbours = [.. Enumerable.Range(0, Neighbours).Select(i => _net.AddNode($"neighbour {i}"))];
        foreach (DhtNode neighbour in _neighbours)
        {
            _net.Connect(_relay, neighbour);
        }

        // The last minute before everybody counts.
        _net.RunFor(62 - _net.Time.Elapsed.TotalSeconds);
    }

    [TearDown]
    public void TearDown()
    {
        _net.Dispose();
        _throwAway.Dispose();
    }

    [Test]
    public void A_flood_for_unknown_keys_costs_the_flooder_a_ban_and_not_the_node_that_passed_on_a_part_of_it()
    {
        Flood([AddFlooder()], 3000, i => ForAnother(s_nobody, i));
        AssertEachNeighbourGot(Most);
        Assert.That(_net.Bans, Is.EqualTo([("relay", "flooder 0")]));
        int refused = _relay.Discards.Discards.Count(discard => discard.Reason == DropReason.SourceFloods);
        int limited = _relay.Discards.Discards.Count(discard => discard.Reason == DropReason.RelayLimit);
        Assert.That(refused, Is.GreaterThanOrEqualTo(2000), "what is above the flooder's own limit");
        Assert.That(refused + limited, Is.EqualTo(3000 - Most));
        _net.Finish();
    }

    [Test]
    public void Several_peers_that_each_stay_below_the_limit_together_do_not_make_the_node_a_flooder()
    {
        DhtNode[] busy = [AddFlooder(), AddFlooder(), AddFlooder()];
        Flood(busy, 900, i => ForAnother(s_nobody, i));
        AssertEachNeighbourGot(Most);
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_flood_for_a_neighbour_does_not_turn_the_neighbour_against_the_node_between()
    {
        var destination = new NodeDestination(_neighbours[0].Identity.PublicKey);
        Flood([AddFlooder(), AddFlooder()], 1500, i => ForAnother(destination, i));
        Assert.That(_neighbours.Select(neighbour => neighbour.DeliveredFrom(_relay)), Is.EqualTo(new[] { Most, 0, 0, 0 }));
        Assert.That(_net.Bans.Order(), Is.EqualTo([("relay", "flooder 0"), ("relay", "flooder 1")]));
        _net.Finish();
    }

    [Test]
    public void A_flood_of_joins_costs_the_flooder_a_ban_and_not_the_node_that_passed_on_a_part_of_them()
    {
        DhtNode flooder = AddFlooder();
        Flood([flooder], 1500, i => DhtMessages.Join(flooder.Identity, OwnClaimMessage.Encode(flooder.Identity, (ulong)i)).Build());
        AssertEachNeighbourGot(Most);
        Assert.That(_net.Bans, Is.EqualTo([("relay", "flooder 0")]));
        Assert.That(_neighbours.Select(neighbour => neighbour.Knows(flooder)), Is.All.True);
        _net.Finish();
    }

    [Test]
    public void Own_messages_always_go_out_and_others_again_when_a_minute_has_passed()
    {
        DhtNode busy = AddFlooder();
        Flood([busy], 950, i => ForAnother(s_nobody, i));
        AssertEachNeighbourGot(Most);
        _net.Propagate(_relay, [1]);
        _net.RunFor(1);
        AssertEachNeighbourGot(Most + 1);

        _net.RunFor(65);
        _ = _net.Post(busy, _relay, ForAnother(s_nobody, 950));
        _net.RunFor(1);
        AssertEachNeighbourGot(Most + 2);
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_thousand_messages_of_a_peer_reach_who_they_are_for_by_several_ways()
    {
        // As many as a peer may send in a minute, by two relays, of which each passes on most.
        DhtNode other = _net.AddNode("other relay");
        DhtNode target = _neighbours[0];
        _net.Connect(other, target);
        DhtNode busy = AddFlooder();
        _net.Connect(busy, other);
        for (int i = 0; i < 1000; i++)
        {
            byte[] message = EnvelopeFactory.Encrypted(busy.Identity, target.Identity.PublicKey, BitConverter.GetBytes(i)).Build();
            _ = _net.Post(busy, i % 2 == 0 ? _relay : other, message);
            _net.RunFor(0.05);
        }

        _net.RunFor(20);
        Assert.That(
            target.Received.Select(message => BitConverter.ToInt32(message.Parts[0])).Order(), Is.EqualTo(Enumerable.Range(0, 1000)));
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    private DhtNode AddFlooder()
    {
        DhtNode flooder = _net.AddPeer($"flooder {_net.Nodes.Count(node => node.MaybeDht is null)}");
        _net.Connect(flooder, _relay);
        return flooder;
    }

    /// <summary>Each sends so many messages within 50 s; then everybody looks for flooders.</summary>
    private void Flood(DhtNode[] flooders, int count, Func<int, byte[]> message)
    {
        const int Seconds = 50;
        for (int second = 0; second < Seconds; second++)
        {
            for (int i = second * count / Seconds; i < (second + 1) * count / Seconds; i++)
            {
                foreach (DhtNode flooder in flooders)
                {
                    _ = _net.Post(flooder, _relay, message(i));
                }
            }

            _net.RunFor(1);
        }

        _net.RunFor(20);
    }

    private byte[] ForAnother(NodeDestination destination, int number) => new EnvelopeFactory
    {
        Body = BitConverter.GetBytes(number),
        Flags = DhtMessageFlags.Encrypted,
        Destination = destination,
        EphemeralPublicKey = _throwAway.PublicKey.Bytes.ToArray(),
    }.SignedBy(_throwAway).Build();

    private void AssertEachNeighbourGot(int count) =>
        Assert.That(_neighbours.Select(neighbour => neighbour.DeliveredFrom(_relay)), Is.All.EqualTo(count));
}
