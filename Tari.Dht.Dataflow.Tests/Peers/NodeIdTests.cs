using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Protocol;

namespace Tari.Dht.Dataflow.Tests.Peers;

internal sealed class NodeIdTests
{
    private const string Text = "901c6a70dcc5d87709d92a4d9f";

    private static readonly byte[] s_bytes = [144, 28, 106, 112, 220, 197, 216, 119, 9, 217, 42, 77, 159];

    private static NodeId Id => new(s_bytes);

    [Test]
    public void Scenario_1_thirteen_bytes_are_shown_as_their_hexadecimal_digits() => Assert.That(Id.ToString(), Is.EqualTo(Text));

    [Test]
    public void Scenario_2_an_id_derived_from_a_random_key_is_neither_zero_nor_the_key_and_equals_itself()
    {
        for (int i = 0; i < 20; i++)
        {
            using var secret = CommsSecretKey.Generate();
            var id = NodeId.FromPublicKey(secret.PublicKey);

            Assert.That(id, Is.Not.EqualTo(default(NodeId)));
            Assert.That(secret.PublicKey.Bytes.IndexOf(id.Bytes), Is.Negative);
            Assert.That(NodeId.FromPublicKey(secret.PublicKey), Is.EqualTo(id));
        }

        NodeId same = new([.. s_bytes]);
        Assert.That(same, Is.EqualTo(Id));
        Assert.That(same.GetHashCode(), Is.EqualTo(Id.GetHashCode()));
    }

    [TestCase("02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031", "c1a7552e5d9e9b257c4008b965")]
    [TestCase("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "dc875c01604edc4459218e57f6")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", "884ad8f65adc65eff454e8ed83")]
    public void Scenario_13_the_id_follows_from_the_key(string key, string expected) =>
        Assert.That(NodeId.FromPublicKey(CommsPublicKey.Parse(key)).ToString(), Is.EqualTo(expected));

    [Test]
    public void Scenario_11_several_ids_are_listed_in_brackets()
    {
        NodeId[] ids =
        [
            NodeId.Parse("abb1556d806c2ff042f433ca0a"),
            NodeId.Parse("ba9ab662a6d974c5a607562326"),
            NodeId.Parse("97676095b1901327bdc36e8cb6"),
        ];

        Assert.That(
            NodeIdList.Format(ids),
            Is.EqualTo("[abb1556d806c2ff042f433ca0a, ba9ab662a6d974c5a607562326, 97676095b1901327bdc36e8cb6]"));
        Assert.That(NodeIdList.Format(ids.AsSpan(0, 1)), Is.EqualTo("[abb1556d806c2ff042f433ca0a]"));
        Assert.That(NodeIdList.Format([]), Is.EqualTo("[]"));
    }

    [Test]
    public void TheDefault_IsThirteenZeroBytes() => Assert.That(default(NodeId), Is.EqualTo(new NodeId(new byte[13])));

    [TestCase(Text)]
    [TestCase("901C6A70DCC5D87709D92A4D9F")]
    [TestCase("0x901c6a70dcc5d87709D92A4D9F")]
    [TestCase(" \t\u00a0\u2003" + Text + "\r\n ")]
    [TestCase("\n0x" + Text + " ")]
    public void TryParse_DigitsInAnyDress_GivesTheId(string text)
    {
        Assert.That(NodeId.TryParse(text, out NodeId id) ? id : default, Is.EqualTo(Id));
        Assert.That(NodeId.TryParse(Encoding.UTF8.GetBytes(text), out NodeId fromUtf8) ? fromUtf8 : default, Is.EqualTo(Id));
        Assert.That(NodeId.Parse(text), Is.EqualTo(Id));
        Assert.That(NodeId.FromHex(text), Is.EqualTo(Id));
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("0x")]
    [TestCase("901c6a70dcc5d87709d92a4d9")]
    [TestCase("901c6a70dcc5d87709d92a4d9f0")]
    [TestCase("901c6a70dcc5d87709d92a4d")]
    [TestCase("901c6a70dcc5d87709d92a4d9f00")]
    [TestCase("901c6a70dcc5 d87709d92a4d9f")]
    [TestCase("0X901c6a70dcc5d87709d92a4d9f")]
    [TestCase("0x 901c6a70dcc5d87709d92a4d9f")]
    [TestCase("0x0x901c6a70dcc5d87709d92a4d9f")]
    [TestCase("901c6a70dcc5d87709d92a4d9g")]
    [TestCase("\u200b" + Text)]
    public void TryParse_AnythingElse_IsFalse(string text)
    {
        Assert.That(NodeId.TryParse(text, out NodeId id), Is.False);
        Assert.That(id, Is.EqualTo(default(NodeId)));
        Assert.That(NodeId.TryParse(Encoding.UTF8.GetBytes(text), out id), Is.False);
        Assert.That(id, Is.EqualTo(default(NodeId)));
        Assert.That(() => NodeId.Parse(text), Throws.InstanceOf<FormatException>());
        Assert.That(() => NodeId.FromHex(text), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void FromHex_Null_IsACallersMistake() => Assert.That(() => NodeId.FromHex(null!), Throws.ArgumentNullException);

    [Test]
    public void TryParse_BytesThatAreNoUtf8_IsFalse() => Assert.That(NodeId.TryParse([0x20, 0xff, 0xc3], out _), Is.False);

    [TestCase(0)]
    [TestCase(12)]
    [TestCase(14)]
    [TestCase(32)]
    public void TryFromBytes_AnotherLength_IsFalse(int length)
    {
        Assert.That(NodeId.TryFromBytes(new byte[length], out _), Is.False);
        Assert.That(() => new NodeId(new byte[length]), Throws.ArgumentException);
    }

    [Test]
    public void TryFromBytes_ThirteenBytes_GivesTheId() =>
        Assert.That(NodeId.TryFromBytes(s_bytes, out NodeId id) ? id : default, Is.EqualTo(Id));

    [TestCase(null, Text)]
    [TestCase("", Text)]
    [TestCase("S", "901c6a70dcc5d877")]
    [TestCase("D", "NodeId(901c6a70dcc5d87709d92a4d9f)")]
    public void TryFormat_EveryFormat_WritesWhatToStringGives(string? format, string expected)
    {
        Assert.That(Id.ToString(format, null), Is.EqualTo(expected));
        char[] chars = new char[expected.Length + 1];
        byte[] utf8 = new byte[expected.Length + 1];
        Assert.That(Id.TryFormat(chars, out int written, format));
        Assert.That(new string(chars, 0, written), Is.EqualTo(expected));
        Assert.That(Id.TryFormat(utf8, out written, format));
        Assert.That(Encoding.UTF8.GetString(utf8, 0, written), Is.EqualTo(expected));

        Assert.That(Id.TryFormat(chars.AsSpan(0, expected.Length - 1), out written, format), Is.False);
        Assert.That(written, Is.Zero);
        Assert.That(Id.TryFormat(utf8.AsSpan(0, expected.Length - 1), out written, format), Is.False);
        Assert.That(written, Is.Zero);
    }

    [Test]
    public void ToShortString_IsTheFirstEightBytes() => Assert.That(Id.ToShortString(), Is.EqualTo("901c6a70dcc5d877"));

    [Test]
    public void TryFormat_UnknownFormat_IsACallersMistake()
    {
        Assert.That(() => Id.ToString("X", null), Throws.InstanceOf<FormatException>());
        Assert.That(() => Id.TryFormat(new char[99], out _, "s"), Throws.InstanceOf<FormatException>());
        Assert.That(() => Id.TryFormat(new byte[99], out _, "DD"), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void TryFormatAndTryParse_AllocateNothing()
    {
        char[] chars = new char[64];
        byte[] utf8 = new byte[64];
        NodeId id = Id;

        Assert.That(AllocationProbe.BytesOf(() =>
        {
            id.TryFormat(chars, out int length);
            _ = NodeId.TryParse(chars.AsSpan(0, length), out _);
            id.TryFormat(utf8, out length);
            _ = NodeId.TryParse(utf8.AsSpan(0, length), out _);
            id.TryFormat(chars, out _, "D");
            id.TryFormat(utf8, out _, "D");
        }), Is.Zero);
    }

    [Test]
    public void CompareTo_RandomIds_IsTheOrderOfTheBytes()
    {
        var random = new Random(13);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] left = new byte[13];
            byte[] right = new byte[13];
            random.NextBytes(left);
            left.CopyTo(right, 0);
            right[random.Next(13)] = (byte)random.Next(256);
            int expected = Math.Sign(left.AsSpan().SequenceCompareTo(right));
            var a = new NodeId(left);
            var b = new NodeId(right);

            Assert.That(Math.Sign(a.CompareTo(b)), Is.EqualTo(expected));
            Assert.That(
                (a < b, a <= b, a > b, a >= b, a == b),
                Is.EqualTo((expected < 0, expected <= 0, expected > 0, expected >= 0, expected == 0)));
        }
    }

    [Test]
    public void Json_OfAnIdByItself_IsAnArrayOfThirteenNumbers()
    {
        string json = JsonSerializer.Serialize(Id);

        Assert.That(json, Is.EqualTo("[144,28,106,112,220,197,216,119,9,217,42,77,159]"));
        Assert.That(JsonSerializer.Deserialize<NodeId>(json), Is.EqualTo(Id));
    }

    [TestCase("\"901c6a70dcc5d87709d92a4d9f\"")]
    [TestCase("[]")]
    [TestCase("[1,2,3,4,5,6,7,8,9,10,11,12]")]
    [TestCase("[1,2,3,4,5,6,7,8,9,10,11,12,13,14]")]
    [TestCase("[1,2,3,4,5,6,7,8,9,10,11,12,256]")]
    [TestCase("[1,2,3,4,5,6,7,8,9,10,11,12,1.5]")]
    [TestCase("[1,2,3,4,5,6,7,8,9,10,11,12,\"1\"]")]
    [TestCase("{}")]
    [TestCase("null")]
    public void Json_AnythingElse_IsRefused(string json) =>
        Assert.That(() => JsonSerializer.Deserialize<NodeId>(json), Throws.InstanceOf<JsonException>());
}
