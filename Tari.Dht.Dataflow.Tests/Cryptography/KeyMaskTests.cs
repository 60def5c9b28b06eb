using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class KeyMaskTests
{
    [Test]
    public void Mask_ThenTryUnmask_RandomKeys_GivesTheSenderBack()
    {
        var random = new Random(31);
        byte[] maskedSecret = new byte[32];
        byte[] inverse = new byte[32];
        byte[] expected = new byte[32];
        for (int i = 0; i < 50; i++)
        {
            byte[] mask = Scalars.Random(random);
            using var sender = CommsSecretKey.FromBytes(Scalars.Random(random));

            CommsPublicKey masked = KeyMask.Mask(mask, sender.Scalar, maskedSecret);
            Assert.That(Ristretto255.TryMultiply(mask, sender.PublicKey.Bytes, expected));
            Assert.That(masked.Equals(expected), "mask · key, the long way");

            Assert.That(KeyMask.TryInvert(mask, inverse));
            Assert.That(KeyMask.TryUnmask(inverse, masked, out CommsPublicKey unmasked));
            Assert.That(unmasked, Is.EqualTo(sender.PublicKey));
        }
    }

    [Test]
    public void TryInvert_MaskOfZero_Fails() => Assert.That(KeyMask.TryInvert(new byte[32], new byte[32]), Is.False);

    [Test]
    public void TryUnmask_AKeyThatIsNoPoint_Fails()
    {
        var key = new CommsPublicKey([.. Enumerable.Repeat((byte)0xff, 32)]);

        Assert.That(KeyMask.TryUnmask(Scalars.Small(3), key, out CommsPublicKey sender), Is.False);
        Assert.That(sender, Is.EqualTo(default(CommsPublicKey)));
    }
}
