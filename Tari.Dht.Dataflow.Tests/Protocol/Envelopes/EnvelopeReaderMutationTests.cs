using System.Buffers;
using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

/// <summary>
/// The reader against two twins that decode and encode again: Google.Protobuf's generated code, and the rules of the network
/// written down plainly.
/// </summary>
/// <remarks>
/// Google.Protobuf agrees on what is canonical but takes bytes for decodable that the network does not: a known field of a foreign wire
/// type is an unknown field to it, a field of wire type 6 or 7 has no value to it, and it drops the bits of a key above 32 and those
/// of a varint above 64. The other way round it allows one level of nesting less, if the innermost group is empty. So it
/// decides on canonical or not, and the plain twin decides between malformed and not canonical.
/// </remarks>
[TestFixture]
public sealed class EnvelopeReaderMutationTests
{
    private const int Cases = 150_000;

    private static readonly MessageParser<Generated.DhtEnvelope> s_parser = Generated.DhtEnvelope.Parser.WithDiscardUnknownFields(true);

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 20_240_611, 1 })]
    public void Read_OfMutatedEnvelopes_AcceptsExactlyWhatDecodesAndEncodesToTheSameBytes(int seed)
    {
        var mutator = new EnvelopeMutator(seed);
        var cuts = new Random(seed);
        int[] seen = new int[4];
        int googleDecodesMore = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = mutator.Next();
            EnvelopeStatus status = EnvelopeReader.Read(bytes, out EnvelopeLayout layout);
            seen[(int)status]++;

            Generated.DhtEnvelope? google = DecodeWithGoogle(bytes);
            bool googleCanonical = google is not null && bytes.Length > 0 && google.ToByteArray().AsSpan().SequenceEqual(bytes);
            PlainEnvelope? plain = PlainEnvelope.Decode(bytes);
            EnvelopeStatus expected = bytes.Length == 0 ? EnvelopeStatus.Empty
                : plain is null ? EnvelopeStatus.Malformed
                : plain.Encode().AsSpan().SequenceEqual(bytes) ? EnvelopeStatus.Ok
                : EnvelopeStatus.NonCanonical;

            Require(status == expected, bytes, $"case {i}: {status}, the plain twin says {expected}");
            Require((status == EnvelopeStatus.Ok) == googleCanonical, bytes, $"case {i}: {status}, Google.Protobuf otherwise");

            // Only nesting at the limit is too much for Google.Protobuf alone, and it takes this many bytes.
            Require(plain is null || google is not null || bytes.Length >= 200, bytes, $"case {i}: Google.Protobuf decodes less");
            googleDecodesMore += google is not null && plain is null ? 1 : 0;
            if (status == EnvelopeStatus.Ok)
            {
                Require(Holds(layout, bytes, google!), bytes, $"case {i}: the layout is not what Google.Protobuf decoded");
            }

            RequireSame(SequenceFactory.OneBytePerSegment(bytes), status, layout, bytes, i);
            RequireSame(SequenceFactory.RandomSegments(bytes, cuts, 1 + (i % 40)), status, layout, bytes, i);
        }

        // The mutations are worth something only if every answer comes up often.
        TestContext.Out.WriteLine($"ok {seen[0]}, empty {seen[1]}, malformed {seen[2]}, not canonical {seen[3]}; "
            + $"{googleDecodesMore} malformed ones that Google.Protobuf decodes");
        Assert.That(seen[(int)EnvelopeStatus.Ok], Is.GreaterThan(Cases / 10));
        Assert.That(seen[(int)EnvelopeStatus.Malformed], Is.GreaterThan(Cases / 10));
        Assert.That(seen[(int)EnvelopeStatus.NonCanonical], Is.GreaterThan(Cases / 10));
        Assert.That(googleDecodesMore, Is.GreaterThan(100));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 99, 1 })]
    public void Read_OfRandomBytes_NeverThrowsAndAgreesWithThePlainTwin(int seed)
    {
        var mutator = new EnvelopeMutator(seed);
        var random = new Random(seed);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = mutator.Bytes(random.Next(1, 64));

            // Random bytes seldom start like an envelope.
            if (i % 2 == 0)
            {
                bytes[0] = (byte)(i % 4 == 0 ? 0x0a : 0x12);
                bytes[^1] &= 0x7f;
            }

            EnvelopeStatus status = EnvelopeReader.Read(bytes, out EnvelopeLayout layout);
            PlainEnvelope? plain = PlainEnvelope.Decode(bytes);
            EnvelopeStatus expected = plain is null ? EnvelopeStatus.Malformed
                : plain.Encode().AsSpan().SequenceEqual(bytes) ? EnvelopeStatus.Ok
                : EnvelopeStatus.NonCanonical;
            Require(status == expected, bytes, $"case {i}: {status}, not {expected}");
            RequireSame(SequenceFactory.RandomSegments(bytes, random, 3), status, layout, bytes, i);
        }
    }

    private static Generated.DhtEnvelope? DecodeWithGoogle(byte[] bytes)
    {
        try
        {
            return s_parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static bool Holds(in EnvelopeLayout layout, byte[] bytes, Generated.DhtEnvelope google)
    {
        Generated.DhtHeader header = google.Header ?? new Generated.DhtHeader();
        DestinationKind kind = header.DestinationCase switch
        {
            Generated.DhtHeader.DestinationOneofCase.Unknown => DestinationKind.Unknown,
            Generated.DhtHeader.DestinationOneofCase.PublicKey => DestinationKind.PublicKey,
            _ => DestinationKind.Absent,
        };
        return layout.HasHeader == (google.Header is not null)
            && layout.Major == header.Major
            && layout.DestinationKind == kind
            && layout.DestinationOf(bytes).SequenceEqual(header.PublicKey.Span)
            && layout.SignatureOf(bytes).SequenceEqual(header.MessageSignature.Span)
            && layout.EphemeralKeyOf(bytes).SequenceEqual(header.EphemeralPublicKey.Span)
            && layout.MessageType == (int)header.MessageType
            && layout.Flags == header.Flags
            && layout.MessageTag == header.MessageTag
            && layout.Expires == header.Expires
            && layout.BodyOf((ReadOnlySpan<byte>)bytes).SequenceEqual(google.Body.Span);
    }

    private static void RequireSame(ReadOnlySequence<byte> cut, EnvelopeStatus status, in EnvelopeLayout layout, byte[] bytes, int i)
    {
        EnvelopeStatus cutStatus = EnvelopeReader.Read(cut, out EnvelopeLayout cutLayout);
        bool same = cutStatus == status && (status != EnvelopeStatus.Ok || Numbers(cutLayout).Equals(Numbers(layout)));
        Require(same, bytes, $"case {i}: in segments {cutStatus}, in one piece {status}");
    }

    private static (long, long, long, long, long, long, long, bool, DestinationKind, ulong, ulong) Numbers(in EnvelopeLayout l) => (
        ((long)l.BodyOffset << 32) | (uint)l.BodyLength,
        ((long)l.SignatureOffset << 32) | (uint)l.SignatureLength,
        ((long)l.EphemeralKeyOffset << 32) | (uint)l.EphemeralKeyLength,
        ((long)l.DestinationOffset << 32) | (uint)l.DestinationLength,
        l.Major,
        l.MessageType,
        l.Flags,
        l.HasHeader,
        l.DestinationKind,
        l.MessageTag,
        l.Expires);

    private static void Require(bool condition, byte[] bytes, string what)
    {
        if (!condition)
        {
            Assert.Fail($"{what}\n{Convert.ToHexStringLower(bytes)}");
        }
    }
}
