using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>The reference's tests with several nodes.</summary>
[TestFixture]
internal sealed class MultiNodeTests
{
    private static readonly byte[] s_text = "a message for somebody"u8.ToArray();

    private DhtNetwork _net = null!;

    [SetUp]
    public void SetUp() => _net = new DhtNetwork();

    [TearDown]
    public void TearDown() => _net.Dispose();

    [Test]
    public void A_join_travels_over_a_node_between_to_one_that_does_not_know_the_joiner()
    {
        (DhtNode a, DhtNode b, DhtNode c) = Chain3();

        _net.Run(async () =>
        {
            await a.Dht.Requester.SendJoinAsync();
            return true;
        });

        Assert.That(_net.RunUntil(() => b.Knows(a), 10), Is.True);
        Assert.That(_net.RunUntil(() => c.Knows(a), 5), Is.True);
        Assert.That(c.Peers.Find(a.Id)!.Features, Is.EqualTo(a.Identity.Features));
        Assert.That(c.Peers.Find(a.Id)!.Addresses.Entries.Single().Address, Is.EqualTo(a.Identity.PublicAddresses[0]));
        _net.RunFor(10);
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_node_three_steps_away_is_discovered_by_its_key(
        [Values(PeerFeatures.CommunicationNode, PeerFeatures.CommunicationClient)] PeerFeatures features)
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode c = _net.AddNode("c");
        DhtNode d = _net.AddNode("d", features);
        _net.Connect(a, b);
        _net.Connect(b, c);
        _net.Connect(d, c);

        Peer found = _net.Run(() => a.Dht.DiscoveryRequester.DiscoverPeerAsync(
            d.Identity.PublicKey, new NodeDestination(d.Identity.PublicKey)).AsTask());

        Assert.That((found.PublicKey, found.Features), Is.EqualTo((d.Identity.PublicKey, features)));
        Assert.That((a.Knows(d), b.Knows(a), c.Knows(b), d.Knows(c), d.Knows(a)), Is.EqualTo((true, true, true, true, true)));
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_propagated_message_reaches_its_recipient_once_though_two_ways_lead_there()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode c = _net.AddNode("c");
        DhtNode d = _net.AddNode("d");
        _net.Connect(a, b);
        _net.Connect(a, c);
        _net.Connect(b, c);
        _net.Connect(c, d);
        var destination = new NodeDestination(d.Identity.PublicKey);

        _net.Send(
            a,
            _net.Parameters().Propagate(destination, []).WithDestination(destination).WithEncryption(
                OutboundEncryption.EncryptFor(d.Identity.PublicKey)),
            123,
            s_text);

        Assert.That(_net.RunUntil(() => d.Received.Count > 0, 10), Is.True);
        _net.RunFor(30);
        ReceivedMessage received = d.Received.Single();
        Assert.That((received.IsEncrypted, received.Origin), Is.EqualTo((true, (CommsPublicKey?)a.Identity.PublicKey)));
        Assert.That(received.Parts[1], Is.EqualTo(s_text));
        Assert.That((c.DeliveredFrom(a), c.DeliveredFrom(b), c.DeliveredFrom(d)), Is.EqualTo((1, 1, 0)));
        Assert.That((d.DeliveredFrom(c), d.DeliveredTo), Is.EqualTo((1, 1)));
        Assert.That(a.DeliveredTo, Is.AnyOf(0, 2));
        Assert.That(b.DeliveredTo, Is.AnyOf(1, 2));
        Assert.That((a.Received.Count, b.Received.Count, c.Received.Count), Is.EqualTo((0, 0, 0)));
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_copy_with_a_changed_header_does_not_keep_the_true_one_from_being_delivered()
    {
        (DhtNode a, DhtNode b, DhtNode c) = Mesh3();
        ReceivedMessage atB = SendSignedToB(a, b, c);

        Relay(
            b,
            _net.Parameters().SelectedPeers([c.Id]),
            atB.ToEnvelope().With(envelope => envelope.MessageType = DhtMessageType.DiscoveryResponse));
        _net.RunFor(5);
        Assert.That((c.DeliveredFrom(b), c.Received.Count), Is.EqualTo((1, 0)));
        Assert.That(_net.Bans, Is.Empty);

        Relay(a, _net.Parameters().SelectedPeers([c.Id]), atB.ToEnvelope());
        Assert.That(_net.RunUntil(() => c.Received.Count > 0, 5), Is.True);
        Assert.That((c.Received[0].Origin, c.DeliveredFrom(a)), Is.EqualTo(((CommsPublicKey?)a.Identity.PublicKey, 1)));
        _net.Finish();
    }

    [Test]
    public void With_three_occurrences_allowed_a_message_can_be_sent_around_the_ring_eight_times()
    {
        DhtNode[] nodes =
            [.. "abc".Select(name => _net.AddNode($"{name}", configure: config => config with { DedupAllowedMessageOccurrences = 3 }))];
        _net.Connect(nodes[0], nodes[1]);
        _net.Connect(nodes[1], nodes[2]);
        _net.Connect(nodes[2], nodes[0]);
        _net.Propagate(nodes[0], s_text);

        int[] read = new int[3];
        foreach (int turn in (int[])[1, 2, 0, 1, 2, 0, 1, 2])
        {
            DhtNode node = nodes[turn];
            Assert.That(_net.RunUntil(() => node.Received.Count > read[turn], 10), Is.True, $"{node} waits for its message {read[turn]}");
            ReceivedMessage next = node.Received[read[turn]++];
            Assert.That(next.Parts[1], Is.EqualTo(s_text));
            _net.Send(node, _net.Parameters().Propagate(NodeDestination.Unknown, []).WithTag(next.Tag), 123, next.Parts[1]);
        }

        Assert.That(_net.Bans, Is.Empty);
        _net.RunFor(30);
        _net.Finish();
    }

    [Test]
    public void A_signed_message_with_a_changed_body_or_header_is_delivered_to_nobody_and_costs_the_relay_nothing([Values] bool body)
    {
        (DhtNode a, DhtNode b, DhtNode c) = Mesh3();
        ReceivedMessage atB = SendSignedToB(a, b, a);
        EnvelopeFactory changed = atB.ToEnvelope().With(envelope =>
        {
            if (body)
            {
                envelope.Body = EnvelopeFactory.EncodeBody([.. atB.Parts, [42]]);
            }
            else
            {
                envelope.MessageType = (DhtMessageType)21;
            }
        });

        Relay(b, _net.Parameters().Propagate(new NodeDestination(b.Identity.PublicKey), [atB.Source]), changed);
        _net.RunFor(5);

        Assert.That((c.DeliveredFrom(b), c.Received.Count), Is.EqualTo((1, 0)));
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_join_with_28800_addresses_costs_its_signer_a_ban_and_goes_no_further()
    {
        (DhtNode a, DhtNode b, DhtNode c) = Chain3();
        byte[] join = LargeJoin(a, 28_800);

        _net.Run(() => a.Dht.OutboundRequester.SendMessageNoHeaderAsync(
            _net.Parameters().DirectNodeId(b.Id).WithDhtMessageType(DhtMessageType.Join).ForceOrigin().WithDestination(
                new NodeDestination(a.Identity.PublicKey)),
            new OutboundDomainMessage(0, join)));

        Assert.That(_net.RunUntil(() => _net.Bans.Count > 0, 20), Is.True);
        _net.RunFor(20);
        Assert.That(_net.Bans, Is.EqualTo([("b", "a")]));
        Assert.That(_net.BanReasons.Select(ban => (ban.By, ban.Whom)), Is.EqualTo([("b", "a")]));
        Assert.That((c.Knows(a), c.DeliveredTo), Is.EqualTo((false, 0)));
        _net.Finish();
    }

    private byte[] LargeJoin(DhtNode signer, int count)
    {
        byte[] addresses = new byte[count * 10];
        for (int i = 0; i < count; i++)
        {
            // /ip4/(random)/tcp/(random), as field 2 of the message.
            Span<byte> entry = addresses.AsSpan(i * 10, 10);
            _net.Random.NextBytes(entry);
            (entry[0], entry[1], entry[2], entry[7]) = (0x12, 8, 0x04, 0x06);
        }

        return
        [
            .. WireBytes.Delimited(1, signer.Identity.PublicKey.Bytes.ToArray()),
            .. addresses,
            .. WireBytes.Varint(3, (ulong)signer.Identity.Features),
            .. WireBytes.Varint(4, 7),
        ];
    }

    private (DhtNode A, DhtNode B, DhtNode C) Chain3()
    {
        DhtNode a = _net.AddNode("a");
        DhtNode b = _net.AddNode("b");
        DhtNode c = _net.AddNode("c");
        _net.Connect(a, b);
        _net.Connect(b, c);
        return (a, b, c);
    }

    private (DhtNode A, DhtNode B, DhtNode C) Mesh3()
    {
        (DhtNode a, DhtNode b, DhtNode c) = Chain3();
        _net.Connect(a, c);
        return (a, b, c);
    }

    /// <summary>A sends B a signed message with somebody as destination.</summary>
    private ReceivedMessage SendSignedToB(DhtNode a, DhtNode b, DhtNode destination)
    {
        _net.Send(
            a,
            _net.Parameters().DirectNodeId(b.Id).WithDestination(new NodeDestination(destination.Identity.PublicKey)).ForceOrigin(),
            123,
            s_text);
        Assert.That(_net.RunUntil(() => b.Received.Count > 0, 10), Is.True);
        Assert.That(b.Received[0].Origin, Is.EqualTo(a.Identity.PublicKey));
        return b.Received[0];
    }

    private void Relay(DhtNode from, SendMessageParams parameters, EnvelopeFactory envelope)
    {
        byte[] bytes = envelope.Build();
        Assert.That(EnvelopeReader.Read(bytes, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        var header = new DhtMessageHeader(bytes, layout);
        SendMessageResponse response = _net.Run(
            () => from.Dht.OutboundRequester.SendRawAsync(parameters.WithDhtHeader(header), envelope.Body));
        Assert.That(response.States, Is.Not.Null.And.Count.EqualTo(1));
    }
}
