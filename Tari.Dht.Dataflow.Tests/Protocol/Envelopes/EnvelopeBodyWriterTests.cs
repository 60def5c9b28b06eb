using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class EnvelopeBodyWriterTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(16383)]
    [TestCase(16384)]
    public void Write_OfPartsOfALength_IsWhatGoogleProtobufWrites(int length)
    {
        byte[] part = new byte[length];
        new Random(length).NextBytes(part);
        byte[] other = [1, 2, 3];
        byte[] one = new byte[EnvelopeBodyWriter.GetLength(length)];
        byte[] two = new byte[EnvelopeBodyWriter.GetLength(length, other.Length)];
        ReadOnlyMemory<byte>[] parts = [part, other, part];
        byte[] three = new byte[EnvelopeBodyWriter.GetLength(parts)];

        Assert.That(EnvelopeBodyWriter.Write(part, one), Is.EqualTo(one.Length));
        Assert.That(EnvelopeBodyWriter.Write(part, other, two), Is.EqualTo(two.Length));
        Assert.That(EnvelopeBodyWriter.Write(parts, three), Is.EqualTo(three.Length));

        Assert.That(one, Is.EqualTo(Google(part)));
        Assert.That(two, Is.EqualTo(Google(part, other)));
        Assert.That(three, Is.EqualTo(Google(part, other, part)));
    }

    [Test]
    public void Write_OfNoParts_IsNothing()
    {
        Assert.That(EnvelopeBodyWriter.GetLength([]), Is.Zero);
        Assert.That(EnvelopeBodyWriter.Write((ReadOnlySpan<ReadOnlyMemory<byte>>)[], []), Is.Zero);
    }

    [Test]
    public void WritePrefix_BeforeAPartInPlace_CompletesTheBody()
    {
        byte[] body = new byte[EnvelopeBodyWriter.GetLength(200)];

        Assert.That(EnvelopeBodyWriter.WritePrefix(200, body), Is.EqualTo(EnvelopeBodyWriter.GetPrefixLength(200)));
        Assert.That(body, Is.EqualTo(Google(new byte[200])));
    }

    [Test]
    public void Write_IntoTooShortASpan_Throws()
    {
        Assert.That(() => EnvelopeBodyWriter.Write([1], new byte[2]), Throws.ArgumentException);
        Assert.That(() => EnvelopeBodyWriter.Write([1], [1], new byte[5]), Throws.ArgumentException);
        Assert.That(() => EnvelopeBodyWriter.Write([(byte[])[1]], new byte[2]), Throws.ArgumentException);
        Assert.That(() => EnvelopeBodyWriter.WritePrefix(128, new byte[2]), Throws.ArgumentException);
        Assert.That(() => EnvelopeBodyWriter.GetPrefixLength(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void GetLength_OfMoreThanAnArrayHolds_Throws() =>
        Assert.That(() => EnvelopeBodyWriter.GetLength(int.MaxValue - 10, 10), Throws.InstanceOf<OverflowException>());

    private static byte[] Google(params byte[][] parts) =>
        new Generated.EnvelopeBody { Parts = { parts.Select(part => ByteString.CopyFrom(part)) } }.ToByteArray();
}
