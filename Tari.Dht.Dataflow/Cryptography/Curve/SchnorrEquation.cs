using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The test of s·G = R + e·P, in one chain of 127 doublings.</summary>
/// <remarks>
/// For what is public only: the time it takes depends on all of its operands. With e = c/d, c and d of half a scalar's length, the
/// equation becomes d·s·G - d·R - c·P = 0, and d·s·G is taken apart as u·G + v·2^127·G. Allocates nothing after the tables for G, which the
/// first call makes; thread safe.
/// </remarks>
internal static class SchnorrEquation
{
    // Digits of the points that are not known beforehand, and the odd multiples that those digits ask for.
    private const int Width = 5;
    private const int Multiples = 1 << (Width - 2);

    /// <summary>Whether s·G = R + e·P.</summary>
    /// <param name="publicKey">P, any 32 bytes.</param>
    /// <param name="publicNonce">R, any 32 bytes.</param>
    /// <param name="challenge">e, a canonical scalar of 32 bytes.</param>
    /// <param name="signature">s, a canonical scalar of 32 bytes.</param>
    /// <returns><see langword="false"/> also if P or R is not the canonical encoding of an element.</returns>
    [SkipLocalsInit]
    internal static bool Holds(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> publicNonce, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> signature)
    {
        if (!ExtendedPoint.TryDecode(publicKey, out ExtendedPoint key) || !ExtendedPoint.TryDecode(publicNonce, out ExtendedPoint nonce))
        {
            return false;
        }

        var half = new HalfScalar(challenge);
        Span<byte> product = stackalloc byte[RistrettoScalar.Length];
        BinaryPrimitives.WriteUInt128LittleEndian(product, half.Denominator);
        product[16..].Clear();
        RistrettoScalar.Multiply(product, signature, product);
        UInt128 low = BinaryPrimitives.ReadUInt128LittleEndian(product);
        UInt128 high = BinaryPrimitives.ReadUInt128LittleEndian(product[16..]);

        var baseDigits = new SignedDigits(low & (UInt128.MaxValue >> 1), BaseMultiples.Width);
        var shiftedDigits = new SignedDigits((high << 1) | (low >> 127), BaseMultiples.Width);
        var nonceDigits = new SignedDigits(half.Denominator, Width);
        var keyDigits = new SignedDigits(half.Numerator, Width);
        ReadOnlySpan<AffinePoint> baseMultiples = BaseMultiples.OfGenerator;
        ReadOnlySpan<AffinePoint> shiftedMultiples = BaseMultiples.OfShiftedGenerator;
        Span<CachedPoint> nonceMultiples = stackalloc CachedPoint[Multiples];
        Span<CachedPoint> keyMultiples = stackalloc CachedPoint[Multiples];
        PointMath.FillOddMultiples(nonce, nonceMultiples);
        PointMath.FillOddMultiples(key, keyMultiples);

        ProjectivePoint sum = ProjectivePoint.Neutral;
        int keySign = half.IsNegative ? 1 : -1;
        for (int place = SignedDigits.Count - 1; place >= 0; place--)
        {
            CompletedPoint.Double(out CompletedPoint partial, sum);
            AddMultiple(ref partial, nonceMultiples, -nonceDigits[place]);
            AddMultiple(ref partial, keyMultiples, keySign * keyDigits[place]);
            AddMultiple(ref partial, baseMultiples, baseDigits[place]);
            AddMultiple(ref partial, shiftedMultiples, shiftedDigits[place]);
            partial.ToProjective(out sum);
        }

        // The points that stand for the identity of Ristretto255 are the four of order 1, 2 and 4, which lie on the axes.
        return FieldElement.IsZero(sum.X) || FieldElement.IsZero(sum.Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMultiple(ref CompletedPoint sum, ReadOnlySpan<CachedPoint> multiples, int digit)
    {
        if (digit == 0)
        {
            return;
        }

        sum.ToExtended(out ExtendedPoint point);
        if (digit > 0)
        {
            CompletedPoint.Add(out sum, point, multiples[digit >> 1]);
        }
        else
        {
            CompletedPoint.Subtract(out sum, point, multiples[-digit >> 1]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMultiple(ref CompletedPoint sum, ReadOnlySpan<AffinePoint> multiples, int digit)
    {
        if (digit == 0)
        {
            return;
        }

        sum.ToExtended(out ExtendedPoint point);
        if (digit > 0)
        {
            CompletedPoint.Add(out sum, point, multiples[digit >> 1]);
        }
        else
        {
            CompletedPoint.Subtract(out sum, point, multiples[-digit >> 1]);
        }
    }
}
