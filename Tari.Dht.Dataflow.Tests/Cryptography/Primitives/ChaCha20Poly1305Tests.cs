using Tari.Dht.Dataflow.Cryptography.Primitives;
using Platform = System.Security.Cryptography.ChaCha20Poly1305;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

/// <summary>libsodium's cipher against the platform's.</summary>
internal sealed class ChaCha20Poly1305Tests
{
    private static readonly byte[] s_nonce = new byte[12];

    [Test]
    public void Encrypt_And_TryDecrypt_EveryKindOfLength_AgreeWithThePlatform()
    {
        var random = new Random(21);
        foreach (int length in Enumerable.Range(0, 300).Concat([1023, 1024, 5999, 6000, 6001, 12000, 54000]))
        {
            byte[] key = RandomBytes(random, 32);
            byte[] associatedData = RandomBytes(random, random.Next(3) == 0 ? random.Next(70) : 32);
            byte[] plaintext = RandomBytes(random, length);
            byte[] expected = new byte[length];
            byte[] expectedTag = new byte[16];
            using var platform = new Platform(key);
            platform.Encrypt(s_nonce, plaintext, expected, expectedTag, associatedData);

            byte[] text = [.. plaintext];
            byte[] tag = new byte[16];
            ChaCha20Poly1305.Encrypt(key, associatedData, text, tag);
            Assert.That(text, Is.EqualTo(expected));
            Assert.That(tag, Is.EqualTo(expectedTag));

            Assert.That(ChaCha20Poly1305.TryDecrypt(key, associatedData, text, tag));
            Assert.That(text, Is.EqualTo(plaintext));
        }
    }

    [Test]
    public void TryDecrypt_AnyBitOfTagChanged_FailsAndLeavesOnlyZeros()
    {
        var random = new Random(22);
        byte[] key = RandomBytes(random, 32);
        byte[] associatedData = RandomBytes(random, 32);
        byte[] ciphertext = RandomBytes(random, 1024);
        byte[] tag = new byte[16];
        ChaCha20Poly1305.Encrypt(key, associatedData, ciphertext, tag);
        for (int bit = 0; bit < 128; bit++)
        {
            byte[] text = [.. ciphertext];
            byte[] forged = [.. tag];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.That(ChaCha20Poly1305.TryDecrypt(key, associatedData, text, forged), Is.False);
            Assert.That(text, Is.All.Zero);
        }
    }

    [Test]
    public void Operations_OnKeysAndTagsOfAnotherLength_AreRefused()
    {
        byte[] text = new byte[64];

        Assert.That(() => ChaCha20Poly1305.Encrypt(new byte[31], default, text, new byte[16]), Throws.ArgumentException);
        Assert.That(() => ChaCha20Poly1305.Encrypt(new byte[32], default, text, new byte[15]), Throws.ArgumentException);
        Assert.That(() => ChaCha20Poly1305.TryDecrypt(new byte[33], default, text, new byte[16]), Throws.ArgumentException);
        Assert.That(() => ChaCha20Poly1305.TryDecrypt(new byte[32], default, text, new byte[17]), Throws.ArgumentException);
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
