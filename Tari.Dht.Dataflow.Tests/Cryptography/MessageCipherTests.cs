using System.Buffers.Binary;
using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class MessageCipherTests
{
    private static readonly byte[] s_key = new byte[32];
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("Last enemy position 0830h AJ 9863");
    private static readonly byte[] s_associatedData = Encoding.ASCII.GetBytes("Associated data");

    [Test]
    public void Seal_then_TryOpen_gives_the_same_message()
    {
        byte[] buffer = Seal(s_key, s_message);
        Assert.That(buffer, Has.Length.EqualTo(6016));

        Assert.That(MessageCipher.TryOpen(s_key, s_associatedData, buffer, out Range message), Is.EqualTo(DhtEncryptError.None));
        Assert.That(buffer[message], Is.EqualTo(s_message));
    }

    [Test]
    public void TryOpen_with_an_inverted_byte_of_tag_or_ciphertext_or_other_associated_data_fails()
    {
        byte[] badTag = Seal(s_key, s_message);
        badTag[^1] ^= 0xff;
        AssertNotOpened(s_key, s_associatedData, badTag);

        byte[] badText = Seal(s_key, s_message);
        badText[0] ^= 0xff;
        AssertNotOpened(s_key, s_associatedData, badText);

        AssertNotOpened(s_key, Encoding.ASCII.GetBytes("Evil associated data"), Seal(s_key, s_message));
    }

    [Test]
    public void TryOpen_with_the_key_of_another_exchange_fails()
    {
        byte[] shared = new byte[32];
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        using var recipient = CommsSecretKey.FromBytes(Scalars.Small(7));
        Assert.That(KeyExchange.TryAgree(Scalars.Small(5), recipient.PublicKey, shared));
        KeyExchange.DeriveMessageKey(shared, first);
        Assert.That(KeyExchange.TryAgree(Scalars.Small(6), recipient.PublicKey, shared));
        KeyExchange.DeriveMessageKey(shared, second);

        AssertNotOpened(second, s_associatedData, Seal(first, s_message));
    }

    [Test]
    public void TryOpen_with_any_bit_of_the_ciphertext_changed_fails_and_shows_nothing()
    {
        byte[] good = Seal(s_key, s_message);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] forged = [.. good];
            forged[i] ^= (byte)(1 << (i % 8));
            AssertNotOpened(s_key, s_associatedData, forged);
        }
    }

    [Test]
    public void TryOpen_with_any_bit_of_the_associated_data_changed_fails()
    {
        for (int bit = 0; bit < s_associatedData.Length * 8; bit++)
        {
            byte[] other = [.. s_associatedData];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertNotOpened(s_key, other, Seal(s_key, s_message));
        }
    }

    [Test]
    public void TryOpen_of_anything_shorter_than_a_tag_fails()
    {
        for (int length = 0; length < MessageCipher.TagLength; length++)
        {
            AssertNotOpened(s_key, s_associatedData, new byte[length]);
        }
    }

    [TestCase(13, 6000)]
    [TestCase(4 + 47_900, 48_000)]
    [TestCase(4 + 53_877, 54_000)]
    [TestCase(4, 6000)]
    [TestCase(6000, 6000)]
    [TestCase(6001, 12_000)]
    [TestCase(0, 6000)]
    public void Pad_appends_zeros_up_to_the_next_multiple_and_leaves_the_content(int prefixedLength, int paddedLength)
    {
        Assert.That(MessageCipher.GetPaddedLength(prefixedLength, out long length), Is.EqualTo(DhtEncryptError.None));
        Assert.That(length, Is.EqualTo(paddedLength));

        byte[] buffer = new byte[paddedLength];
        Array.Fill(buffer, (byte)0xee);
        MessageCipher.Pad(buffer, prefixedLength);

        Assert.That(buffer[..prefixedLength], Is.All.EqualTo(0xee));
        Assert.That(buffer[prefixedLength..], Is.All.Zero);
    }

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5999)]
    [TestCase(12_001)]
    public void Unpad_of_a_length_that_padding_never_makes_is_a_padding_error(int length) =>
        Assert.That(MessageCipher.Unpad(new byte[length], out _), Is.EqualTo(DhtEncryptError.PaddingError));

    [TestCase(13)]
    [TestCase(1024)]
    [TestCase(984)]
    [TestCase(0)]
    public void Pad_then_Unpad_gives_the_original(int length)
    {
        byte[] message = new byte[length];
        new Random(length).NextBytes(message);
        byte[] padded = Pad(message);

        Assert.That(MessageCipher.Unpad(padded, out Range range), Is.EqualTo(DhtEncryptError.None));
        Assert.That(padded[range], Is.EqualTo(message));
    }

    [Test]
    public void Unpad_believes_any_stored_length_that_fits()
    {
        byte[] padded = Pad(s_message);
        padded[0] = 1;

        Assert.That(MessageCipher.Unpad(padded, out Range range), Is.EqualTo(DhtEncryptError.None));
        Assert.That(padded[range], Is.EqualTo(s_message[..1]));
    }

    [TestCase(5996u, DhtEncryptError.None)]
    [TestCase(5997u, DhtEncryptError.CipherError)]
    [TestCase(0x7fffffffu, DhtEncryptError.CipherError)]
    [TestCase(0x80000000u, DhtEncryptError.CipherError)]
    [TestCase(uint.MaxValue, DhtEncryptError.CipherError)]
    public void Unpad_of_a_stored_length_larger_than_what_is_there_is_a_cipher_error(uint stored, DhtEncryptError expected)
    {
        byte[] padded = Pad(s_message);
        BinaryPrimitives.WriteUInt32LittleEndian(padded, stored);

        Assert.That(MessageCipher.Unpad(padded, out Range range), Is.EqualTo(expected));
        Assert.That(padded[range], Has.Length.EqualTo(expected == DhtEncryptError.None ? (int)stored : 0));
    }

    [Test]
    public void TryOpen_does_not_look_at_what_the_padding_holds()
    {
        byte[] buffer = new byte[6016];
        Array.Fill(buffer, (byte)0xee);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer, 2);
        ChaCha20Poly1305.Encrypt(s_key, s_associatedData, buffer.AsSpan(0, 6000), buffer.AsSpan(6000));

        Assert.That(MessageCipher.TryOpen(s_key, s_associatedData, buffer, out Range message), Is.EqualTo(DhtEncryptError.None));
        Assert.That(buffer[message], Is.EqualTo(new byte[] { 0xee, 0xee }));
    }

    [TestCase(uint.MaxValue, DhtEncryptError.None, 4_294_968_000)]
    [TestCase((long)uint.MaxValue + 1, DhtEncryptError.PaddingError, 0)]
    [TestCase(long.MaxValue, DhtEncryptError.PaddingError, 0)]
    public void GetPaddedLength_of_more_than_32_bits_is_a_padding_error(long length, DhtEncryptError expected, long padded)
    {
        Assert.That(MessageCipher.GetPaddedLength(length, out long actual), Is.EqualTo(expected));
        Assert.That(actual, Is.EqualTo(padded));
    }

    [TestCase(0, DhtEncryptError.None, 6016)]
    [TestCase(5996, DhtEncryptError.None, 6016)]
    [TestCase(5997, DhtEncryptError.None, 12_016)]
    [TestCase(uint.MaxValue - 4L, DhtEncryptError.None, 4_294_968_016)]
    [TestCase(uint.MaxValue - 3L, DhtEncryptError.PaddingError, 0)]
    [TestCase(uint.MaxValue, DhtEncryptError.PaddingError, 0)]
    [TestCase((long)uint.MaxValue + 1, DhtEncryptError.InvalidMessageBody, 0)]
    public void GetSealedLength_of_a_message_that_does_not_fit_its_prefix_is_an_error(
        long length, DhtEncryptError expected, long sealedLength)
    {
        Assert.That(MessageCipher.GetSealedLength(length, out long actual), Is.EqualTo(expected));
        Assert.That(actual, Is.EqualTo(sealedLength));
    }

    [Test]
    public void Buffers_of_another_length_and_negative_lengths_are_refused()
    {
        Assert.That(() => MessageCipher.GetPaddedLength(-1, out _), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => MessageCipher.GetSealedLength(-1, out _), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sealing.Seal(s_key, s_associatedData, new byte[6015], 1), Throws.ArgumentException);
        Assert.That(() => Sealing.Seal(s_key, s_associatedData, new byte[6016], 5997), Throws.ArgumentException);
        Assert.That(() => MessageCipher.Pad(new byte[5999], 1), Throws.ArgumentException);
    }

    private static byte[] Seal(byte[] key, byte[] message)
    {
        Assert.That(MessageCipher.GetSealedLength(message.Length, out long length), Is.EqualTo(DhtEncryptError.None));
        byte[] buffer = new byte[length];
        message.CopyTo(buffer, MessageCipher.PrefixLength);
        Sealing.Seal(key, s_associatedData, buffer, message.Length);
        return buffer;
    }

    private static byte[] Pad(byte[] message)
    {
        Assert.That(MessageCipher.GetPaddedLength(message.Length + 4, out long length), Is.EqualTo(DhtEncryptError.None));
        byte[] padded = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(padded, message.Length);
        message.CopyTo(padded, 4);
        MessageCipher.Pad(padded, message.Length + 4);
        return padded;
    }

    private static void AssertNotOpened(byte[] key, byte[] associatedData, byte[] buffer)
    {
        DhtEncryptError error = MessageCipher.TryOpen(key, associatedData, buffer, out Range message);
        bool nothingShown = !buffer.AsSpan(0, Math.Max(0, buffer.Length - MessageCipher.TagLength)).ContainsAnyExcept((byte)0);

        Assert.That(error, Is.EqualTo(DhtEncryptError.InvalidAuthenticatedDecryption));
        Assert.That(buffer[message], Is.Empty);
        Assert.That(nothingShown);
    }
}
