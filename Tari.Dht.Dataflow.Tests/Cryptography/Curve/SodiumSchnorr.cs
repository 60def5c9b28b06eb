using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

/// <summary>The verification of signatures by libsodium's functions: the oracle for ours.</summary>
internal static class SodiumSchnorr
{
    public static bool Verify(byte[] publicKey, byte[] publicNonce, byte[] challenge, byte[] signature)
    {
        byte[] e = new byte[32];
        byte[] left = new byte[32];
        byte[] right = new byte[32];
        if (!RistrettoScalar.IsCanonical(signature) || Ristretto255.IsIdentity(publicKey))
        {
            return false;
        }

        RistrettoScalar.ReduceWide(challenge, e);
        if (!Ristretto255.TryMultiply(e, publicKey, right))
        {
            return false;
        }

        Ristretto255.MultiplyBase(signature, left);
        return Ristretto255.TrySubtract(left, right, left) && left.AsSpan().SequenceEqual(publicNonce);
    }
}
