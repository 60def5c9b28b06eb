using System.Text.Json;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class MessageSignatureCodecTests
{
    private static IEnumerable<TestCaseData> Signatures => VectorFile.Cases("signatures.json", "sign", "verify");

    [Test]
    public void Convert_OfSeveralFaults_NamesTheFirst()
    {
        byte[] key = new byte[32];
        byte[] tooLarge = [.. Enumerable.Repeat((byte)0xff, 32)];

        Assert.Multiple(() =>
        {
            Assert.That(Status(Encode([1], [1], [1])), Is.EqualTo(MessageSignatureStatus.InvalidSignerPublicKeyBytes));
            Assert.That(Status(Encode(key, [1], [1])), Is.EqualTo(MessageSignatureStatus.InvalidPublicNonceBytes));
            Assert.That(Status(Encode(key, key, [1])), Is.EqualTo(MessageSignatureStatus.InvalidSignatureBytes));
            Assert.That(Status(Encode(key, key, tooLarge)), Is.EqualTo(MessageSignatureStatus.InvalidSignatureBytes));
            Assert.That(Status(Encode(key, key, key)), Is.EqualTo(MessageSignatureStatus.Ok));
        });
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 5, 1 })]
    public void TryDecode_OfMutatedSignatures_AgreesWithThePlainRulesAndWithGoogleProtobufOnFieldsAndCanonicalBytes(int seed)
    {
        var random = new Random(seed);
        int canonical = 0, decoded = 0, malformed = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] bytes = Mutate(random);
            bool decodes = MessageSignatureCodec.TryDecode(bytes, out MessageSignatureFields fields);
            Assert.That(decodes, Is.EqualTo(PlainEnvelope.Decodes(bytes, [1, 2, 3])), Convert.ToHexStringLower(bytes));
            if (!decodes)
            {
                malformed++;
                continue;
            }

            decoded++;
            Generated.ProtoMessageSignature google = Generated.ProtoMessageSignature.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
            byte[] expected = google.ToByteArray();
            byte[] written = new byte[MessageSignatureCodec.GetCanonicalLength(fields)];
            bool same = fields.SignerPublicKey.Of(bytes).SequenceEqual(google.SignerPublicKey.Span)
                && fields.PublicNonce.Of(bytes).SequenceEqual(google.PublicNonce.Span)
                && fields.Signature.Of(bytes).SequenceEqual(google.Signature.Span)
                && MessageSignatureCodec.WriteCanonical(bytes, fields, written) == written.Length
                && written.AsSpan().SequenceEqual(expected)
                && fields.IsCanonical == expected.AsSpan().SequenceEqual(bytes);
            Assert.That(same, Is.True, Convert.ToHexStringLower(bytes));

            // The decryption stage reads signatures without this codec.
            bool usable = fields is { IsCanonical: true, SignerPublicKey.Length: 32, PublicNonce.Length: 32, Signature.Length: 32 };
            Assert.That(MessageSignature.TryReadCanonical(bytes, out _), Is.EqualTo(usable), Convert.ToHexStringLower(bytes));
            canonical += fields.IsCanonical ? 1 : 0;
        }

        Assert.That(canonical, Is.GreaterThan(3_000));
        Assert.That(decoded - canonical, Is.GreaterThan(3_000));
        Assert.That(malformed, Is.GreaterThan(1_000));
    }

    [Test]
    public void Decoding_AllocatesNothing()
    {
        byte[] usable = Encode(new byte[32], new byte[32], new byte[32]);
        byte[] other = [.. usable, 0x78, 1];

        Assert.That(
            AllocationProbe.BytesOf(() =>
            {
                MessageSignatureCodec.TryDecode(usable, out MessageSignatureFields fields);
                MessageSignatureCodec.Convert(usable, fields);
                MessageSignatureCodec.TryDecode(other, out _);
            }),
            Is.Zero);
    }

    [TestCaseSource(nameof(Signatures))]
    [Category(VectorFile.Category)]
    public void Decode_OfAVector_HasItsVerdictFieldsAndCanonicalBytes(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] wire = vector.Text("kind") == "sign" ? expected.Hex("wire") : vector.Hex("wire");

        bool decodes = MessageSignatureCodec.TryDecode(wire, out MessageSignatureFields fields);

        switch (expected.Text("protobuf"))
        {
            case "error":
                Assert.That(decodes, Is.False);
                return;
            case "ok":
                break;
            case string other:
                throw new InvalidDataException(other);
        }

        bool isCanonical = expected.GetProperty("canonical").GetBoolean();
        MessageSignatureStatus converted = expected.Text("decode") switch
        {
            "ok" => MessageSignatureStatus.Ok,
            string error => Enum.Parse<MessageSignatureStatus>(error),
        };
        Assert.That(decodes, Is.True);
        Assert.That(fields.IsCanonical, Is.EqualTo(isCanonical));
        Assert.That(MessageSignatureCodec.Convert(wire, fields), Is.EqualTo(converted));

        JsonElement parts = expected.GetProperty("fields");
        Assert.That(fields.SignerPublicKey.Of(wire).ToArray(), Is.EqualTo(parts.Hex("signer_public_key")));
        Assert.That(fields.PublicNonce.Of(wire).ToArray(), Is.EqualTo(parts.Hex("public_nonce")));
        Assert.That(fields.Signature.Of(wire).ToArray(), Is.EqualTo(parts.Hex("signature")));
        if (converted == MessageSignatureStatus.Ok)
        {
            byte[] canonical = new byte[MessageSignatureCodec.GetCanonicalLength(fields)];
            MessageSignatureCodec.WriteCanonical(wire, fields, canonical);
            Assert.That(canonical, Is.EqualTo(expected.Hex("canonical_bytes")));
        }
    }

    [Test]
    [Category(VectorFile.Category)]
    public void Vectors_of_signatures_are_of_known_kinds() => VectorFile.AssertKinds("signatures.json", "sign", "verify");

    private static MessageSignatureStatus Status(byte[] encoded)
    {
        Assert.That(MessageSignatureCodec.TryDecode(encoded, out MessageSignatureFields fields));
        return MessageSignatureCodec.Convert(encoded, fields);
    }

    private static byte[] Encode(byte[] signer, byte[] nonce, byte[] scalar) => new Generated.ProtoMessageSignature
    {
        SignerPublicKey = ByteString.CopyFrom(signer), PublicNonce = ByteString.CopyFrom(nonce), Signature = ByteString.CopyFrom(scalar),
    }.ToByteArray();

    private static byte[] Mutate(Random random)
    {
        int length = random.Next(4) == 0 ? random.Next(140) : 32;
        byte[] bytes = Encode(new byte[32], new byte[random.Next(5) == 0 ? 0 : 32], new byte[length]);
        byte[] other = Encode(new byte[random.Next(3)], [], new byte[random.Next(3)]);
        bytes = random.Next(12) switch
        {
            0 => [.. bytes, .. other],
            1 => [.. other, .. bytes],
            2 => [.. bytes, 0x78, 1],
            3 => [0x22, 0, .. bytes],
            4 => [0x8a, 0, .. bytes[1..]],
            5 => [.. bytes, 0x23, 0x08, 1, (byte)(0x24 + random.Next(2)), .. other],
            6 => [.. bytes, (byte)random.Next(8, 40), 1],
            7 => bytes[..random.Next(bytes.Length)],
            _ => bytes,
        };
        if (bytes.Length > 0 && random.Next(3) == 0)
        {
            bytes[random.Next(Math.Min(bytes.Length, 40))] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }
}
