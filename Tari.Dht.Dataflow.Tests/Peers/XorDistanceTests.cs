using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

internal sealed class XorDistanceTests
{
    [Test]
    public void Scenario_3_bytes_are_big_endian()
    {
        byte[] one = new byte[13];
        byte[] more = new byte[13];
        one[12] = 1;
        more[11] = 1;

        Assert.That(XorDistance.FromBytes(one), Is.LessThan(XorDistance.FromBytes(more)));
    }

    [Test]
    public void Scenario_4_buckets_are_powers_of_two()
    {
        Assert.That(XorDistance.MaxValue.BucketIndex, Is.EqualTo(127));
        Assert.That(XorDistance.Zero.BucketIndex, Is.Zero);
        for (byte distance = 1; distance < 16; distance++)
        {
            int expected = distance switch
            {
                1 => 0,
                < 4 => 1,
                < 8 => 2,
                _ => 3,
            };
            Assert.That(XorDistance.FromBytes([distance]).BucketIndex, Is.EqualTo(expected), $"distance {distance}");
        }

        byte[] bytes = new byte[13];
        bytes[10] = 0x41;
        Assert.That(XorDistance.FromBytes(bytes).BucketIndex, Is.EqualTo(22));
        bytes[0] = 0x80;
        Assert.That(XorDistance.FromBytes(bytes).BucketIndex, Is.EqualTo(103));

        var random = new Random(4);
        for (int i = 0; i < 100; i++)
        {
            XorDistance distance = XorDistance.Between(RandomId(random), RandomId(random));
            UInt128 number = UInt128.Parse(distance.ToString());
            int bucket = distance.BucketIndex;
            Assert.That(number, Is.GreaterThanOrEqualTo(UInt128.One << bucket));
            Assert.That(number, Is.LessThan(UInt128.One << (bucket + 1)));
        }
    }

    [Test]
    public void Between_AnIdAndItself_IsZero()
    {
        NodeId id = RandomId(new Random(1));

        Assert.That(XorDistance.Between(id, id), Is.EqualTo(XorDistance.Zero));
        Assert.That(XorDistance.Between(id, id).ToString(), Is.EqualTo("0"));
    }

    [Test]
    public void ToString_TheExtremes_AreDecimal()
    {
        Assert.That(XorDistance.MaxValue.ToString(), Is.EqualTo("340282366920938463463374607431768211455"));
        Assert.That(XorDistance.Zero, Is.LessThan(XorDistance.MaxValue));
    }

    [Test]
    public void FromHex_ReadsHexadecimalWhereToStringWritesDecimal()
    {
        Assert.That(XorDistance.FromHex("10").ToString(), Is.EqualTo("16"));
        Assert.That(XorDistance.FromHex(" 0x00FF\n"), Is.EqualTo(XorDistance.FromBytes([255])));
        Assert.That(XorDistance.FromHex(new string('f', 32)), Is.EqualTo(XorDistance.MaxValue));
        Assert.That(XorDistance.FromHex(""), Is.EqualTo(XorDistance.Zero));
    }

    [TestCase("1")]
    [TestCase("0g")]
    [TestCase("-1")]
    [TestCase("000000000000000000000000000000000f")]
    public void TryFromHex_AnythingElse_IsFalse(string text)
    {
        Assert.That(XorDistance.TryFromHex(text, out _), Is.False);
        Assert.That(() => XorDistance.FromHex(text), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void FromBytes_SeventeenBytes_AreTooMany()
    {
        Assert.That(XorDistance.TryFromBytes(new byte[17], out _), Is.False);
        Assert.That(() => XorDistance.FromBytes(new byte[17]), Throws.ArgumentException);
        Assert.That(XorDistance.FromBytes([]), Is.EqualTo(XorDistance.Zero));
    }

    [Test]
    public void WriteBytes_WritesWhatFromBytesReads()
    {
        byte[] bytes = new byte[16];
        new Random(9).NextBytes(bytes);
        byte[] written = new byte[16];
        XorDistance.FromBytes(bytes).WriteBytes(written);

        Assert.That(written, Is.EqualTo(bytes));
        Assert.That(() => XorDistance.Zero.WriteBytes(new byte[15]), Throws.ArgumentException);
    }

    private static NodeId RandomId(Random random)
    {
        byte[] bytes = new byte[NodeId.Length];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }
}
