using Tari.Dht.Dataflow.Interop;
using static Tari.Dht.Dataflow.Cryptography.Primitives.PrimitiveArguments;
using static Tari.Dht.Dataflow.Interop.Interop;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>ChaCha20-Poly1305 (RFC 8439) in place, with a nonce of 12 zero bytes: every key is for one message only.</summary>
/// <remarks>Wrong lengths are the caller's mistake and throw. Allocates nothing; thread safe.</remarks>
internal static class ChaCha20Poly1305
{
    /// <summary>Bytes of a key.</summary>
    internal const int KeyLength = crypto_aead_chacha20poly1305_ietf_KEYBYTES;

    /// <summary>Bytes of a tag.</summary>
    internal const int TagLength = crypto_aead_chacha20poly1305_ietf_ABYTES;

    /// <summary>Encrypts a buffer in place.</summary>
    /// <param name="key">32 bytes that have not encrypted anything yet.</param>
    /// <param name="associatedData">Bytes that the tag covers too.</param>
    /// <param name="text">The plaintext, replaced by the ciphertext.</param>
    /// <param name="tag">16 bytes, written whole; may follow <paramref name="text"/> directly.</param>
    internal static unsafe void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> text, Span<byte> tag)
    {
        ThrowIfNotLength(key, KeyLength);
        ThrowIfNotLength(tag, TagLength);
        Sodium.EnsureInitialized();
        byte* nonce = stackalloc byte[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
        new Span<byte>(nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES).Clear();
        fixed (byte* k = key)
        fixed (byte* ad = associatedData)
        fixed (byte* m = text)
        fixed (byte* mac = tag)
        {
            _ = crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                m, mac, null, m, (ulong)text.Length, ad, (ulong)associatedData.Length, null, nonce, k);
        }
    }

    /// <summary>Checks the tag and only then decrypts, in place.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="associatedData">The bytes that were given when encrypting.</param>
    /// <param name="text">The ciphertext, replaced by the plaintext; by zeros on failure.</param>
    /// <param name="tag">16 bytes; compared in constant time.</param>
    /// <returns>Whether the tag is right.</returns>
    internal static unsafe bool TryDecrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> text, ReadOnlySpan<byte> tag)
    {
        ThrowIfNotLength(key, KeyLength);
        ThrowIfNotLength(tag, TagLength);
        Sodium.EnsureInitialized();
        byte* nonce = stackalloc byte[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
        new Span<byte>(nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES).Clear();
        fixed (byte* k = key)
        fixed (byte* ad = associatedData)
        fixed (byte* c = text)
        fixed (byte* mac = tag)
        {
            return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                c, null, c, (ulong)text.Length, mac, ad, (ulong)associatedData.Length, nonce, k) == 0;
        }
    }
}
