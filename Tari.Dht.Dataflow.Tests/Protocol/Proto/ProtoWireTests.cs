using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Tests.Protocol.Proto;

[TestFixture]
public sealed class ProtoWireTests
{
    [Test]
    public void WriteVarint_OfEveryLength_IsWhatGoogleProtobufWritesAndReadsBack()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            foreach (ulong value in new[] { 1UL << bit, (1UL << bit) - 1, (1UL << bit) + 1, ulong.MaxValue >> bit })
            {
                byte[] bytes = new byte[ProtoWire.MaxVarintLength];
                int length = ProtoWire.WriteVarint(bytes, value);
                using var stream = new MemoryStream();
                using (var output = new CodedOutputStream(stream))
                {
                    output.WriteUInt64(value);
                }

                Assert.That(bytes[..length], Is.EqualTo(stream.ToArray()));
                Assert.That(ProtoWire.VarintLength(value), Is.EqualTo(length));
                var reader = new ProtoReader(bytes.AsSpan(0, length));
                Assert.That(reader.TryReadVarint(out ulong read, out int readLength), Is.True);
                Assert.That((read, readLength, reader.Remaining), Is.EqualTo((value, length, 0)));
            }
        }
    }

    [TestCase("80", TestName = "A varint that is cut off")]
    [TestCase("ffffffffffffffffff", TestName = "A varint cut off after nine bytes")]
    [TestCase("ffffffffffffffffff02", TestName = "A varint above 64 bits")]
    [TestCase("80808080808080808080" + "00", TestName = "A varint of eleven bytes")]
    [TestCase("", TestName = "No byte at all")]
    public void TryReadVarint_OfBadBytes_IsFalseInOnePieceAndInMany(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        var reader = new ProtoReader(bytes);
        var cursor = new SequenceCursor(SequenceFactory.OneBytePerSegment(bytes));

        Assert.That(reader.TryReadVarint(out _, out _), Is.False);
        Assert.That(cursor.TryReadVarint(out _, out _), Is.False);
    }

    [Test]
    public void TryReadVarint_LongerThanNeeded_GivesValueAndLength()
    {
        byte[] bytes = Convert.FromHexString("8180808080808080800012");
        var reader = new ProtoReader(bytes);
        var cursor = new SequenceCursor(SequenceFactory.OneBytePerSegment(bytes));

        Assert.That(reader.TryReadVarint(out ulong value, out int length), Is.True);
        Assert.That((value, length, reader.Position), Is.EqualTo((1UL, 10, 10)));
        Assert.That(cursor.TryReadVarint(out value, out length), Is.True);
        Assert.That((value, length, cursor.Position), Is.EqualTo((1UL, 10, 10)));
    }

    [Test]
    public void TrySkip_PastTheEnd_IsFalseForAnyCount()
    {
        var reader = new ProtoReader(new byte[3]);
        var cursor = new SequenceCursor(SequenceFactory.OneBytePerSegment(new byte[3]));

        Assert.That(reader.TrySkip(4), Is.False);
        Assert.That(reader.TrySkip(ulong.MaxValue), Is.False);
        Assert.That(reader.TrySkip(3), Is.True);
        Assert.That(cursor.TrySkip(4), Is.False);
        Assert.That(cursor.TrySkip(ulong.MaxValue), Is.False);
        Assert.That(cursor.TrySkip(3), Is.True);
    }
}
