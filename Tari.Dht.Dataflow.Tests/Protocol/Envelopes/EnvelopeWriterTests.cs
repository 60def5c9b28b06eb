using System.Text.Json;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Vectors;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class EnvelopeWriterTests
{
    private static readonly NodeDestination s_keyV = new(CommsPublicKey.FromHex(DhtMessageHeaderTests.KeyV));

    private static IEnumerable<TestCaseData> Serialized => VectorFile.Cases("outbound.json", "serialize");

    [Test]
    public void Write_TheExample_IsTheKnownEnvelope()
    {
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 1, null);

        Assert.That(Convert.ToHexStringLower(Write(header, [0x41])), Is.EqualTo("0a06080218015801120141"));
    }

    [Test]
    public void Write_TheKnownSignedMessage_IsTheKnownEnvelope()
    {
        byte[] envelope = Convert.FromHexString(EnvelopeReaderTests.KnownEnvelope);
        EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2, default, layout.SignatureOf(envelope), default, DhtMessageType.None, DhtMessageFlags.None, 1, null);

        Assert.That(Write(header, Convert.FromHexString("0a0568656c6c6f")), Is.EqualTo(envelope));
    }

    [Test]
    public void Write_ASignedClearJoinToTheOwnKeyWithAnExpiry_IsReadAsCanonical() => AssertCanonical(
        new DhtHeaderView(
            DhtProtocolVersion.V2, s_keyV, new byte[102], default, DhtMessageType.Join, DhtMessageFlags.None, 5, 1_900_000_000),
        new byte[40]);

    [Test]
    public void Write_AnEncryptedBodyOf120BytesForAKey_IsReadAsCanonical() => AssertCanonical(
        new DhtHeaderView(
            DhtProtocolVersion.V2,
            s_keyV,
            new byte[102],
            Convert.FromHexString(DhtMessageHeaderTests.EphemeralKey),
            DhtMessageType.None,
            DhtMessageFlags.Encrypted,
            5,
            1_900_000_000),
        new byte[120]);

    [Test]
    public void Write_UnsignedToUnknownWithoutExpiry_IsReadAsCanonical() => AssertCanonical(
        new DhtHeaderView(DhtProtocolVersion.V1, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 0, null), [1]);

    [Test]
    public void Write_WithoutABody_WritesNoBodyField()
    {
        var header = new DhtHeaderView(
            DhtProtocolVersion.V1, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 0, null);

        Assert.That(Convert.ToHexStringLower(Write(header, [])), Is.EqualTo("0a0408011801"));
    }

    [Test]
    public void Write_AReceivedHeaderWithUnknownFalse_SendsUnknownTrue()
    {
        byte[] received = Convert.FromHexString("0a0408021800120141");
        DhtMessageHeaderTests.TryCreate(received, out DhtMessageHeader header);

        Assert.That(Convert.ToHexStringLower(Write(header.View, [0x41])), Is.EqualTo("0a0408021801120141"));
    }

    [Test]
    public void WritePrefix_RightBeforeABody_CompletesTheEnvelopeInPlace()
    {
        byte[] buffer = new byte[EnvelopeWriter.MaxPrefixLength + 300];
        Span<byte> body = buffer.AsSpan(EnvelopeWriter.MaxPrefixLength);
        new Random(1).NextBytes(body);
        DhtHeaderView header = new(
            DhtProtocolVersion.V2, s_keyV, new byte[102], default, DhtMessageType.Join, DhtMessageFlags.None, ulong.MaxValue, 77);
        int length = EnvelopeWriter.GetPrefixLength(header, body.Length);

        int written = EnvelopeWriter.WritePrefix(header, body.Length, buffer.AsSpan(EnvelopeWriter.MaxPrefixLength - length));

        Assert.That(written, Is.EqualTo(length));
        Assert.That(buffer[(EnvelopeWriter.MaxPrefixLength - length)..], Is.EqualTo(Write(header, body)));
    }

    [Test]
    public void MaxPrefixLength_IsThatOfTheLongestHeaderBeforeTheLongestBody()
    {
        DhtHeaderView header = new(
            (DhtProtocolVersion)uint.MaxValue,
            s_keyV,
            new byte[EnvelopeWriter.MaxSignatureLength],
            new byte[32],
            (DhtMessageType)(-1),
            (DhtMessageFlags)uint.MaxValue,
            ulong.MaxValue,
            ulong.MaxValue);

        Assert.That(EnvelopeWriter.GetPrefixLength(header, int.MaxValue), Is.EqualTo(EnvelopeWriter.MaxPrefixLength));
    }

    [Test]
    public void Write_IntoTooShortASpan_Throws()
    {
        Assert.That(() => Into(10), Throws.ArgumentException);
        Assert.That(() => Into(3), Throws.ArgumentException);
        Assert.That(() => Into(11), Throws.Nothing);

        static void Into(int room)
        {
            DhtHeaderView header = new(
                DhtProtocolVersion.V2, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 1, null);
            EnvelopeWriter.Write(header, [0x41], new byte[room]);
        }
    }

    [Test]
    public void GetLength_OfAWholeThatDoesNotFitAnArray_Throws() => Assert.That(
        () => EnvelopeWriter.GetLength(
            new DhtHeaderView(DhtProtocolVersion.V2, default, default, default, default, default, 1, null), int.MaxValue),
        Throws.InstanceOf<OverflowException>());

    [TestCase(1)]
    [TestCase(31)]
    [TestCase(33)]
    public void HeaderView_WithAnEphemeralKeyOfAnotherLength_Throws(int length) => Assert.That(
        () => Write(new DhtHeaderView(DhtProtocolVersion.V2, default, default, new byte[length], default, default, 0, null), []),
        Throws.ArgumentException);

    [Test]
    public void Write_OfRandomHeaders_IsWhatGoogleProtobufWrites()
    {
        var random = new Random(42);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] key = new byte[32], signature = new byte[random.Next(3) * 51], ephemeral = new byte[random.Next(2) * 32];
            byte[] body = new byte[random.Next(300)];
            random.NextBytes(key);
            random.NextBytes(signature);
            random.NextBytes(ephemeral);
            random.NextBytes(body);
            ulong tag = (ulong)random.NextInt64() >> random.Next(64);
            ulong expires = (ulong)random.NextInt64() >> random.Next(64);
            int type = random.Next(int.MinValue, int.MaxValue) >> random.Next(32);
            uint flags = (uint)random.NextInt64() >> random.Next(32);
            bool isUnknown = random.Next(2) == 0;
            var google = new Generated.DhtHeader
            {
                Major = (uint)i % 3,
                MessageSignature = ByteString.CopyFrom(signature),
                EphemeralPublicKey = ByteString.CopyFrom(ephemeral),
                MessageType = (Generated.DhtMessageType)type,
                Flags = flags,
                MessageTag = tag,
                Expires = expires,
            };
            if (isUnknown)
            {
                google.Unknown = true;
            }
            else
            {
                google.PublicKey = ByteString.CopyFrom(key);
            }

            var header = new DhtHeaderView(
                (DhtProtocolVersion)((uint)i % 3),
                isUnknown ? default : new NodeDestination(new CommsPublicKey(key)),
                signature,
                ephemeral,
                (DhtMessageType)type,
                (DhtMessageFlags)flags,
                tag,
                expires);

            byte[] expected = new Generated.DhtEnvelope { Header = google, Body = ByteString.CopyFrom(body) }.ToByteArray();
            Assert.That(Write(header, body).AsSpan().SequenceEqual(expected), Is.True, $"case {i}");
        }
    }

    [Test]
    public void Write_AllocatesNothing()
    {
        byte[] buffer = new byte[500];
        byte[] signature = new byte[102];

        Assert.That(
            AllocationProbe.BytesOf(() =>
            {
                DhtHeaderView header = new(DhtProtocolVersion.V2, s_keyV, signature, default, default, default, 9, 9);
                EnvelopeWriter.Write(header, buffer.AsSpan(400), buffer);
            }),
            Is.Zero);
    }

    [TestCaseSource(nameof(Serialized))]
    [Category(VectorFile.Category)]
    public void Write_OfAVector_IsItsEnvelope(JsonElement vector)
    {
        JsonElement fields = vector.Optional("custom_header") ?? vector;
        byte[]? destination = fields.OptionalHex("destination");
        DhtHeaderView header = new(
            (DhtProtocolVersion)fields.GetProperty("version").GetUInt32(),
            destination is null ? default : new NodeDestination(new CommsPublicKey(destination)),
            fields.OptionalHex("message_signature"),
            fields.OptionalHex("ephemeral_public_key"),
            (DhtMessageType)fields.GetProperty("message_type").GetInt32(),
            (DhtMessageFlags)fields.GetProperty("flags").GetUInt32(),
            ulong.Parse(fields.Text("tag")),
            fields.OptionalText("expires") is { } expires ? ulong.Parse(expires) : null);
        byte[] body = vector.GetProperty("body").Blob();
        JsonElement expected = vector.GetProperty("expected");

        Assert.That(EnvelopeWriter.GetLength(header, body.Length), Is.EqualTo(expected.GetProperty("length").GetInt32()));
        VectorFile.AssertBytes(expected.GetProperty("envelope"), Write(header, body), vector.Text("name"));
    }

    [Test]
    [Category(VectorFile.Category)]
    public void Vectors_of_outbound_messages_are_of_known_kinds() => VectorFile.AssertKinds("outbound.json", "serialize", "send");

    internal static byte[] Write(in DhtHeaderView header, ReadOnlySpan<byte> body)
    {
        byte[] envelope = new byte[EnvelopeWriter.GetLength(header, body.Length)];
        Assert.That(EnvelopeWriter.Write(header, body, envelope), Is.EqualTo(envelope.Length));
        return envelope;
    }

    private static void AssertCanonical(in DhtHeaderView header, byte[] body)
    {
        byte[] envelope = Write(header, body);

        Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        Assert.That(layout.BodyLength, Is.EqualTo(body.Length));
        Assert.That(Generated.DhtEnvelope.Parser.ParseFrom(envelope).ToByteArray(), Is.EqualTo(envelope));
        DhtMessageHeader.TryCreate(envelope, layout, out DhtMessageHeader received);
        Assert.That(Write(received.View, body), Is.EqualTo(envelope), "sent on");
    }
}
