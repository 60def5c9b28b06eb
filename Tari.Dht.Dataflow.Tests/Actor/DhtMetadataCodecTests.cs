using Tari.Dht.Dataflow.Actor;

namespace Tari.Dht.Dataflow.Tests.Actor;

[TestFixture]
internal sealed class DhtMetadataCodecTests
{
    private static readonly DateTimeOffset s_time = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Test]
    public void Key_has_the_name_of_the_reference() =>
        Assert.That(DhtMetadataCodec.NameOf(DhtMetadataKey.OfflineTimestamp), Is.EqualTo("OfflineTimestamp"));

    [Test]
    public void Undefined_key_is_a_mistake_of_the_caller() =>
        Assert.That(() => DhtMetadataCodec.NameOf((DhtMetadataKey)7), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Time_is_its_length_and_its_text()
    {
        byte[] expected = [0x14, 0, 0, 0, 0, 0, 0, 0, .. "2024-01-02T03:04:05Z"u8];
        Assert.That(DhtMetadataCodec.TryEncode(s_time, out byte[]? bytes), Is.True);
        Assert.That(bytes, Is.EqualTo(expected));
        Assert.That(DhtMetadataCodec.TryEncode(s_time.ToOffset(TimeSpan.FromHours(5)), out bytes), Is.True);
        Assert.That(bytes, Is.EqualTo(expected), "the text is in UTC");
    }

    [TestCase(0, "2024-01-02T03:04:05Z")]
    [TestCase(1_230_000, "2024-01-02T03:04:05.123Z")]
    [TestCase(1_234_560, "2024-01-02T03:04:05.123456Z")]
    [TestCase(1_234_567, "2024-01-02T03:04:05.123456700Z")]
    public void Fraction_has_as_many_digits_as_it_needs_and_reads_back(int ticks, string text)
    {
        DateTimeOffset time = s_time.AddTicks(ticks);
        Assert.That(DhtMetadataCodec.TryEncode(time, out byte[]? bytes), Is.True);
        Assert.That(System.Text.Encoding.ASCII.GetString(bytes!, 8, bytes!.Length - 8), Is.EqualTo(text));
        Assert.That(DhtMetadataCodec.TryDecode(bytes, out DateTimeOffset read), Is.True);
        Assert.That(read, Is.EqualTo(time));
    }

    [TestCase("0001-01-01T00:00:00Z")]
    [TestCase("1969-12-31T23:59:59.500Z")]
    [TestCase("9999-12-31T23:59:59.999999900Z")]
    public void Times_at_the_edges_read_back(string text)
    {
        Assert.That(DhtMetadataCodec.TryDecode(Stored(text), out DateTimeOffset time), Is.True);
        Assert.That(DhtMetadataCodec.TryEncode(time, out byte[]? bytes), Is.True);
        Assert.That(bytes, Is.EqualTo(Stored(text)));
    }

    [Test]
    public void Bytes_after_the_text_are_ignored()
    {
        Assert.That(DhtMetadataCodec.TryDecode([.. Stored("2024-01-02T03:04:05Z"), 1, 2, 3], out DateTimeOffset time), Is.True);
        Assert.That(time, Is.EqualTo(s_time));
    }

    [TestCase("")]
    [TestCase("14000000000000")]
    [TestCase("1500000000000000323032342d30312d30325430333a30343a30355a", Description = "longer than what follows")]
    [TestCase("ffffffffffffffff323032342d30312d30325430333a30343a30355a", Description = "far longer than what follows")]
    [TestCase("0000000000000000", Description = "no text")]
    [TestCase("0200000000000000c328", Description = "no UTF-8")]
    [TestCase("05000000000000006869206869", Description = "no time")]
    public void Other_bytes_are_no_time(string hex) =>
        Assert.That(DhtMetadataCodec.TryDecode<DateTimeOffset>(Convert.FromHexString(hex), out _), Is.False);

    [TestCase("+10000-01-01T00:00:00Z")]
    [TestCase("-0001-01-01T00:00:00Z")]
    public void Year_that_no_time_here_has_is_no_time(string text) =>
        Assert.That(DhtMetadataCodec.TryDecode<DateTimeOffset>(Stored(text), out _), Is.False);

    [Test]
    public void Other_types_have_no_form()
    {
        Assert.That(DhtMetadataCodec.TryEncode(5, out _), Is.False);
        Assert.That(DhtMetadataCodec.TryDecode<int>(Stored("2024-01-02T03:04:05Z"), out _), Is.False);
    }

    private static byte[] Stored(string text) =>
        [.. BitConverter.GetBytes((ulong)text.Length), .. System.Text.Encoding.ASCII.GetBytes(text)];
}
