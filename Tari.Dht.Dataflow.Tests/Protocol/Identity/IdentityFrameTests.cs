using System.Buffers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Identity;

namespace Tari.Dht.Dataflow.Tests.Protocol.Identity;

[TestFixture]
internal sealed class IdentityFrameTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(258)]
    [TestCase(1024)]
    public void TryRead_EveryPrefixInOneByteSegments_NeedsMoreUntilWhole(int messageLength)
    {
        byte[] message = new byte[messageLength];
        new Random(1).NextBytes(message);
        var output = new ArrayBufferWriter<byte>();
        IdentityFrame.Write(output, 0, message);
        Assert.That(output.WrittenCount, Is.EqualTo(IdentityFrame.HeaderLength + messageLength));
        byte[] bytes = [.. output.WrittenSpan, 9, 9];
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySequence<byte> buffer = SequenceFactory.OneBytePerSegment(bytes.AsMemory(0, length));
            bool isWhole = length >= output.WrittenCount;
            IdentityFrameStatus status = IdentityFrame.TryRead(ref buffer, 0, out ReadOnlySequence<byte> read);
            Assert.That(status, Is.EqualTo(isWhole ? IdentityFrameStatus.Complete : IdentityFrameStatus.NeedMore));
            Assert.That(status.BanDuration(), Is.Null);
            Assert.That(buffer.Length, Is.EqualTo(isWhole ? length - output.WrittenCount : length));
            Assert.That(read.ToArray(), Is.EqualTo(isWhole ? message : []));
        }
    }

    [Test]
    public void Write_OfALength_PutsItsLowByteFirst()
    {
        var output = new ArrayBufferWriter<byte>();
        IdentityFrame.Write(output, 3, new byte[0x0102]);
        Assert.That(Convert.ToHexStringLower(output.WrittenSpan[..3]), Is.EqualTo("030201"));
    }

    [Test]
    public void Write_OfAMessageThatNoPeerTakes_Throws()
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.That(() => IdentityFrame.Write(output, 0, new byte[1025]), Throws.ArgumentException.With.Message.Contains("1025"));
        Assert.That(() => IdentityFrame.Write(null!, 0, []), Throws.ArgumentNullException);
        Assert.That(output.WrittenCount, Is.Zero);
    }

    [TestCase("01", 0, IdentityFrameStatus.UnsupportedVersion, TestName = "Version 1 is refused by a node of version 0 by its first byte")]
    [TestCase("ff", 254, IdentityFrameStatus.UnsupportedVersion, TestName = "The highest version is refused by a node of a lower one")]
    [TestCase("010000", 1, IdentityFrameStatus.Complete, TestName = "A node of the same version is accepted")]
    [TestCase("000000", 1, IdentityFrameStatus.Complete, TestName = "A node of a lower version is accepted")]
    [TestCase("000104", 0, IdentityFrameStatus.TooLong, TestName = "A length of 1025 is too long before the message is there")]
    [TestCase("00ffff", 0, IdentityFrameStatus.TooLong, TestName = "A length is unsigned")]
    [TestCase("000004", 0, IdentityFrameStatus.NeedMore, TestName = "A length of 1024 is waited for")]
    [TestCase("01ffff", 0, IdentityFrameStatus.UnsupportedVersion, TestName = "The version is looked at before the length")]
    public void TryRead_OfAHeader(string header, byte ownVersion, IdentityFrameStatus expected)
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString(header));
        Assert.That(IdentityFrame.TryRead(ref buffer, ownVersion, out _), Is.EqualTo(expected));
    }

    [Test]
    public void TryRead_OfAnyBytesInAnySegments_IsWhatTheRulesSay()
    {
        var random = new Random(641);
        int[] seen = new int[4];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(3) == 0 ? random.Next(6) : random.Next(1_200)];
            random.NextBytes(bytes);
            for (int at = 0; at < Math.Min(3, bytes.Length); at += 2)
            {
                bytes[at] = (byte)random.Next(at == 0 ? 4 : 6);
            }

            int length = bytes.Length < 3 ? 0 : bytes[1] + (256 * bytes[2]);
            IdentityFrameStatus expected = bytes.Length > 0 && bytes[0] > 2 ? IdentityFrameStatus.UnsupportedVersion
                : bytes.Length < 3 ? IdentityFrameStatus.NeedMore
                : length > 1024 ? IdentityFrameStatus.TooLong
                : bytes.Length < 3 + length ? IdentityFrameStatus.NeedMore
                : IdentityFrameStatus.Complete;
            ReadOnlySequence<byte> buffer = SequenceFactory.RandomSegments(bytes, random, 1 + (i % 40));
            IdentityFrameStatus status = IdentityFrame.TryRead(ref buffer, 2, out ReadOnlySequence<byte> message);
            bool isWhole = expected == IdentityFrameStatus.Complete;
            if (status != expected
                || !message.ToArray().AsSpan().SequenceEqual(isWhole ? bytes.AsSpan(3, length) : [])
                || buffer.Length != bytes.Length - (isWhole ? 3 + length : 0))
            {
                Assert.Fail($"case {i}: {status}, not {expected}\n{Convert.ToHexStringLower(bytes)}");
            }

            seen[(int)status]++;
        }

        Assert.That(seen, Has.All.GreaterThan(1_000));
    }

    [Test]
    public void BanDuration_IsShortForAVersion_AndThatOfAnOffenceForALength()
    {
        Assert.That(IdentityFrameStatus.UnsupportedVersion.BanDuration(), Is.EqualTo(TimeSpan.FromMinutes(2)));
        Assert.That(IdentityFrameStatus.TooLong.BanDuration(), Is.EqualTo(PeerValidatorError.OffenceBanDuration));
    }
}
