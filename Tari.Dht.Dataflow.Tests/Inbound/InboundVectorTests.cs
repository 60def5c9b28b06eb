using System.Text.Json;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Inbound;

/// <summary>Every case of envelopes.json through the real graph, up to the rebroadcast filter.</summary>
[TestFixture]
[Category(VectorFile.Category)]
internal sealed class InboundVectorTests
{
    private const string FileName = "envelopes.json";

    private static readonly string[] s_caseFields =
    [
        "name", "kind", "node", "source", "source_known", "envelope", "envelope_canonical", "dedup_hit_count",
        "dedup_allowed_message_occurrences", "expected",
    ];

    private static readonly string[] s_expectedFields =
    [
        "stage", "outcome", "error", "source_banned", "bans", "header", "binding_hash", "authenticated_origin", "decryption", "parts",
        "raw_body", "dedup_hash", "dedup_cache_request", "after", "after_with_forwarding",
    ];

    private static IEnumerable<TestCaseData> InboundCases => VectorFile.Cases(FileName, "inbound");

    [Test]
    public void Every_kind_of_case_is_known() => VectorFile.AssertKinds(FileName, "identities", "inbound");

    [TestCaseSource(nameof(InboundCases))]
    public async Task Message_ends_where_and_as_the_reference_has_it(JsonElement vector)
    {
        AssertFieldsKnown(vector, s_caseFields);
        JsonElement expected = vector.GetProperty("expected");
        AssertFieldsKnown(expected, s_expectedFields);
        JsonElement settings = VectorFile.Read(FileName).Single(element => element.Text("kind") == "identities");
        JsonElement identities = settings.GetProperty("identities");

        var pool = new CheckingArrayPool();
        var observer = new RecordingDiscardObserver();
        var cache = new ScriptedDedupCache { Answer = vector.GetProperty("dedup_hit_count").GetUInt32() };
        var clock = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(settings.GetProperty("now").GetInt64()));
        using NodeIdentity node = new(
            CommsSecretKey.FromBytes(identities.GetProperty(vector.Text("node")).Hex("secret_key")),
            (PeerFeatures)settings.GetProperty("node_features").GetUInt32());
        CommsPublicKey source = new(identities.GetProperty(vector.Text("source")).Hex("public_key"));
        var peers = new InMemoryPeerLookup();
        foreach (JsonElement known in settings.GetProperty("known_peers").EnumerateArray())
        {
            peers.AddOrUpdate(new Peer(new CommsPublicKey(identities.GetProperty(known.GetString()!).Hex("public_key"))));
        }

        Assert.That(
            peers.Find(NodeId.FromPublicKey(source)) is not null,
            Is.EqualTo(vector.GetProperty("source_known").GetBoolean()),
            "source_known");
        var pipeline = new InboundPipeline(node, peers, cache, new InboundPipelineOptions
        {
            BufferPool = pool,
            TimeProvider = clock,
            DiscardObserver = observer,
            DedupAllowedMessageOccurrences =
                (vector.Optional("dedup_allowed_message_occurrences")
                    ?? settings.GetProperty("dedup_allowed_message_occurrences")).GetInt32(),
        });
        var delivered = new BufferBlock<DecryptedDhtMessage>();
        pipeline.LinkTo(delivered, new DataflowLinkOptions { PropagateCompletion = true });
        byte[] envelope = vector.GetProperty("envelope").Blob();
        await pipeline.SendAsync(new InboundMessage(7, NodeId.FromPublicKey(source), BufferLease.CopyOf(pool, envelope)));
        pipeline.Complete();
        await pipeline.Completion;

        AssertBindingHash(expected, envelope);
        bool passed = delivered.TryReceive(out DecryptedDhtMessage? message);
        Assert.That(passed, Is.EqualTo(expected.Text("outcome") == "passed"), "passed");
        if (passed)
        {
            using (message)
            {
                Assert.That(expected.Text("stage"), Is.EqualTo("passed"));
                AssertHeader(expected.GetProperty("header"), message!.Header);
                AssertMessage(expected, message);
            }
        }
        else
        {
            Assert.That(observer.Discards, Has.Count.EqualTo(1));
            AssertDiscard(expected, observer.Discards[0]);
        }

        AssertDedupRequest(expected, cache);

        // Nothing up to the rebroadcast filter bans anybody.
        Assert.That(expected.GetProperty("source_banned").GetBoolean(), Is.False);
        Assert.That(expected.Optional("bans")?.GetArrayLength() ?? 0, Is.Zero);
        pool.AssertWhole();
    }

    private static void AssertFieldsKnown(JsonElement element, string[] known) =>
        Assert.That(element.EnumerateObject().Select(field => field.Name), Is.SubsetOf(known));

    private static void AssertDiscard(JsonElement expected, RecordingDiscardObserver.Discard discard)
    {
        (StageName stage, string outcome) = expected.Text("stage") switch
        {
            "deserialize" => (StageName.Deserialize, discard.Reason.IsError() ? "error" : "dropped"),
            "saf_filter" => (StageName.StoreAndForwardFilter, "filtered"),
            "expiry_filter" => (StageName.ExpiryFilter, "filtered"),

            // The vectors call a rejection here an error, though the reference's pipeline returns success.
            "decryption" => (StageName.Decryption, "error"),
            "dedup" => (StageName.Dedup, "filtered"),
            "rebroadcast_filter" => (StageName.RebroadcastFilter, "filtered"),
            var other => throw new InvalidDataException($"Stage '{other}' is unknown."),
        };
        string? error = expected.OptionalText("error");
        Assert.Multiple(() =>
        {
            Assert.That(discard.Stage, Is.EqualTo(stage));
            Assert.That(expected.Text("outcome"), Is.EqualTo(outcome));
            Assert.That(ReferenceName(discard.Reason), Is.EqualTo(error));
        });
    }

    private static string? ReferenceName(DropReason reason) => reason switch
    {
        DropReason.EmptyMessage or DropReason.DecodeError or DropReason.NonCanonical => reason.ToString(),
        DropReason.PeerNotFound => "PeerManagerError::PeerNotFound",
        DropReason.HeaderOmitted or DropReason.InvalidDestination or DropReason.InvalidEphemeralPublicKey
            or DropReason.InvalidProtocolVersion or DropReason.InvalidMessageType or DropReason.InvalidMessageFlags =>
            "DhtMessageError::" + reason,
        DropReason.InvalidSignature or DropReason.BadEncryptedMessageSemantics or DropReason.MessageRejectDecryptionFailed
            or DropReason.EnvelopeBodyDecodeFailed => reason.ToString(),
        DropReason.StoreAndForwardRequest or DropReason.Expired or DropReason.Duplicate or DropReason.NotRebroadcastable => null,
        _ => throw new InvalidDataException($"No case of the reference ends with {reason}."),
    };

    private static void AssertHeader(JsonElement expected, in DhtMessageHeader header)
    {
        AssertFieldsKnown(
            expected,
            ["destination", "ephemeral_public_key", "expires", "flags", "message_signature", "message_tag", "message_type", "version"]);
        Assert.That(header.Destination.PublicKey?.ToString(), Is.EqualTo(expected.OptionalText("destination")));
        Assert.That(NullIfEmpty(header.EphemeralPublicKey), Is.EqualTo(expected.OptionalText("ephemeral_public_key")));
        Assert.That(
            header.Expires?.ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(expected.OptionalText("expires")));
        Assert.That((uint)header.Flags, Is.EqualTo(expected.GetProperty("flags").GetUInt32()));
        Assert.That(Convert.ToHexStringLower(header.MessageSignature), Is.EqualTo(expected.Text("message_signature")));
        Assert.That(
            header.MessageTag.ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(expected.Text("message_tag")));
        Assert.That((int)header.MessageType, Is.EqualTo(expected.GetProperty("message_type").GetInt32()));
        Assert.That((uint)header.Version, Is.EqualTo(expected.GetProperty("version").GetUInt32()));

        static string? NullIfEmpty(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Convert.ToHexStringLower(bytes);
    }

    private static void AssertBindingHash(JsonElement expected, byte[] envelope)
    {
        if (expected.OptionalHex("binding_hash") is not { } bindingHash)
        {
            return;
        }

        Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        Assert.That(DhtMessageHeader.TryCreate(envelope, layout, out DhtMessageHeader header), Is.EqualTo(DhtMessageError.None));
        byte[] computed = new byte[BindingHash.Length];
        BindingHash.Compute(header.View, layout.BodyOf(envelope.AsSpan()), computed);
        Assert.That(computed, Is.EqualTo(bindingHash));
    }

    private static void AssertMessage(JsonElement expected, DecryptedDhtMessage message)
    {
        Assert.That(message.AuthenticatedOrigin?.ToString(), Is.EqualTo(expected.OptionalText("authenticated_origin")));
        Assert.That(message.DedupHash.ToString(), Is.EqualTo(expected.Text("dedup_hash")));
        bool succeeded = expected.Text("decryption") switch
        {
            "succeeded" => true,
            "failed" => false,
            var other => throw new InvalidDataException($"Decryption '{other}' is unknown."),
        };
        Assert.That(message.DecryptionSucceeded, Is.EqualTo(succeeded));
        if (succeeded)
        {
            string[] parts = [.. expected.GetProperty("parts").EnumerateArray().Select(part => Convert.ToHexStringLower(part.Blob()))];
            var read = new List<string>();
            foreach (ReadOnlyMemory<byte> part in message.Body)
            {
                read.Add(Convert.ToHexStringLower(part.Span));
            }

            Assert.That(read, Is.EqualTo(parts));
        }

        ReadOnlyMemory<byte> rawBody = message.RawBody;
        if (expected.Optional("raw_body") is not { } raw)
        {
            Assert.That(rawBody.IsEmpty);
        }
        else if (raw.ValueKind == JsonValueKind.String)
        {
            Assert.That(Convert.ToHexStringLower(rawBody.Span), Is.EqualTo(raw.GetString()));
        }
        else
        {
            byte[] digest = new byte[32];
            Blake2b.Hash(rawBody.Span, digest);
            Assert.That(rawBody.Length, Is.EqualTo(raw.GetProperty("length").GetInt32()));
            Assert.That(digest, Is.EqualTo(raw.Hex("blake2b_256")));
        }
    }

    private static void AssertDedupRequest(JsonElement expected, ScriptedDedupCache cache)
    {
        if (expected.Optional("dedup_cache_request") is not { } request)
        {
            // Given only for messages that passed; one that ended at or after dedup was counted as well.
            bool counted = expected.Text("stage") is "dedup" or "rebroadcast_filter";
            Assert.That(cache.Hits, Has.Count.EqualTo(counted ? 1 : 0));
            return;
        }

        AssertFieldsKnown(request, ["expires", "hash", "is_signed", "received_from"]);
        Assert.That(cache.Hits, Has.Count.EqualTo(1));
        ScriptedDedupCache.Hit hit = cache.Hits[0];
        Assert.That(hit.Key, Is.EqualTo(request.Text("hash")));
        Assert.That(hit.IsSigned, Is.EqualTo(request.GetProperty("is_signed").GetBoolean()));
        Assert.That(hit.ReceivedFrom.ToString(), Is.EqualTo(request.Text("received_from")));
        Assert.That(hit.Expires?.ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(request.OptionalText("expires")));
    }
}
