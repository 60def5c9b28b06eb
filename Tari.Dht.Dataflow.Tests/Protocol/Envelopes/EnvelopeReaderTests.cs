using System.Buffers;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class EnvelopeReaderTests
{
    /// <summary>Version 2, unknown destination, signed, tag 1, body "hello" in a part.</summary>
    internal const string KnownEnvelope =
        "0a6e0802180132660a206a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919122094741f5d5d52755ece4f23f044ee27d5"
        + "d1ea1e2bd196b462166b16152a9d02591a20b08778a14775711465638e76c89bc67ec634e5fa309e87c9c548c8c0713cf00e580112070a0568656c6c6f";

    private static readonly MessageParser<Generated.DhtEnvelope> s_generated =
        Generated.DhtEnvelope.Parser.WithDiscardUnknownFields(true);

    [Test]
    public void Read_TheKnownEnvelope_FindsEveryPart()
    {
        byte[] envelope = Convert.FromHexString(KnownEnvelope);

        EnvelopeStatus status = EnvelopeReader.Read(envelope, out EnvelopeLayout layout);

        Assert.Multiple(() =>
        {
            Assert.That(status, Is.EqualTo(EnvelopeStatus.Ok));
            Assert.That(layout.HasHeader, Is.True);
            Assert.That(layout.Major, Is.EqualTo(2));
            Assert.That(layout.DestinationKind, Is.EqualTo(DestinationKind.Unknown));
            Assert.That(layout.SignatureLength, Is.EqualTo(102));
            Assert.That(Convert.ToHexStringLower(layout.SignatureOf(envelope)), Does.StartWith("0a206a4932"));
            Assert.That(layout.EphemeralKeyLength, Is.Zero);
            Assert.That(layout.MessageType, Is.Zero);
            Assert.That(layout.Flags, Is.Zero);
            Assert.That(layout.MessageTag, Is.EqualTo(1));
            Assert.That(layout.Expires, Is.Zero);
            Assert.That(Convert.ToHexStringLower(layout.BodyOf((ReadOnlySpan<byte>)envelope)), Is.EqualTo("0a0568656c6c6f"));
        });
    }

    [Test]
    public void Layout_is_at_most_64_bytes() => Assert.That(Unsafe.SizeOf<EnvelopeLayout>(), Is.LessThanOrEqualTo(64));

    [TestCase("", EnvelopeStatus.Empty, TestName = "No bytes are no envelope")]
    [TestCase("1201aa", EnvelopeStatus.Ok, TestName = "A header may be absent")]
    [TestCase("0a00", EnvelopeStatus.Ok, TestName = "A header may be present and empty")]
    [TestCase("0a001201aa", EnvelopeStatus.Ok, TestName = "An empty header may have a body after it")]
    [TestCase("0a021801", EnvelopeStatus.Ok, TestName = "A destination may be unknown")]
    [TestCase("0a021800", EnvelopeStatus.Ok, TestName = "An unknown destination may be false, since a set member of a oneof is written")]
    [TestCase("0a022200", EnvelopeStatus.Ok, TestName = "A destination's key may be empty, since a set member of a oneof is written")]
    [TestCase("0a021802", EnvelopeStatus.NonCanonical, TestName = "A truth value of 2 decodes and is written as 1")]
    [TestCase("0a0418012200", EnvelopeStatus.NonCanonical, TestName = "Of two destinations the last one counts: key")]
    [TestCase("0a0422001801", EnvelopeStatus.NonCanonical, TestName = "Of two destinations the last one counts: unknown")]
    [TestCase("0a0418011801", EnvelopeStatus.NonCanonical, TestName = "A destination given twice is written once")]
    [TestCase("0a0532017a1801", EnvelopeStatus.NonCanonical, TestName = "A destination after the signature is out of order")]
    [TestCase("0a051801320178", EnvelopeStatus.Ok, TestName = "A signature may be anything")]
    [TestCase("0a0408011801", EnvelopeStatus.Ok, TestName = "Version and destination are in order")]
    [TestCase("0a0418010801", EnvelopeStatus.NonCanonical, TestName = "A version after the destination is out of order")]
    [TestCase("0a020800", EnvelopeStatus.NonCanonical, TestName = "A version of 0 is not written")]
    [TestCase("0a023200", EnvelopeStatus.NonCanonical, TestName = "An empty signature is not written")]
    [TestCase("0a023a00", EnvelopeStatus.NonCanonical, TestName = "An empty ephemeral key is not written")]
    [TestCase("0a024000", EnvelopeStatus.NonCanonical, TestName = "Message type 0 is not written")]
    [TestCase("0a025000", EnvelopeStatus.NonCanonical, TestName = "Flags of 0 are not written")]
    [TestCase("0a025800", EnvelopeStatus.NonCanonical, TestName = "A tag of 0 is not written")]
    [TestCase("0a026000", EnvelopeStatus.NonCanonical, TestName = "An expiry of 0 is not written")]
    [TestCase("0a001200", EnvelopeStatus.NonCanonical, TestName = "An empty body is not written")]
    [TestCase("1201aa0a00", EnvelopeStatus.NonCanonical, TestName = "A header after the body is out of order")]
    [TestCase("0a000a00", EnvelopeStatus.NonCanonical, TestName = "A header in two pieces is merged and written as one")]
    [TestCase("0a0208020a021801", EnvelopeStatus.NonCanonical, TestName = "Two pieces of a header are merged")]
    [TestCase("1201aa1201bb", EnvelopeStatus.NonCanonical, TestName = "Of two bodies the last one counts")]
    [TestCase("0a80001201aa", EnvelopeStatus.NonCanonical, TestName = "A length may not take a byte too many")]
    [TestCase("8a00001201aa", EnvelopeStatus.NonCanonical, TestName = "A key may not take a byte too many")]
    [TestCase("0a03088200", EnvelopeStatus.NonCanonical, TestName = "A number may not take a byte too many")]
    [TestCase("0a0458808001", EnvelopeStatus.Ok, TestName = "A number may take the bytes it needs")]
    [TestCase("0a040882808080100a", EnvelopeStatus.Malformed, TestName = "A header may not end inside a number")]
    [TestCase("0a06088280808010", EnvelopeStatus.NonCanonical, TestName = "A version above 32 bits is cut and written shorter")]
    [TestCase("0a0608ffffffff0f", EnvelopeStatus.Ok, TestName = "A version may be as large as 32 bits go")]
    [TestCase("0a0650ffffffff0f", EnvelopeStatus.Ok, TestName = "Flags may have all 32 bits")]
    [TestCase("0a0650ffffffff1f", EnvelopeStatus.NonCanonical, TestName = "Flags above 32 bits are cut")]
    [TestCase("0a0b40ffffffffffffffffff01", EnvelopeStatus.Ok, TestName = "Message type -1 takes ten bytes")]
    [TestCase("0a0b4080808080f8ffffffff01", EnvelopeStatus.Ok, TestName = "The lowest message type takes ten bytes")]
    [TestCase("0a0640ffffffff0f", EnvelopeStatus.NonCanonical, TestName = "Message type -1 in five bytes decodes and is written in ten")]
    [TestCase("0a0640ffffffff07", EnvelopeStatus.Ok, TestName = "The highest message type takes five bytes")]
    [TestCase("0a06408080808008", EnvelopeStatus.NonCanonical, TestName = "A message type just above 31 bits wraps around")]
    [TestCase("0a0b58ffffffffffffffffff01", EnvelopeStatus.Ok, TestName = "A tag may have all 64 bits")]
    [TestCase("0a0b58ffffffffffffffffff02", EnvelopeStatus.Malformed, TestName = "A number above 64 bits does not decode")]
    [TestCase("0a0b58ffffffffffffffffff7f", EnvelopeStatus.Malformed, TestName = "Nor does one far above 64 bits")]
    [TestCase("0a0c58ffffffffffffffffff8100", EnvelopeStatus.Malformed, TestName = "A number of eleven bytes does not decode")]
    [TestCase("0a0b5880808080808080808001", EnvelopeStatus.Ok, TestName = "A tag of 2^63 takes ten bytes")]
    [TestCase("0a0b5880808080808080808000", EnvelopeStatus.NonCanonical, TestName = "Zero in ten bytes decodes")]
    [TestCase("0a00120378", EnvelopeStatus.Malformed, TestName = "A body may not run past the end")]
    [TestCase("0a05", EnvelopeStatus.Malformed, TestName = "A header may not run past the end")]
    [TestCase("0a", EnvelopeStatus.Malformed, TestName = "A length has to follow a key")]
    [TestCase("0a0332021801", EnvelopeStatus.Malformed, TestName = "A field may not run past its header")]
    [TestCase("0a0012ffffffffffffffffff01", EnvelopeStatus.Malformed, TestName = "A length above all bounds does not decode")]
    [TestCase("0a0000", EnvelopeStatus.Malformed, TestName = "Field number 0 does not decode")]
    [TestCase("0a020001", EnvelopeStatus.Malformed, TestName = "Field number 0 does not decode in the header either")]
    [TestCase("0a007801", EnvelopeStatus.NonCanonical, TestName = "An unknown number decodes")]
    [TestCase("0a00790102030405060708", EnvelopeStatus.NonCanonical, TestName = "An unknown fixed64 decodes")]
    [TestCase("0a007d01020304", EnvelopeStatus.NonCanonical, TestName = "An unknown fixed32 decodes")]
    [TestCase("0a007d010203", EnvelopeStatus.Malformed, TestName = "An unknown field may not run past the end")]
    [TestCase("0a021001", EnvelopeStatus.NonCanonical, TestName = "The old minor version is an unknown field")]
    [TestCase("0a022a00", EnvelopeStatus.NonCanonical, TestName = "Field 5 of the header is an unknown field")]
    [TestCase("0a007b7c", EnvelopeStatus.NonCanonical, TestName = "An unknown group decodes")]
    [TestCase("0a007b78017c", EnvelopeStatus.NonCanonical, TestName = "An unknown group may have fields")]
    [TestCase("0a007b8401", EnvelopeStatus.Malformed, TestName = "A group ends under its own number")]
    [TestCase("0a007b", EnvelopeStatus.Malformed, TestName = "A group has to end")]
    [TestCase("0a007c", EnvelopeStatus.Malformed, TestName = "A group has to start before it ends")]
    [TestCase("0a007e", EnvelopeStatus.Malformed, TestName = "Wire type 6 does not decode")]
    [TestCase("0a007f", EnvelopeStatus.Malformed, TestName = "Wire type 7 does not decode")]
    [TestCase("0801", EnvelopeStatus.Malformed, TestName = "A header that is a number does not decode")]
    [TestCase("0a00100a", EnvelopeStatus.Malformed, TestName = "A body that is a number does not decode")]
    [TestCase("0a020a00", EnvelopeStatus.Malformed, TestName = "A version that is bytes does not decode")]
    [TestCase("0a022001", EnvelopeStatus.Malformed, TestName = "A key that is a number does not decode")]
    [TestCase("0a054501020304", EnvelopeStatus.Malformed, TestName = "A message type that is a fixed32 does not decode")]
    [TestCase("0a00f8ffffff0f01", EnvelopeStatus.NonCanonical, TestName = "The highest field number decodes")]
    [TestCase("0a00f8ffffff1f01", EnvelopeStatus.Malformed, TestName = "A key above 32 bits does not decode")]
    [TestCase("0a008a808080800000", EnvelopeStatus.NonCanonical, TestName = "A key may take more bytes than 32 bits need")]
    public void Read_Rule_GivesStatus(string hex, EnvelopeStatus expected)
    {
        byte[] bytes = Convert.FromHexString(hex);

        EnvelopeStatus whole = EnvelopeReader.Read(bytes, out _);
        EnvelopeStatus pieces = EnvelopeReader.Read(SequenceFactory.OneBytePerSegment(bytes), out _);

        Assert.That(whole, Is.EqualTo(expected));
        Assert.That(pieces, Is.EqualTo(expected), "in segments of one byte");
    }

    [Test]
    public void Read_OfAHundredEmptyGroupsInEachOther_IsOneLevelMoreThanGoogleProtobufAllows()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0x7b, 100), .. Enumerable.Repeat((byte)0x7c, 100)];

        Assert.That(() => s_generated.ParseFrom(bytes), Throws.InstanceOf<InvalidProtocolBufferException>());
        Assert.That(EnvelopeReader.Read(bytes, out _), Is.EqualTo(EnvelopeStatus.NonCanonical));
    }

    [TestCase(100, "", EnvelopeStatus.NonCanonical)]
    [TestCase(101, "", EnvelopeStatus.Malformed)]
    [TestCase(99, "7801", EnvelopeStatus.NonCanonical)]
    [TestCase(100, "7801", EnvelopeStatus.Malformed)]
    public void Read_GroupsInGroups_DecodeDownToTheHundredthLevel(int groups, string innermost, EnvelopeStatus expected)
    {
        byte[] bytes =
        [
            .. Enumerable.Repeat((byte)0x7b, groups), .. Convert.FromHexString(innermost), .. Enumerable.Repeat((byte)0x7c, groups),
        ];

        Assert.That(EnvelopeReader.Read(bytes, out _), Is.EqualTo(expected));
    }

    [TestCase(99, EnvelopeStatus.NonCanonical)]
    [TestCase(100, EnvelopeStatus.Malformed)]
    public void Read_GroupsInTheHeader_HaveOneLevelLess(int groups, EnvelopeStatus expected)
    {
        byte[] header = [.. Enumerable.Repeat((byte)0x7b, groups), .. Enumerable.Repeat((byte)0x7c, groups)];
        byte[] bytes = [0x0a, (byte)((header.Length & 127) | 128), (byte)(header.Length >> 7), .. header];

        Assert.That(EnvelopeReader.Read(bytes, out _), Is.EqualTo(expected));
    }

    [TestCase("0801", TestName = "Google.Protobuf takes a known field of a foreign wire type for an unknown one")]
    [TestCase("0a0b58ffffffffffffffffff7f", TestName = "Google.Protobuf drops the bits of a number above 64")]
    [TestCase("0a00f8ffffff1f01", TestName = "Google.Protobuf drops the bits of a key above 32")]
    [TestCase("7e", TestName = "Google.Protobuf passes over wire type 6")]
    [TestCase("7f", TestName = "Google.Protobuf passes over wire type 7")]
    public void Read_WhereGoogleProtobufIsMoreLenient_FollowsTheNetworksDecoders(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);

        Assert.That(() => s_generated.ParseFrom(bytes), Throws.Nothing);
        Assert.That(EnvelopeReader.Read(bytes, out _), Is.EqualTo(EnvelopeStatus.Malformed));
    }

    [Test]
    public void Read_EveryPrefixOfTheKnownEnvelope_IsMalformedButForTheCutBehindTheHeader()
    {
        byte[] envelope = Convert.FromHexString(KnownEnvelope);
        for (int length = 1; length < envelope.Length; length++)
        {
            EnvelopeStatus expected = length == 2 + 0x6e ? EnvelopeStatus.Ok : EnvelopeStatus.Malformed;

            Assert.That(EnvelopeReader.Read(envelope.AsSpan(0, length), out _), Is.EqualTo(expected), $"{length} bytes");
        }
    }

    [Test]
    public void Read_ALargeBodyInSegments_GivesTheBodysPlaceWithoutCopyingIt()
    {
        byte[] body = new byte[5_000_000];
        new Random(3).NextBytes(body);
        byte[] envelope = new Generated.DhtEnvelope
        {
            Header = new Generated.DhtHeader { Major = 2, Unknown = true, MessageTag = 9 },
            Body = ByteString.CopyFrom(body),
        }.ToByteArray();
        ReadOnlySequence<byte> pieces = SequenceFactory.RandomSegments(envelope, new Random(4), 100_000);

        EnvelopeReader.Read(pieces, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        EnvelopeStatus status = EnvelopeReader.Read(pieces, out EnvelopeLayout layout);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(status, Is.EqualTo(EnvelopeStatus.Ok));
        Assert.That(allocated, Is.Zero);
        Assert.That(pieces.Slice(layout.BodyOffset, layout.BodyLength).ToArray(), Is.EqualTo(body));
    }

    [Test]
    public void Read_OfAnyBytes_AllocatesNothing()
    {
        byte[] envelope = Convert.FromHexString(KnownEnvelope);
        byte[] unknownField = [.. envelope, 0x78, 1];
        byte[] cut = envelope[..^1];

        long allocated = AllocationProbe.BytesOf(() =>
        {
            EnvelopeReader.Read(envelope, out _);
            EnvelopeReader.Read(unknownField, out _);
            EnvelopeReader.Read(cut, out _);
        });

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Read_AnEnvelopeWithAnUnknownFieldAppended_IsNonCanonicalThoughItDecodesToTheEqualEnvelope()
    {
        byte[] envelope = Convert.FromHexString(KnownEnvelope);

        Assert.That(EnvelopeReader.Read([.. envelope, 0x78, 1], out _), Is.EqualTo(EnvelopeStatus.NonCanonical));
    }
}
