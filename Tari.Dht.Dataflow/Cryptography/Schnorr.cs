using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>The equation of both kinds of signature: s = e·k + r, and s·G = R + e·P.</summary>
/// <remarks>What is hashed into the challenge e is each signature's own affair. Allocates nothing; thread safe.</remarks>
internal static class Schnorr
{
    /// <summary>Bytes of a challenge before its reduction to a scalar.</summary>
    internal const int ChallengeLength = RistrettoScalar.WideLength;

    /// <summary>s = e·k + r.</summary>
    /// <param name="secret">k, a canonical scalar.</param>
    /// <param name="nonceSecret">r, a canonical scalar that signs nothing else.</param>
    /// <param name="challenge">64 bytes, reduced to e.</param>
    /// <param name="signature">32 bytes for s; public.</param>
    internal static void Sign(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> nonceSecret, ReadOnlySpan<byte> challenge, Span<byte> signature)
    {
        Span<byte> product = stackalloc byte[RistrettoScalar.Length];
        try
        {
            Reduce(challenge, product);
            RistrettoScalar.Multiply(product, secret, product);
            RistrettoScalar.Add(product, nonceSecret, signature);
        }
        finally
        {
            // e is public, so e·k is as good as k.
            CryptographicOperations.ZeroMemory(product);
        }
    }

    /// <summary>Whether s·G = R + e·P and P is not the identity; false too if anything is not canonical.</summary>
    /// <param name="publicKey">P, any 32 bytes.</param>
    /// <param name="publicNonce">R, any 32 bytes.</param>
    /// <param name="challenge">64 bytes, reduced to e.</param>
    /// <param name="signature">s, any 32 bytes.</param>
    internal static bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> publicNonce, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> signature)
    {
        if (!RistrettoScalar.IsCanonical(signature) || Ristretto255.IsIdentity(publicKey))
        {
            return false;
        }

        Span<byte> e = stackalloc byte[RistrettoScalar.Length];
        Reduce(challenge, e);
        return publicNonce.Length == Ristretto255.ElementLength && SchnorrEquation.Holds(publicKey, publicNonce, e, signature);
    }

    private static void Reduce(ReadOnlySpan<byte> challenge, Span<byte> scalar)
    {
        if (RistrettoScalar.ReduceWide(challenge, scalar) != KeyFormatError.None)
        {
            throw new ArgumentException($"A challenge has {ChallengeLength} bytes.", nameof(challenge));
        }
    }
}
