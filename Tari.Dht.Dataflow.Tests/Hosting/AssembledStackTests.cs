using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Tests.Support;
using Net = Tari.Dht.Dataflow.Tests.Simulation.DhtNetwork;
using Node = Tari.Dht.Dataflow.Tests.Simulation.DhtNode;
using Received = Tari.Dht.Dataflow.Tests.Simulation.ReceivedMessage;

namespace Tari.Dht.Dataflow.Tests.Hosting;

/// <summary>
/// What a whole node does with single messages: the local-test preset, one occurrence of a message allowed. Peers without a DHT write the
/// messages by hand and keep what the node sends them.
/// </summary>
[TestFixture]
internal sealed class AssembledStackTests
{
    /// <summary>A field of number 15 with the value 1, which no message has.</summary>
    private static readonly byte[] s_unknownField = [0x78, 0x01];

    private static readonly byte[] s_secret = "secret"u8.ToArray();

    private Net _net = null!;
    private Node _node = null!;

    // Delivers to the node, and gets what the node sends on if it did not come from here.
    private Node _source = null!;

    // Only gets what the node sends on.
    private Node _neighbour = null!;

    [SetUp]
    public void SetUp()
    {
        _net = new Net();
        _node = _net.AddNode("node");
        _source = _net.AddPeer("source");
        _neighbour = _net.AddPeer("neighbour");
        _net.Connect(_source, _node);
        _net.Connect(_neighbour, _node);
    }

    [TearDown]
    public void TearDown() => _net.Dispose();

    [Test]
    public void A_node_whose_database_is_in_memory_starts_and_answers()
    {
        Assert.That(_node.Dht.Config.DatabaseUrl, Is.EqualTo(":memory:"));
        Assert.That(_node.Dht.GetStatus().AreStoresHealthy);
        Assert.That(
            _node.Dht.Requester.AddMessageToDedupCache([1, 2, 3], _source.Identity.PublicKey, null, isSigned: false), Is.EqualTo(1));
        Assert.That(_node.Dht.Requester.GetMessageCacheHitCount([1, 2, 3]), Is.EqualTo(1));
        _net.Finish();
    }

    [Test]
    public void Unsigned_clear_text_of_a_known_peer_reaches_the_application()
    {
        Deliver(EnvelopeFactory.ClearText(s_secret).Build());
        Received received = TheOneReceived();
        Assert.That((received.Source, received.Origin, received.IsEncrypted), Is.EqualTo((_source.Id, (CommsPublicKey?)null, false)));
        Assert.That(received.Parts, Is.EqualTo(new[] { s_secret }));
        FinishWithoutBans();
    }

    [Test]
    public void What_is_encrypted_for_the_node_and_signed_reaches_the_application_decrypted()
    {
        Deliver(EnvelopeFactory.Encrypted(_source.Identity, _node.Identity.PublicKey, s_secret).Build());
        Received received = TheOneReceived();
        Assert.That((received.Origin, received.IsEncrypted), Is.EqualTo(((CommsPublicKey?)_source.Identity.PublicKey, true)));
        Assert.That(received.Parts, Is.EqualTo(new[] { s_secret }));
        FinishWithoutBans();
    }

    [Test]
    public void Of_a_signed_message_a_copy_with_a_longer_signature_is_not_delivered_and_one_without_signature_is_without_origin()
    {
        EnvelopeFactory message = EnvelopeFactory.ClearText(s_secret).SignedBy(_source.Identity);
        byte[] signature = message.Signature;
        Deliver(message.Build());
        Assert.That(TheOneReceived().Origin, Is.EqualTo(_source.Identity.PublicKey));

        Deliver(message.With(envelope => envelope.Signature = [.. signature, .. s_unknownField]).Build());
        Assert.That(_node.Received, Has.Count.EqualTo(1));

        Deliver(message.With(envelope => envelope.Signature = []).Build());
        Assert.That(
            _node.Received.Select(received => received.Origin), Is.EqualTo(new CommsPublicKey?[] { _source.Identity.PublicKey, null }));
        FinishWithoutBans();
    }

    [Test]
    public void Of_an_unsigned_message_a_copy_with_an_unknown_field_in_its_body_is_not_delivered()
    {
        EnvelopeFactory message = EnvelopeFactory.ClearText(s_secret);
        Deliver(message.Build());
        Deliver(message.With(envelope => envelope.Body = [.. envelope.Body, .. s_unknownField]).Build());
        Assert.That(TheOneReceived().Parts, Is.EqualTo(new[] { s_secret }));
        Assert.That(_node.Discards.Discards.Single().Reason, Is.EqualTo(DropReason.Duplicate));
        FinishWithoutBans();
    }

    [Test]
    public void An_own_flood_with_an_unknown_field_in_its_body_counts_under_the_canonical_body_and_its_echo_is_not_delivered()
    {
        byte[] body = EnvelopeFactory.EncodeBody(s_secret);
        byte[] flooded = [.. body, .. s_unknownField];
        _net.Run(() => _node.Dht.OutboundRequester.SendRawAsync(_net.Parameters().Flood([]), flooded));
        _net.RunFor(1);
        Assert.That(HitCountOf(body), Is.EqualTo(1));
        Assert.That(_source.Envelopes, Has.Count.EqualTo(1));
        Assert.That(_source.Envelopes[0].AsSpan().IndexOf(flooded), Is.Positive, "sent as it is");

        Deliver(_source.Envelopes[0]);
        Assert.That(_node.Received, Is.Empty);
        Assert.That(_node.Discards.Discards.Single().Reason, Is.EqualTo(DropReason.Duplicate));
        FinishWithoutBans();
    }

    [Test]
    public void A_forwarded_decoy_with_the_bytes_of_an_unsigned_message_does_not_keep_that_from_being_delivered()
    {
        byte[] body = EnvelopeFactory.EncodeBody(s_secret);
        using Dataflow.Peers.NodeIdentity throwAway = Dataflow.Peers.NodeIdentity.Generate();
        byte[] decoy = new EnvelopeFactory
        {
            Body = body,
            Flags = DhtMessageFlags.Encrypted,
            Destination = new NodeDestination(DhtMessages.Node(77).PublicKey),
            EphemeralPublicKey = throwAway.PublicKey.Bytes.ToArray(),
        }.SignedBy(throwAway).Build();
        Deliver(decoy);
        Assert.That(_neighbour.Envelopes, Is.EqualTo(new[] { decoy }), "sent on as it came");
        Assert.That(HitCountOf(body), Is.Zero);

        Deliver(EnvelopeFactory.ClearText(s_secret).Build());
        Assert.That((TheOneReceived().Origin, HitCountOf(body)), Is.EqualTo(((CommsPublicKey?)null, 1u)));
        FinishWithoutBans();
    }

    [Test]
    public void What_is_encrypted_for_another_node_is_sent_on_once_with_its_signature_and_not_delivered()
    {
        EnvelopeFactory message = EnvelopeFactory.Encrypted(_source.Identity, DhtMessages.Node(77).PublicKey, s_secret);
        Deliver(message.Build());
        Assert.That(_node.Received, Is.Empty);
        Assert.That(_source.Envelopes, Is.Empty, "it does not go back");
        byte[] sentOn = _neighbour.Envelopes.Single();
        Assert.That(EnvelopeReader.Read(sentOn, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        Assert.That(new DhtMessageHeader(sentOn, layout).MessageSignature.ToArray(), Is.EqualTo(message.Signature));
        Assert.That(sentOn, Is.EqualTo(message.Build()));
        FinishWithoutBans();
    }

    [Test]
    public void What_is_encrypted_for_another_node_is_let_go_where_there_is_nobody_to_send_it_to()
    {
        Node lonely = _net.AddNode("lonely");
        _net.Connect(_source, lonely);
        byte[] message = EnvelopeFactory.Encrypted(_source.Identity, DhtMessages.Node(77).PublicKey, s_secret).Build();
        Assert.That(_net.PostAndWait(_source, lonely, message), Is.EqualTo(MessageSendResult.Sent));
        _net.RunFor(1);
        Assert.That(
            lonely.Discards.Discards.Select(discard => discard.Reason),
            Is.EquivalentTo(new[] { DropReason.ForAnotherNode, DropReason.NoRecipients }));
        Assert.That(_net.Log.Entries.Where(entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning), Is.Empty);
        Assert.That(_source.Envelopes, Is.Empty);
        FinishWithoutBans();
    }

    [Test]
    public void A_join_whose_signed_body_has_an_unknown_field_is_passed_on_unchanged_and_the_next_node_takes_it()
    {
        Node next = _net.AddNode("next");
        _net.Connect(next, _node);
        byte[] join = DhtMessages.Join(_source.Identity, OwnClaimMessage.Encode(_source.Identity, DhtMessages.Nonce)).With(envelope =>
        {
            envelope.Body = [.. envelope.Body, 0x10, 0x01];
        }).SignedBy(_source.Identity).Build();
        Assert.That(next.Knows(_source), Is.False);

        Deliver(join);
        Assert.That(_neighbour.Envelopes, Is.EqualTo(new[] { join }));
        Assert.That((next.DeliveredFrom(_node), next.Knows(_source)), Is.EqualTo((1, true)));
        FinishWithoutBans();
    }

    [Test]
    public void An_unknown_field_in_the_envelope_ends_a_join_without_a_word_or_a_ban()
    {
        byte[] join = DhtMessages.Join(_source.Identity, OwnClaimMessage.Encode(_source.Identity, DhtMessages.Nonce)).Build();
        Deliver([.. join, .. s_unknownField]);
        Assert.That((_neighbour.Envelopes.Count, _node.Received.Count), Is.EqualTo((0, 0)));
        Assert.That(_node.Discards.Discards.Single().Stage, Is.EqualTo(StageName.Deserialize));

        // What was wrong is the field alone.
        Deliver(join);
        Assert.That(_neighbour.Envelopes, Is.EqualTo(new[] { join }));
        FinishWithoutBans();
    }

    [Test]
    public void A_join_that_comes_again_with_a_longer_signature_is_passed_on_once()
    {
        EnvelopeFactory join = DhtMessages.Join(_source.Identity, OwnClaimMessage.Encode(_source.Identity, DhtMessages.Nonce));
        byte[] first = join.Build();
        Deliver(first);
        Deliver(join.With(envelope => envelope.Signature = [.. envelope.Signature, .. s_unknownField]).Build());
        Assert.That(_neighbour.Envelopes, Is.EqualTo(new[] { first }));
        FinishWithoutBans();
    }

    [Test]
    public void A_discovery_response_that_another_than_its_signer_delivers_costs_exactly_the_deliverer_a_ban()
    {
        Node target = _net.AddNode("target");
        _net.Connect(_source, target);
        Net.Introduce(_node, target);
        byte[] question = DhtMessages.Discovery(_source.Identity, OwnClaimMessage.Encode(_source.Identity, nonce: 1)).Build();
        Assert.That(_net.PostAndWait(_source, target, question), Is.EqualTo(MessageSendResult.Sent));
        _net.RunFor(1);
        byte[] response = _source.Envelopes.Single();
        Assert.That(EnvelopeReader.Read(response, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        var header = new DhtMessageHeader(response, layout);
        Assert.That((header.MessageType, header.Destination.IsUnknown), Is.EqualTo((DhtMessageType.DiscoveryResponse, true)));

        Deliver(response);
        Assert.That(_net.Bans, Is.EqualTo([("node", "source")]));
        Assert.That(_node.Received, Is.Empty);
        _net.Finish();
    }

    [Test]
    public void A_valid_signature_over_an_ephemeral_key_that_is_no_point_is_an_error_and_costs_nobody_a_ban()
    {
        byte[] envelope = EnvelopeFactory.Encrypted(_source.Identity, _node.Identity.PublicKey, s_secret)
            .With(factory => factory.EphemeralPublicKey = [.. Enumerable.Repeat((byte)0xff, 32)])
            .SignedBy(_source.Identity)
            .Build();
        Deliver(envelope);
        Assert.That(_node.Received, Is.Empty);
        RecordingDiscardObserver.Discard discard = _node.Discards.Discards.Single();
        Assert.That((discard.Stage, discard.Reason), Is.EqualTo((StageName.Deserialize, DropReason.InvalidEphemeralPublicKey)));
        Assert.That(discard.Reason.IsError());
        FinishWithoutBans();
    }

    /// <summary>Sends an envelope to the node and lets everything happen that follows.</summary>
    private void Deliver(byte[] envelope)
    {
        Assert.That(_net.PostAndWait(_source, _node, envelope), Is.EqualTo(MessageSendResult.Sent));
        _net.RunFor(1);
    }

    private Received TheOneReceived()
    {
        Assert.That(_node.Received, Has.Count.EqualTo(1));
        return _node.Received[0];
    }

    private uint HitCountOf(byte[] body)
    {
        Assert.That(EnvelopeBody.Decode(body, out EnvelopeBody decoded), Is.EqualTo(EnvelopeBodyStatus.Ok));
        return _node.Dht.Requester.GetMessageCacheHitCount(DedupKey.ComputeUnsigned(decoded).Bytes);
    }

    private void FinishWithoutBans()
    {
        Assert.That(_net.Bans, Is.Empty);
        _net.Finish();
    }
}
