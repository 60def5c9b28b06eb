using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Outbound;

/// <summary>
/// The <c>send</c> cases of outbound.json: what the reference sent is read by our inbound graph, and what our outbound graph sends for the
/// same request is compared with it, or read where it has a random part.
/// </summary>
[TestFixture]
[Category(VectorFile.Category)]
internal sealed class OutboundVectorTests
{
    private const string FileName = "outbound.json";

    private static readonly string[] s_fields =
    [
        "destination", "domain_message_type", "encrypt", "force_origin", "kind", "message_type", "message_wire", "name", "now",
        "recipient_public_key", "recipient_secret_key", "sender_public_key", "sender_secret_key", "strategy", "tag",
        "with_domain_header", "expected",
    ];

    private static readonly string[] s_expectedFields =
        ["all_recipients_same_bytes", "dedup_cache_inserts", "envelope_read_only", "expires_is_now_plus", "recipients"];

    private static IEnumerable<TestCaseData> SendCases => VectorFile.Cases(FileName, "send");

    [Test]
    public void Every_kind_of_case_is_known() => VectorFile.AssertKinds(FileName, "serialize", "send");

    [TestCaseSource(nameof(SendCases))]
    public async Task What_the_reference_sent_is_read_here(JsonElement vector)
    {
        AssertFieldsKnown(vector);
        byte[] envelope = vector.GetProperty("expected").GetProperty("envelope_read_only").Blob();
        await AssertReadable(vector, envelope);
        AssertDedupInserts(vector, envelope, DedupKeyOf(envelope), vector.GetProperty("expected").GetProperty("dedup_cache_inserts"));
    }

    [TestCaseSource(nameof(SendCases))]
    public async Task What_is_sent_here_is_what_the_reference_sent(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] reference = expected.GetProperty("envelope_read_only").Blob();
        NodeId[] recipients = [.. expected.GetProperty("recipients").EnumerateArray().Select(id => NodeId.FromHex(id.GetString()!))];
        using NodeIdentity sender = new(CommsSecretKey.FromBytes(vector.Hex("sender_secret_key")));
        Assert.That(sender.PublicKey.ToString(), Is.EqualTo(vector.Text("sender_public_key")));

        await using var probe = new OutboundProbe(sender, new ScriptedPeerSelector(recipients));
        probe.Clock.ShiftWallClock(DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64()) - probe.Clock.GetUtcNow());
        SendMessageResponse response = vector.GetProperty("with_domain_header").GetBoolean()
            ? await probe.Requester.SendMessageAsync(Parameters(vector, recipients), Message(vector))
            : await probe.Requester.SendMessageNoHeaderAsync(Parameters(vector, recipients), Message(vector));
        var sent = await probe.TakeAsync(recipients.Length);

        Assert.That(response.Resolve().ToTags(), Is.EqualTo(Enumerable.Repeat(Tag(vector), recipients.Length)));
        Assert.That(sent.Select(message => message.Peer), Is.EqualTo(recipients));
        Assert.That(sent.Select(message => message.Tag), Is.All.EqualTo(Tag(vector)));
        bool sameBytes = sent.All(message => message.Envelope.AsSpan().SequenceEqual(sent[0].Envelope));
        Assert.That(sameBytes, Is.EqualTo(expected.GetProperty("all_recipients_same_bytes").GetBoolean()));

        byte[] ours = sent[0].Envelope;
        bool signed = vector.GetProperty("encrypt").GetBoolean() || vector.GetProperty("force_origin").GetBoolean();
        bool randomNonce = vector.Text("strategy") == "direct_public_key" && vector.GetProperty("with_domain_header").GetBoolean();
        if (!signed && !randomNonce)
        {
            Assert.That(Convert.ToHexStringLower(ours), Is.EqualTo(Convert.ToHexStringLower(reference)));
        }

        await AssertReadable(vector, ours);
        var inserts = probe.Cache.Hits;
        Assert.That(inserts, Has.Count.EqualTo(expected.GetProperty("dedup_cache_inserts").GetArrayLength()));
        if (inserts.Count > 0)
        {
            JsonElement insert = expected.GetProperty("dedup_cache_inserts")[0];
            Assert.That(inserts[0].Key, Is.EqualTo(DedupKeyOf(ours).ToString()));
            Assert.That(inserts[0].ReceivedFrom.ToString(), Is.EqualTo(insert.Text("received_from")));
            Assert.That(inserts[0].IsSigned, Is.EqualTo(insert.GetProperty("is_signed").GetBoolean()));
            Assert.That(inserts[0].Expires?.ToString(CultureInfo.InvariantCulture), Is.EqualTo(insert.Text("expires")));
            if (!signed)
            {
                Assert.That(inserts[0].Key, Is.EqualTo(insert.Text("hash")));
            }
        }
    }

    private static void AssertFieldsKnown(JsonElement vector)
    {
        Assert.That(vector.EnumerateObject().Select(field => field.Name), Is.SubsetOf(s_fields));
        Assert.That(vector.GetProperty("expected").EnumerateObject().Select(field => field.Name), Is.SubsetOf(s_expectedFields));
    }

    private static ulong Tag(JsonElement vector) => ulong.Parse(vector.Text("tag"), CultureInfo.InvariantCulture);

    private static OutboundDomainMessage Message(JsonElement vector) =>
        new(vector.Optional("domain_message_type")?.GetInt32() ?? 0, vector.Hex("message_wire"));

    private static NodeDestination Destination(JsonElement vector) =>
        vector.OptionalHex("destination") is { } key ? new NodeDestination(new CommsPublicKey(key)) : NodeDestination.Unknown;

    private static SendMessageParams Parameters(JsonElement vector, NodeId[] recipients)
    {
        CommsPublicKey recipient = new(vector.Hex("recipient_public_key"));
        SendMessageParams parameters = new SendMessageParams()
            .WithTag(Tag(vector))
            .WithDestination(Destination(vector))
            .WithDhtMessageType((DhtMessageType)vector.GetProperty("message_type").GetInt32());
        parameters = vector.Text("strategy") switch
        {
            "direct_public_key" => parameters.DirectPublicKey(recipient),
            "broadcast" => parameters.Broadcast([]),
            "propagate" => parameters.Propagate(Destination(vector), []),
            "flood" => parameters.Flood([]),
            "random" => parameters.Random(recipients.Length),
            "selected_peers" => parameters.SelectedPeers(recipients),
            var other => throw new InvalidDataException($"Strategy '{other}' is unknown."),
        };
        if (vector.GetProperty("encrypt").GetBoolean())
        {
            parameters.WithEncryption(OutboundEncryption.EncryptFor(recipient));
        }

        return vector.GetProperty("force_origin").GetBoolean() ? parameters.ForceOrigin() : parameters;
    }

    /// <summary>The recipient's own inbound graph reads the envelope as the case describes it.</summary>
    private static async Task AssertReadable(JsonElement vector, byte[] envelope)
    {
        using NodeIdentity recipient = new(CommsSecretKey.FromBytes(vector.Hex("recipient_secret_key")));
        Assert.That(recipient.PublicKey.ToString(), Is.EqualTo(vector.Text("recipient_public_key")));
        CommsPublicKey sender = new(vector.Hex("sender_public_key"));
        await using var probe = new InboundProbe(recipient, new InMemoryPeerLookup(new Peer(sender)));
        long now = vector.GetProperty("now").GetInt64();
        probe.Clock.ShiftWallClock(DateTimeOffset.FromUnixTimeSeconds(now) - probe.Clock.GetUtcNow());
        using DecryptedDhtMessage? message = await probe.RunOneAsync(NodeId.FromPublicKey(sender), envelope);

        bool encrypt = vector.GetProperty("encrypt").GetBoolean();
        if (encrypt && Destination(vector).IsUnknown)
        {
            // Built and sent without complaint, and refused by every receiver.
            Assert.That(message, Is.Null);
            Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.BadEncryptedMessageSemantics));
            return;
        }

        Assert.That(message, Is.Not.Null);
        Assert.That(message!.DecryptionSucceeded);
        Assert.That(message.IsEncrypted, Is.EqualTo(encrypt));
        Assert.That(
            message.AuthenticatedOrigin, Is.EqualTo(encrypt || vector.GetProperty("force_origin").GetBoolean() ? sender : null));
        DhtMessageHeader header = message.Header;
        Assert.That(header.Version, Is.EqualTo(DhtProtocolVersion.V2));
        Assert.That(header.MessageTag, Is.EqualTo(Tag(vector)));
        Assert.That((int)header.MessageType, Is.EqualTo(vector.GetProperty("message_type").GetInt32()));
        Assert.That(header.Destination, Is.EqualTo(Destination(vector)));
        ulong expires = (ulong)(now + vector.GetProperty("expected").GetProperty("expires_is_now_plus").GetInt64());
        Assert.That(header.Expires, Is.InRange(expires - 1, expires + 1));

        EnvelopeBody body = message.Body;
        Assert.That(Convert.ToHexStringLower(body[body.PartCount - 1].Span), Is.EqualTo(vector.Text("message_wire")));
        if (vector.GetProperty("with_domain_header").GetBoolean())
        {
            Assert.That(body.PartCount, Is.EqualTo(2));
            Assert.That(DomainMessageHeader.TryRead(body[0].Span, out DomainMessageHeader domain));
            Assert.That(domain.MessageType, Is.EqualTo(vector.GetProperty("domain_message_type").GetInt32()));
            Assert.That(domain.Nonce, vector.Text("strategy") == "direct_public_key" ? Is.Not.Zero : Is.Zero);
        }
        else
        {
            Assert.That(body.PartCount, Is.EqualTo(1));
        }
    }

    private static void AssertDedupInserts(JsonElement vector, byte[] envelope, DedupKey key, JsonElement inserts)
    {
        foreach (JsonElement insert in inserts.EnumerateArray())
        {
            Assert.That(
                insert.EnumerateObject().Select(field => field.Name),
                Is.EquivalentTo(new[] { "expires", "hash", "is_signed", "received_from" }));
            Assert.That(key.ToString(), Is.EqualTo(insert.Text("hash")));
            Assert.That(vector.Text("sender_public_key"), Is.EqualTo(insert.Text("received_from")));
            Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
            Assert.That(layout.Expires.ToString(CultureInfo.InvariantCulture), Is.EqualTo(insert.Text("expires")));
            Assert.That(layout.SignatureLength > 0, Is.EqualTo(insert.GetProperty("is_signed").GetBoolean()));
        }
    }

    private static DedupKey DedupKeyOf(byte[] envelope)
    {
        Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        EnvelopeBody? decoded = EnvelopeBody.Decode(layout.BodyOf(envelope.AsMemory()), out EnvelopeBody body) == EnvelopeBodyStatus.Ok
            ? body
            : null;
        return DedupKey.ComputeUndecoded(
            layout.SignatureOf(envelope), (DhtMessageFlags)layout.Flags, layout.BodyOf(envelope.AsSpan()), decoded);
    }
}
