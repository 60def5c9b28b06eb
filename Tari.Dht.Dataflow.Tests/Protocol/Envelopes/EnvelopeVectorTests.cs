using System.Text.Json;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

/// <summary>The envelopes a node received, as far as their bytes and headers decide what becomes of them.</summary>
[TestFixture]
[Category(VectorFile.Category)]
public sealed class EnvelopeVectorTests
{
    private static readonly string[] s_stages =
        ["deserialize", "saf_filter", "expiry_filter", "decryption", "dedup", "rebroadcast_filter", "passed"];

    private static IEnumerable<TestCaseData> Inbound => VectorFile.Cases("envelopes.json", "inbound");

    [Test]
    public void Vectors_of_envelopes_are_of_known_kinds() => VectorFile.AssertKinds("envelopes.json", "identities", "inbound");

    [TestCaseSource(nameof(Inbound))]
    public void Read_OfAReceivedEnvelope_EndsAsTheNetworkHasIt(JsonElement vector)
    {
        byte[] envelope = vector.GetProperty("envelope").Blob();
        JsonElement expected = vector.GetProperty("expected");
        string? error = expected.OptionalText("error");
        Assert.That(expected.Text("stage"), Is.AnyOf([.. s_stages]));

        EnvelopeStatus status = EnvelopeReader.Read(envelope, out EnvelopeLayout layout);

        Assert.That(status, Is.EqualTo(vector.Optional("envelope_canonical")?.GetBoolean() switch
        {
            null => EnvelopeStatus.Malformed,
            false => EnvelopeStatus.NonCanonical,
            true when envelope.Length == 0 => EnvelopeStatus.Empty,
            true => EnvelopeStatus.Ok,
        }));
        Assert.That(EnvelopeReader.Read(SequenceFactory.OneBytePerSegment(envelope), out _), Is.EqualTo(status));
        if (status != EnvelopeStatus.Ok)
        {
            Assert.That(error, Is.EqualTo(status switch
            {
                EnvelopeStatus.Malformed => "DecodeError",
                EnvelopeStatus.Empty => "EmptyMessage",
                _ => "NonCanonical",
            }));
            return;
        }

        // The peer store is asked before the header is looked at.
        if (error?.StartsWith("PeerManagerError::", StringComparison.Ordinal) == true)
        {
            return;
        }

        DhtMessageError headerError = DhtMessageHeader.TryCreate(envelope, layout, out DhtMessageHeader header);
        if (expected.Text("stage") == "deserialize")
        {
            Assert.That("DhtMessageError::" + headerError, Is.EqualTo(error));
            return;
        }

        Assert.That(headerError, Is.EqualTo(DhtMessageError.None));
        AssertHeader(expected.GetProperty("header"), header);
        byte[] body = layout.BodyOf((ReadOnlyMemory<byte>)envelope).ToArray();
        AssertWrittenAgain(header, body, envelope);
        if (expected.Text("stage") is not ("saf_filter" or "expiry_filter"))
        {
            Assert.That(BindingHashTests.Compute(header.View, body), Is.EqualTo(expected.Text("binding_hash")));
            AssertKeptHeaders(expected, header, body);
            Assert.That(header.IsSemanticallyValid(body.Length), Is.EqualTo(error != "BadEncryptedMessageSemantics"));
            AssertBody(expected, header, body, error);
        }
    }

    private static void AssertHeader(JsonElement expected, in DhtMessageHeader header)
    {
        Assert.That((uint)header.Version, Is.EqualTo(expected.GetProperty("version").GetUInt32()));
        Assert.That(header.Destination.PublicKey?.ToString(), Is.EqualTo(expected.OptionalText("destination")));
        Assert.That(Convert.ToHexStringLower(header.MessageSignature), Is.EqualTo(expected.Text("message_signature")));
        Assert.That(
            Convert.ToHexStringLower(header.EphemeralPublicKey), Is.EqualTo(expected.OptionalText("ephemeral_public_key") ?? string.Empty));
        Assert.That((int)header.MessageType, Is.EqualTo(expected.GetProperty("message_type").GetInt32()));
        Assert.That((uint)header.Flags, Is.EqualTo(expected.GetProperty("flags").GetUInt32()));
        Assert.That(header.MessageTag.ToString(), Is.EqualTo(expected.Text("message_tag")));
        Assert.That(header.Expires?.ToString(), Is.EqualTo(expected.OptionalText("expires")));
    }

    private static void AssertWrittenAgain(in DhtMessageHeader header, byte[] body, byte[] envelope)
    {
        // The one thing that does not survive is an unknown destination of "false".
        byte[] expected = [.. envelope];
        if (header.Destination.IsUnknown)
        {
            int at = envelope.AsSpan(0, 8).LastIndexOf([(byte)0x08, (byte)header.Version, (byte)0x18]) + 3;
            Assert.That(at, Is.GreaterThan(3));
            expected[at] = 1;
        }

        Assert.That(EnvelopeWriterTests.Write(header.View, body), Is.EqualTo(expected));
    }

    private static void AssertKeptHeaders(JsonElement expected, in DhtMessageHeader header, byte[] body)
    {
        foreach (string after in new[] { "after", "after_with_forwarding" })
        {
            foreach (JsonElement sent in expected.Optional(after)?.GetProperty("sent").EnumerateArray() ?? default)
            {
                if (sent.OptionalHex("kept_header") is { } kept)
                {
                    // Behind the key and the length of the header, which is all there is without a body.
                    byte[] written = EnvelopeWriterTests.Write(header.View, []);
                    Assert.That(written[^kept.Length..], Is.EqualTo(kept));
                    Assert.That(written, Has.Length.EqualTo(kept.Length + (kept.Length < 128 ? 2 : 3)));
                    Assert.That(sent.OptionalHex("body"), Is.EqualTo(body), "sent on as it came");
                }
            }
        }
    }

    private static void AssertBody(JsonElement expected, in DhtMessageHeader header, byte[] body, string? error)
    {
        EnvelopeBody? decoded = null;
        if (!header.IsEncrypted && error != "InvalidSignature")
        {
            EnvelopeBodyStatus status = EnvelopeBody.Decode(body, out EnvelopeBody found);
            Assert.That(status != EnvelopeBodyStatus.Ok, Is.EqualTo(error == "EnvelopeBodyDecodeFailed"), status.ToString());
            decoded = found;
            if (expected.Optional("parts") is { } parts)
            {
                Assert.That(EnvelopeBodyTests.PartsOf(found), Is.EqualTo(parts.EnumerateArray().Select(part => part.GetString())));
            }
        }

        if (expected.OptionalText("dedup_hash") is { } hash)
        {
            Assert.That(DedupKey.Compute(header.MessageSignature, header.Flags, body, decoded).ToString(), Is.EqualTo(hash));
            Assert.That(DedupKey.ComputeUndecoded(header.MessageSignature, header.Flags, body, decoded).ToString(), Is.EqualTo(hash));
        }
    }
}
