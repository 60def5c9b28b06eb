using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Seals and opens the body of an encrypted message, in place.</summary>
/// <remarks>
/// <code>
///   0        4             4 + n       6000 · k     6000 · k + 16
///   +--------+-------------+-----------+------------+
///   | n      | message     | zeros     | tag        |      n: u32, little-endian
///   +--------+-------------+-----------+------------+
///   |             encrypted            |
/// </code>
/// The associated data is the masked key of the sender. Allocates nothing; thread safe.
/// </remarks>
internal static class MessageCipher
{
    /// <summary>Padded bodies are multiples of this many bytes, the length prefix included.</summary>
    internal const int BaseLength = 6000;

    /// <summary>Bytes in front of the message.</summary>
    internal const int PrefixLength = 4;

    /// <summary>Bytes of a key.</summary>
    internal const int KeyLength = ChaCha20Poly1305.KeyLength;

    /// <summary>Bytes of the tag at the end.</summary>
    internal const int TagLength = ChaCha20Poly1305.TagLength;

    /// <summary>The length after padding: the next multiple of 6000, and 6000 for nothing at all.</summary>
    /// <param name="prefixedLength">Bytes of the message with its length prefix, 0 or more.</param>
    /// <param name="paddedLength">The padded length; 0 on failure.</param>
    /// <returns><see cref="DhtEncryptError.PaddingError"/> if <paramref name="prefixedLength"/> does not fit 32 bits.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A negative length.</exception>
    internal static DhtEncryptError GetPaddedLength(long prefixedLength, out long paddedLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefixedLength);
        paddedLength = 0;
        if (prefixedLength > uint.MaxValue)
        {
            return DhtEncryptError.PaddingError;
        }

        paddedLength = Math.Max(1, (prefixedLength + BaseLength - 1) / BaseLength) * BaseLength;
        return DhtEncryptError.None;
    }

    /// <summary>The length of the sealed form of a message: prefix, message, padding and tag.</summary>
    /// <param name="messageLength">Bytes of the message, 0 or more.</param>
    /// <param name="sealedLength">The sealed length; 0 on failure.</param>
    /// <returns>
    /// <see cref="DhtEncryptError.InvalidMessageBody"/> if the message's length does not fit 32 bits,
    /// <see cref="DhtEncryptError.PaddingError"/> if that of the prefixed message does not.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A negative length.</exception>
    internal static DhtEncryptError GetSealedLength(long messageLength, out long sealedLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(messageLength);
        sealedLength = 0;
        if (messageLength > uint.MaxValue)
        {
            return DhtEncryptError.InvalidMessageBody;
        }

        DhtEncryptError error = GetPaddedLength(messageLength + PrefixLength, out long paddedLength);
        if (error == DhtEncryptError.None)
        {
            sealedLength = paddedLength + TagLength;
        }

        return error;
    }

    /// <summary>Seals a buffer whose length prefix, message and padding are written already.</summary>
    /// <param name="key">32 bytes that have not sealed anything yet: the nonce is fixed.</param>
    /// <param name="associatedData">The masked key of the sender.</param>
    /// <param name="buffer">The padded text (see <see cref="Pad"/>) and 16 bytes for the tag; overwritten whole.</param>
    /// <exception cref="ArgumentException">The text is not padded.</exception>
    internal static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> buffer)
    {
        if (buffer.Length < BaseLength + TagLength || (buffer.Length - TagLength) % BaseLength != 0)
        {
            throw new ArgumentException("The buffer has not the length of a sealed message.", nameof(buffer));
        }

        ChaCha20Poly1305.Encrypt(key, associatedData, buffer[..^TagLength], buffer[^TagLength..]);
    }

    /// <summary>Opens a sealed message.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="associatedData">The masked key of the sender.</param>
    /// <param name="buffer">
    /// Ciphertext and tag, of any length; holds the plaintext afterwards. Not decrypted if the tag is wrong: then it has zeros in place of
    /// the ciphertext, or is as it was if there is not even a tag.
    /// </param>
    /// <param name="message">
    /// Where in <paramref name="buffer"/> the message is; empty on failure. What the padding holds is not looked at.
    /// </param>
    internal static DhtEncryptError TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> buffer, out Range message)
    {
        message = default;
        if (buffer.Length < TagLength)
        {
            return DhtEncryptError.InvalidAuthenticatedDecryption;
        }

        Span<byte> text = buffer[..^TagLength];
        return ChaCha20Poly1305.TryDecrypt(key, associatedData, text, buffer[^TagLength..])
            ? Unpad(text, out message)
            : DhtEncryptError.InvalidAuthenticatedDecryption;
    }

    /// <summary>Fills the padding of a message with zeros.</summary>
    /// <param name="padded">
    /// The message with its length prefix, then the space for the padding; as long as <see cref="GetPaddedLength"/> says.
    /// </param>
    /// <param name="prefixedLength">Bytes of the message with its prefix, left as they are.</param>
    /// <exception cref="ArgumentException">The buffer has not the padded length.</exception>
    internal static void Pad(Span<byte> padded, int prefixedLength)
    {
        if (GetPaddedLength(prefixedLength, out long paddedLength) != DhtEncryptError.None || padded.Length != paddedLength)
        {
            throw new ArgumentException("The buffer has not the padded length.", nameof(padded));
        }

        padded[prefixedLength..].Clear();
    }

    /// <summary>Finds the message in a padded buffer.</summary>
    /// <param name="padded">Prefix, message and padding, of any length.</param>
    /// <param name="message">Where in <paramref name="padded"/> the message is; empty on failure.</param>
    internal static DhtEncryptError Unpad(ReadOnlySpan<byte> padded, out Range message)
    {
        message = default;
        if (padded.Length < PrefixLength || padded.Length % BaseLength != 0)
        {
            return DhtEncryptError.PaddingError;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(padded);
        if (length > padded.Length - PrefixLength)
        {
            return DhtEncryptError.CipherError;
        }

        message = new Range(PrefixLength, PrefixLength + (int)length);
        return DhtEncryptError.None;
    }
}
