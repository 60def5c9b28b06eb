using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

internal sealed class PeerFlagsTests
{
    [TestCase(0, "")]
    [TestCase(1, "SEED")]
    [TestCase(0x81, "SEED | 0x80")]
    public void ToText_AndBack_IsTheSame(int bits, string text)
    {
        Assert.That(((PeerFlags)bits).ToText(), Is.EqualTo(text));
        Assert.That(PeerFlagsExtensions.TryParse(text, out PeerFlags flags));
        Assert.That((int)flags, Is.EqualTo(bits));
    }

    [TestCase("NONE", 0)]
    [TestCase(" SEED | NONE ", 1)]
    [TestCase("0xff", 255)]
    public void TryParse_NamesAndNumbers_AreJoined(string text, int expected)
    {
        Assert.That(PeerFlagsExtensions.TryParse(text, out PeerFlags flags));
        Assert.That((int)flags, Is.EqualTo(expected));
        Assert.That(flags.IsDefined(), Is.EqualTo(expected < 2));
    }

    [TestCase("seed")]
    [TestCase("SEED,NONE")]
    [TestCase("0x100")]
    [TestCase("SEED|")]
    public void TryParse_AnythingElse_IsFalse(string text) => Assert.That(PeerFlagsExtensions.TryParse(text, out _), Is.False);

    [Test]
    public void TryFromBits_AnyBitWithoutMeaning_IsFalse()
    {
        Assert.That(PeerFlagsExtensions.TryFromBits(0, out PeerFlags flags) && flags == PeerFlags.None);
        Assert.That(PeerFlagsExtensions.TryFromBits(1, out flags) && flags == PeerFlags.Seed);
        Assert.That(PeerFlagsExtensions.TryFromBits(2, out _), Is.False);
        Assert.That(PeerFlagsExtensions.TryFromBits(0x101, out _), Is.False);
    }
}
