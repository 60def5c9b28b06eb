using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>
/// The mask of an encrypted message's sender: who holds the mask can tell the sender's key, everyone else sees another key.
/// </summary>
/// <remarks>
/// The recipient inverts the mask: one at a time with <see cref="TryInvert"/>, or those of many messages with <see cref="InvertBatch"/>,
/// for little more than the price of one. Masks and masked secrets are secret and the caller's to zero. Allocates nothing; thread safe.
/// </remarks>
internal static class KeyMask
{
    /// <summary>Bytes of a mask.</summary>
    internal const int Length = RistrettoScalar.Length;

    /// <summary>The sender's side: mask · secret, with which the message is signed, and the key that goes with it.</summary>
    /// <param name="mask">From <see cref="KeyExchange.DeriveMask"/>.</param>
    /// <param name="secret">The sender's secret, a canonical scalar of 32 bytes.</param>
    /// <param name="maskedSecret">32 bytes, written whole; secret.</param>
    /// <returns>The masked key: the message's signer, and the associated data of its cipher.</returns>
    internal static CommsPublicKey Mask(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> secret, Span<byte> maskedSecret)
    {
        RistrettoScalar.Multiply(mask, secret, maskedSecret);

        // (mask · k) · G is the same key as mask · (k · G), at a third of the price.
        Span<byte> maskedKey = stackalloc byte[CommsPublicKey.Length];
        SecretMultiple.MultiplyBase(maskedSecret, maskedKey);
        return new CommsPublicKey(maskedKey);
    }

    /// <summary>Inverts a mask.</summary>
    /// <param name="mask">From <see cref="KeyExchange.DeriveMask"/>.</param>
    /// <param name="inverse">32 bytes, written whole; may be <paramref name="mask"/>.</param>
    /// <returns><see langword="false"/> if the mask is zero.</returns>
    internal static bool TryInvert(ReadOnlySpan<byte> mask, Span<byte> inverse) => RistrettoScalar.TryInvert(mask, inverse);

    /// <summary>Inverts the masks of many messages in place.</summary>
    /// <param name="masks">n · 32 bytes; each is replaced by its inverse, a mask of zero stays zero.</param>
    /// <param name="invertible">n flags, all written: false for a mask of zero, which does not affect the others.</param>
    internal static void InvertBatch(Span<byte> masks, Span<bool> invertible) => RistrettoScalar.InvertBatch(masks, invertible);

    /// <summary>The recipient's side: who sent the message.</summary>
    /// <param name="inverse">The inverse of the mask.</param>
    /// <param name="maskedKey">The message's signer.</param>
    /// <param name="sender">The sender's key.</param>
    /// <returns><see langword="false"/> if <paramref name="maskedKey"/> is not a point.</returns>
    internal static bool TryUnmask(ReadOnlySpan<byte> inverse, in CommsPublicKey maskedKey, out CommsPublicKey sender)
    {
        Span<byte> key = stackalloc byte[CommsPublicKey.Length];
        bool isPoint = SecretMultiple.TryMultiply(inverse, maskedKey.Bytes, key);
        sender = new CommsPublicKey(key);
        return isPoint;
    }
}
