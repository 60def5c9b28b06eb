using System.Numerics;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

/// <summary>Decoding of Ristretto255 as RFC 9496 section 4.3.1 words it, in plain integers: only to tell points from other bytes.</summary>
internal readonly struct PlainPointCheck : IPointCheck
{
    private static readonly BigInteger s_p = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger s_d =
        BigInteger.Parse("37095705934669439343138083508754565189542113879843219016388785533085940283555");

    private static readonly BigInteger s_sqrtM1 = BigInteger.ModPow(2, (s_p - 1) / 4, s_p);

    public static bool IsPoint(ReadOnlySpan<byte> encoding)
    {
        var s = new BigInteger(encoding, isUnsigned: true);
        if (encoding.Length != 32 || s >= s_p || IsNegative(s))
        {
            return false;
        }

        BigInteger ss = s * s % s_p;
        BigInteger u1 = Mod(1 - ss);
        BigInteger u2 = Mod(1 + ss);
        BigInteger v = Mod(-(s_d * u1 * u1) - (u2 * u2));
        (bool wasSquare, BigInteger inverse) = InverseRoot(v * u2 * u2 % s_p);
        BigInteger denominatorX = inverse * u2 % s_p;
        BigInteger denominatorY = inverse * denominatorX * v % s_p;
        BigInteger x = Absolute(2 * s * denominatorX % s_p);
        BigInteger y = u1 * denominatorY % s_p;
        return wasSquare && !IsNegative(x * y % s_p) && !y.IsZero;
    }

    private static (bool WasSquare, BigInteger Root) InverseRoot(BigInteger w)
    {
        BigInteger root = BigInteger.ModPow(w, s_p - 2, s_p);
        BigInteger candidate = BigInteger.ModPow(root, (s_p + 3) / 8, s_p);
        if (candidate * candidate % s_p == root)
        {
            return (true, Absolute(candidate));
        }

        candidate = candidate * s_sqrtM1 % s_p;
        return (candidate * candidate % s_p == root, Absolute(candidate));
    }

    private static BigInteger Mod(BigInteger value) => ((value % s_p) + s_p) % s_p;

    private static bool IsNegative(BigInteger value) => !value.IsEven;

    private static BigInteger Absolute(BigInteger value) => IsNegative(value) ? Mod(-value) : value;
}
