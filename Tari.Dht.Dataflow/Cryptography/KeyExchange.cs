using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>
/// What sender and recipient of an encrypted message derive alike: the shared secret, from it the message key and the mask.
/// </summary>
/// <remarks>
/// Everything written here is secret, in buffers of the caller's, who zeroes them (<see cref="CryptographicOperations.ZeroMemory"/> in a
/// <c>finally</c>). Allocates nothing; thread safe.
/// </remarks>
internal static class KeyExchange
{
    /// <summary>Bytes of the shared secret, an encoded group element.</summary>
    internal const int SharedSecretLength = Ristretto255.ElementLength;

    /// <summary>Bytes of a message key.</summary>
    internal const int MessageKeyLength = MessageCipher.KeyLength;

    /// <summary>
    /// secret · public key: the ephemeral secret with the recipient's key, or the recipient's secret with the ephemeral key.
    /// </summary>
    /// <param name="secret">A canonical scalar of 32 bytes.</param>
    /// <param name="publicKey">The other side's key.</param>
    /// <param name="sharedSecret">32 bytes, written whole. The identity is a valid result, as in the reference.</param>
    /// <returns><see langword="false"/> if <paramref name="publicKey"/> is not a point.</returns>
    internal static bool TryAgree(ReadOnlySpan<byte> secret, in CommsPublicKey publicKey, Span<byte> sharedSecret) =>
        SecretMultiple.TryMultiply(secret, publicKey.Bytes, sharedSecret);

    /// <summary>The key that encrypts the message.</summary>
    /// <param name="sharedSecret">From <see cref="TryAgree"/>.</param>
    /// <param name="messageKey">32 bytes, written whole.</param>
    internal static void DeriveMessageKey(ReadOnlySpan<byte> sharedSecret, Span<byte> messageKey)
    {
        DomainHasher hasher = DomainHasher.KeyMessage();
        try
        {
            hasher.Append(sharedSecret);
            hasher.Finish(messageKey);
        }
        finally
        {
            Zero(ref hasher);
        }
    }

    /// <summary>The scalar that masks the sender's key.</summary>
    /// <param name="sharedSecret">From <see cref="TryAgree"/>.</param>
    /// <param name="mask">32 bytes, written whole.</param>
    internal static void DeriveMask(ReadOnlySpan<byte> sharedSecret, Span<byte> mask)
    {
        Span<byte> wide = stackalloc byte[RistrettoScalar.WideLength];
        DomainHasher hasher = DomainHasher.KeyMask();
        try
        {
            hasher.Append(sharedSecret);
            hasher.Finish(wide);
            _ = RistrettoScalar.ReduceWide(wide, mask);
        }
        finally
        {
            Zero(ref hasher);
            CryptographicOperations.ZeroMemory(wide);
        }
    }

    // The state of a hash holds what it was fed.
    private static void Zero(ref DomainHasher hasher) =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<DomainHasher>(ref hasher)));
}
