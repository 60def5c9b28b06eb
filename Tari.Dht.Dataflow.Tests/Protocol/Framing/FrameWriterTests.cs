using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Tests.Protocol.Framing;

[TestFixture]
public sealed class FrameWriterTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(70_000)]
    public void Write_AMessage_IsReadBack(int length)
    {
        byte[] message = new byte[length];
        new Random(2).NextBytes(message);
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(output, message);
        FrameWriter.Write(output, message);
        var buffer = new ReadOnlySequence<byte>(output.WrittenMemory);

        for (int i = 0; i < 2; i++)
        {
            FrameStatus status = FrameReader.TryRead(ref buffer, FrameReader.DefaultMaxLength, out ReadOnlySequence<byte> frame);
            Assert.That(status, Is.EqualTo(FrameStatus.Complete));
            Assert.That(frame.ToArray(), Is.EqualTo(message));
        }

        Assert.That(buffer.IsEmpty, Is.True);
    }

    [Test]
    public void WriteHeader_OfALength_IsBigEndian()
    {
        byte[] header = new byte[4];
        FrameWriter.WriteHeader(header, 0x00123456);

        Assert.That(Convert.ToHexStringLower(header), Is.EqualTo("00123456"));
    }

    [Test]
    public void WriteHeader_OfBadArguments_Throws()
    {
        Assert.That(() => FrameWriter.WriteHeader(new byte[4], -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => FrameWriter.WriteHeader(new byte[3], 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => FrameWriter.Write(null!, default), Throws.ArgumentNullException);
    }
}
