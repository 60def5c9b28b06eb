using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>The whole inbound graph of a node, as far as it is not about one kind of message.</summary>
[TestFixture]
internal sealed class DhtHandlerStageTests : HandlerFixture
{
    [Test]
    public async Task Clear_text_and_what_is_encrypted_for_this_node_reach_the_application()
    {
        await using HandlerProbe probe = Probe();
        foreach (EnvelopeFactory envelope in (EnvelopeFactory[])
            [EnvelopeFactory.ClearText("secret"u8.ToArray()), EnvelopeFactory.Encrypted(Node, Node.PublicKey, "secret"u8.ToArray())])
        {
            (DecryptedDhtMessage? delivered, _, _) = await probe.RunOneAsync(Relay.NodeId, envelope.Build());
            using (delivered)
            {
                Assert.That(delivered!.Body[0].ToArray(), Is.EqualTo("secret"u8.ToArray()));
            }
        }

        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_signed_message_is_delivered_and_its_copy_with_a_longer_signature_not_and_the_one_without_is_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe();
        EnvelopeFactory envelope = EnvelopeFactory.ClearText([1]).SignedBy(Signer);
        (DecryptedDhtMessage? signed, _, _) = await probe.RunOneAsync(Relay.NodeId, envelope.Build());
        using (signed)
        {
            Assert.That(signed!.AuthenticatedOrigin, Is.EqualTo(Signer.PublicKey));
        }

        envelope.Signature = [.. envelope.Signature, .. WireBytes.UnknownField];
        Assert.That((await probe.RunAsync(Relay, envelope.Build())).Reason, Is.Not.EqualTo(DropReason.None));
        envelope.Signature = [];
        (DecryptedDhtMessage? stripped, _, _) = await probe.RunOneAsync(Relay.NodeId, envelope.Build());
        using (stripped)
        {
            Assert.That(stripped!.AuthenticatedOrigin, Is.Null);
        }

        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task Stored_messages_of_type_21_reach_the_application()
    {
        await using HandlerProbe probe = Probe();
        byte[] envelope = EnvelopeFactory.ClearText([1]).With(f => f.MessageType = DhtMessageType.SafStoredMessages).Build();
        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.Delivery, DropReason.None)));
    }

    [Test]
    public async Task Without_forwarding_what_is_encrypted_for_another_node_ends_here_unsent()
    {
        await using HandlerProbe probe = Probe();
        byte[] envelope = EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [1]).Build();
        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.DhtHandler, DropReason.ForAnotherNode)));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task An_unsigned_message_to_nobody_is_delivered_as_often_as_it_may_occur()
    {
        await using HandlerProbe probe = Probe(
            new HandlerProbeOptions { Configure = options => options with { DedupAllowedMessageOccurrences = 3 } });
        byte[] envelope = EnvelopeFactory.ClearText([1, 2]).Build();
        for (int i = 0; i < 3; i++)
        {
            Assert.That((await probe.RunAsync(Relay, envelope)).Stage, Is.EqualTo(StageName.Delivery));
        }

        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.Dedup, DropReason.Duplicate)));
    }

    [Test]
    public async Task A_message_whose_type_was_altered_on_the_way_is_dropped_without_a_ban_and_the_true_one_still_delivered()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer));
        EnvelopeFactory message = EnvelopeFactory.ClearText([1])
            .With(f => f.Destination = new NodeDestination(Node.PublicKey)).SignedBy(Signer);
        byte[] genuine = message.Build();
        foreach (DhtMessageType type in (DhtMessageType[])[DhtMessageType.DiscoveryResponse, DhtMessageType.SafStoredMessages])
        {
            Assert.That(
                await probe.RunAsync(Relay, message.With(f => f.MessageType = type).Build()),
                Is.EqualTo((StageName.Decryption, DropReason.InvalidSignature)));
        }

        AssertNothingSentAndNobodyBanned(probe);
        Assert.That((await probe.RunAsync(Signer, genuine)).Stage, Is.EqualTo(StageName.Delivery));
    }

    [Test]
    public async Task A_signed_message_with_a_part_added_on_the_way_is_dropped_without_a_ban()
    {
        await using HandlerProbe probe = Probe();
        EnvelopeFactory message = EnvelopeFactory.ClearText([1]).SignedBy(Signer);
        message.Body = [.. message.Body, .. EnvelopeFactory.EncodeBody([42])];
        Assert.That((await probe.RunAsync(Relay, message.Build())).Reason, Is.EqualTo(DropReason.InvalidSignature));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_valid_signature_over_an_ephemeral_key_that_is_no_point_is_an_error_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe();
        byte[] envelope = EnvelopeFactory.Encrypted(Signer, Node.PublicKey, [1])
            .With(f => f.EphemeralPublicKey = [.. Enumerable.Repeat((byte)0xff, 32)]).SignedBy(Signer).Build();
        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.Deserialize, DropReason.InvalidEphemeralPublicKey)));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task Only_what_the_application_gets_counts_as_delivered()
    {
        using var metrics = new DeliveredCounter();
        await using HandlerProbe probe = Probe(
            new HandlerProbeOptions { Configure = options => options with { Metrics = metrics.Metrics } });
        await probe.RunAsync(Relay, EnvelopeFactory.ClearText([1]).Build());
        await probe.RunAsync(Relay, DhtMessages.Join(Signer, DhtMessages.Message(1)).Build());
        await probe.RunAsync(Relay, EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [1]).Build());
        Assert.That(metrics.Delivered, Is.EqualTo(1));
    }

    [Test]
    public async Task A_permitted_duplicate_goes_to_the_application_whatever_its_type()
    {
        var forms = new InboundForms();
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1)).Build();
        await using HandlerProbe probe = Probe(new HandlerProbeOptions
        {
            Cache = new ScriptedDedupCache { Answer = 2 },
            Configure = options => options with { DedupAllowedMessageOccurrences = 2 },
        });

        // The rebroadcast filter lets no such join through; the handler, asked by itself, would.
        Assert.That((await probe.RunAsync(Relay, join)).Stage, Is.EqualTo(StageName.RebroadcastFilter));
        using DecryptedDhtMessage message = forms.Decrypted(Node, join).Message!;
        message.DedupHitCount = 2;
        StageResult<DecryptedDhtMessage> result = await HandlerStages.DhtHandler(Node, probe).ProcessAsync(message, default);
        Assert.That(result.Message, Is.SameAs(message));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_decoy_with_the_bytes_of_an_unsigned_message_does_not_shadow_it()
    {
        var cache = new ScriptedDedupCache();
        await using var outbound = new OutboundProbe(Node, new ScriptedPeerSelector(Signer.NodeId), cache);
        await using HandlerProbe probe = Probe(
            new HandlerProbeOptions { EnableForwarding = true, Cache = cache, Outbound = outbound.Pipeline });
        byte[] body = EnvelopeFactory.EncodeBody([1, 2, 3]);
        using var throwAway = Dataflow.Peers.NodeIdentity.Generate();
        byte[] decoy = new EnvelopeFactory
        {
            Body = body,
            Flags = DhtMessageFlags.Encrypted,
            Destination = new NodeDestination(Signer.PublicKey),
            EphemeralPublicKey = throwAway.PublicKey.Bytes.ToArray(),
        }.SignedBy(throwAway).Build();
        Assert.That((await probe.RunAsync(Relay, decoy)).Reason, Is.EqualTo(DropReason.ForAnotherNode));
        Assert.That((await outbound.TakeAsync(1))[0].Envelope, Is.EqualTo(decoy), "forwarded as it came");
        Assert.That(EnvelopeBody.Decode(body, out EnvelopeBody decoded), Is.EqualTo(EnvelopeBodyStatus.Ok));
        Assert.That(cache.GetHitCount(DedupKey.ComputeUnsigned(decoded).Bytes), Is.Zero);

        (DecryptedDhtMessage? delivered, _, _) = await probe.RunOneAsync(Relay.NodeId, EnvelopeFactory.ClearText([1, 2, 3]).Build());
        using (delivered)
        {
            Assert.That(delivered!.AuthenticatedOrigin, Is.Null);
            Assert.That(delivered.DecryptionSucceeded);
        }
    }
}
