using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Tests.Protocol;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class CommsPublicKeyTests
{
    private const string Text = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

    private static CommsPublicKey Key => new(Convert.FromHexString(Text));

    [TestCase(Text)]
    [TestCase("E2F2AE0A6ABC4E71A884A961C500515F58E30B6AA582DD8DB6A65945E08D2D76")]
    [TestCase("0x" + Text)]
    [TestCase("  \t" + Text + "\r\n")]
    [TestCase("\u00850x" + Text + "\u3000")]
    public void TryParse_DigitsInAnyDress_GivesTheKey(string text)
    {
        Assert.That(CommsPublicKey.TryParse(text, out CommsPublicKey key) ? key : default, Is.EqualTo(Key));
        Assert.That(CommsPublicKey.TryParse(Encoding.UTF8.GetBytes(text), out key) ? key : default, Is.EqualTo(Key));
        Assert.That(CommsPublicKey.Parse(text), Is.EqualTo(Key));
        Assert.That(CommsPublicKey.FromHex(text), Is.EqualTo(Key));
    }

    [TestCase("")]
    [TestCase("0x")]
    [TestCase("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d7")]
    [TestCase("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d")]
    [TestCase(Text + "00")]
    [TestCase("0X" + Text)]
    [TestCase("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2dxy")]
    [TestCase("e2f2ae0a6abc4e71 a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")]
    public void TryParse_AnythingElse_IsFalse(string text)
    {
        Assert.That(CommsPublicKey.TryParse(text, out CommsPublicKey key), Is.False);
        Assert.That(key, Is.EqualTo(default(CommsPublicKey)));
        Assert.That(CommsPublicKey.TryParse(Encoding.UTF8.GetBytes(text), out _), Is.False);
        var error = Assert.Throws<KeyFormatException>(() => CommsPublicKey.Parse(text));
        Assert.That(error.Error, Is.EqualTo(KeyFormatError.NotHexadecimal));
        Assert.That(() => CommsPublicKey.FromHex(text), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void FromHex_Null_IsACallersMistake() => Assert.That(() => CommsPublicKey.FromHex(null!), Throws.ArgumentNullException);

    [Test]
    public void TryFromBytes_TakesThirtyTwoBytesAlone()
    {
        Assert.That(CommsPublicKey.TryFromBytes(Key.Bytes, out CommsPublicKey key) ? key : default, Is.EqualTo(Key));
        Assert.That(CommsPublicKey.TryFromBytes(new byte[31], out _), Is.False);
        Assert.That(CommsPublicKey.TryFromBytes(new byte[33], out _), Is.False);
    }

    [Test]
    public void CompareTo_RandomKeys_IsTheOrderOfTheBytes()
    {
        var random = new Random(32);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] left = new byte[32];
            random.NextBytes(left);
            byte[] right = [.. left];
            right[random.Next(32)] = (byte)random.Next(256);
            int expected = Math.Sign(left.AsSpan().SequenceCompareTo(right));
            var a = new CommsPublicKey(left);
            var b = new CommsPublicKey(right);

            Assert.That(Math.Sign(a.CompareTo(b)), Is.EqualTo(expected));
            Assert.That(
                (a < b, a <= b, a > b, a >= b, a == b),
                Is.EqualTo((expected < 0, expected <= 0, expected > 0, expected >= 0, expected == 0)));
        }
    }

    [Test]
    public void TryFormat_WritesWhatToStringGives_WithoutAllocating()
    {
        char[] chars = new char[64];
        byte[] utf8 = new byte[64];
        CommsPublicKey key = Key;

        Assert.That(key.TryFormat(chars, out int written) && written == 64);
        Assert.That(new string(chars), Is.EqualTo(Text));
        Assert.That(key.TryFormat(utf8, out written) && written == 64);
        Assert.That(Encoding.UTF8.GetString(utf8), Is.EqualTo(Text));
        Assert.That($"{key}", Is.EqualTo(Text));
        Assert.That(key.TryFormat(chars.AsSpan(1), out written), Is.False);
        Assert.That(key.TryFormat(utf8.AsSpan(1), out written), Is.False);
        Assert.That(() => key.TryFormat(chars, out _, "X"), Throws.InstanceOf<FormatException>());
        Assert.That(() => key.ToString("X", null), Throws.InstanceOf<FormatException>());

        Assert.That(AllocationProbe.BytesOf(() =>
        {
            key.TryFormat(chars, out _);
            _ = CommsPublicKey.TryParse(chars, out _);
            key.TryFormat(utf8, out _);
            _ = CommsPublicKey.TryParse(utf8, out _);
        }), Is.Zero);
    }

    [Test]
    public void Json_IsTheText()
    {
        Assert.That(JsonSerializer.Serialize(Key), Is.EqualTo($"\"{Text}\""));
        Assert.That(JsonSerializer.Deserialize<CommsPublicKey>($"\" 0x{Text} \""), Is.EqualTo(Key));
        Assert.That(JsonSerializer.Deserialize<CommsPublicKey>($"\"\\u0065{Text[1..]}\""), Is.EqualTo(Key));
    }

    [TestCase("1")]
    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("\"\\ud800\"")]
    [TestCase("[]")]
    public void Json_AnythingElse_IsRefused(string json) =>
        Assert.That(() => JsonSerializer.Deserialize<CommsPublicKey>(json), Throws.InstanceOf<JsonException>());
}
