using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Tests.Protocol.Framing;

[TestFixture]
public sealed class FrameReaderTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(300)]
    public void TryRead_EveryPrefixInOneByteSegments_NeedsMoreUntilWhole(int messageLength)
    {
        byte[] message = new byte[messageLength];
        new Random(1).NextBytes(message);
        byte[] bytes = Framed(message);
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySequence<byte> buffer = SequenceFactory.OneBytePerSegment(bytes.AsMemory(0, length));
            FrameStatus expected = length == bytes.Length ? FrameStatus.Complete : FrameStatus.NeedMore;

            FrameStatus status = FrameReader.TryRead(ref buffer, FrameReader.DefaultMaxLength, out ReadOnlySequence<byte> frame);

            Assert.That(status, Is.EqualTo(expected));
            Assert.That(buffer.Length, Is.EqualTo(expected == FrameStatus.Complete ? 0 : length));
            Assert.That(frame.ToArray(), Is.EqualTo(expected == FrameStatus.Complete ? message : []));
        }
    }

    [Test]
    public void TryRead_SeveralFramesInOneBuffer_CutsThemOffOneByOne()
    {
        var buffer = new ReadOnlySequence<byte>([.. Framed([1, 2]), .. Framed([]), .. Framed([3]), 0, 0]);
        var frames = new List<string>();
        while (FrameReader.TryRead(ref buffer, FrameReader.DefaultMaxLength, out ReadOnlySequence<byte> frame) == FrameStatus.Complete)
        {
            frames.Add(Convert.ToHexStringLower(frame.ToArray()));
        }

        Assert.That(string.Join(',', frames), Is.EqualTo("0102,,03"));
        Assert.That(buffer.Length, Is.EqualTo(2));
    }

    [TestCase("00800000", FrameStatus.NeedMore, TestName = "A frame of 8 MiB is allowed")]
    [TestCase("00800001", FrameStatus.TooLong, TestName = "A frame above 8 MiB is too long as soon as its length is there")]
    [TestCase("80000000", FrameStatus.TooLong, TestName = "A length is unsigned")]
    [TestCase("ffffffff", FrameStatus.TooLong, TestName = "The highest length is too long")]
    public void TryRead_OfALengthAlone_AppliesTheLimit(string hex, FrameStatus expected)
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString(hex));

        Assert.That(FrameReader.TryRead(ref buffer, FrameReader.DefaultMaxLength, out _), Is.EqualTo(expected));
        Assert.That(buffer.Length, Is.EqualTo(4));
    }

    [Test]
    public void TryRead_AFrameOfExactlyTheLimit_IsComplete()
    {
        var buffer = new ReadOnlySequence<byte>(Framed(new byte[10]));
        var longer = new ReadOnlySequence<byte>(Framed(new byte[11]));

        Assert.That(FrameReader.TryRead(ref buffer, 10, out _), Is.EqualTo(FrameStatus.Complete));
        Assert.That(FrameReader.TryRead(ref longer, 10, out _), Is.EqualTo(FrameStatus.TooLong));
    }

    [Test]
    public void TryRead_WithANegativeLimit_Throws()
    {
        ReadOnlySequence<byte> buffer = default;

        Assert.That(() => FrameReader.TryRead(ref buffer, -1, out _), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void TryRead_AllocatesNothing()
    {
        ReadOnlySequence<byte> received = SequenceFactory.OneBytePerSegment(Framed([1, 2, 3]));

        Assert.That(
            AllocationProbe.BytesOf(() =>
            {
                ReadOnlySequence<byte> buffer = received;
                FrameReader.TryRead(ref buffer, 100, out _);
            }),
            Is.Zero);
    }

    private static byte[] Framed(byte[] message) => [0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
}
