using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The test of s·G = R + e·P, in one chain of 127 doublings.</summary>
/// <remarks>
/// For what is public only: the time it takes depends on all of its operands. With e = c/d, c and d of half a scalar's length, the
/// equation becomes d·s·G - d·R - c·P = 0, and d·s·G is taken apart as u·G + v·2^127·G. Allocates nothing after the tables for G, which the
/// first call makes; thread safe.
/// </remarks>
internal static class SchnorrEquation
{
    /// <summary>Whether s·G = R + e·P.</summary>
    /// <param name="publicKey">P, any 32 bytes.</param>
    /// <param name="publicNonce">R, any 32 bytes.</param>
    /// <param name="challenge">e, a canonical scalar of 32 bytes.</param>
    /// <param name="signature">s, a canonical scalar of 32 bytes.</param>
    /// <returns><see langword="false"/> also if P or R is not the canonical encoding of an element.</returns>
    internal static bool Holds(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> publicNonce, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> signature) =>
        Holds(publicKey, publicNonce, challenge, signature, FieldQuad.IsSupported);

    /// <summary>Whether s·G = R + e·P, in either of two ways, which agree.</summary>
    /// <param name="publicKey">P, any 32 bytes.</param>
    /// <param name="publicNonce">R, any 32 bytes.</param>
    /// <param name="challenge">e, a canonical scalar of 32 bytes.</param>
    /// <param name="signature">s, a canonical scalar of 32 bytes.</param>
    /// <param name="withVectors">All coordinates of a point at once; only where <see cref="FieldQuad.IsSupported"/>.</param>
    /// <returns><see langword="false"/> also if P or R is not the canonical encoding of an element.</returns>
    internal static bool Holds(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> publicNonce,
        ReadOnlySpan<byte> challenge,
        ReadOnlySpan<byte> signature,
        bool withVectors)
    {
        if (!ExtendedPoint.TryDecode(publicKey, out ExtendedPoint key) || !ExtendedPoint.TryDecode(publicNonce, out ExtendedPoint nonce))
        {
            return false;
        }

        var digits = new EquationDigits(challenge, signature);
        int places = SignedDigits.Count;
        while (places > 0 && digits.IsZero(places - 1))
        {
            places--;
        }

        return withVectors ? IsIdentityWithVectors(key, nonce, digits, places) : IsIdentity(key, nonce, digits, places);
    }

    [SkipLocalsInit]
    private static bool IsIdentity(in ExtendedPoint key, in ExtendedPoint nonce, in EquationDigits digits, int places)
    {
        ReadOnlySpan<AffinePoint> baseMultiples = BaseMultiples.OfGenerator;
        ReadOnlySpan<AffinePoint> shiftedMultiples = BaseMultiples.OfShiftedGenerator;
        Span<CachedPoint> nonceMultiples = stackalloc CachedPoint[EquationDigits.Multiples];
        Span<CachedPoint> keyMultiples = stackalloc CachedPoint[EquationDigits.Multiples];
        PointMath.FillOddMultiples(nonce, nonceMultiples);
        PointMath.FillOddMultiples(key, keyMultiples);

        ProjectivePoint sum = ProjectivePoint.Neutral;
        for (int place = places - 1; place >= 0; place--)
        {
            CompletedPoint.Double(out CompletedPoint partial, sum);
            AddMultiple(ref partial, nonceMultiples, digits.Nonce[place]);
            AddMultiple(ref partial, keyMultiples, digits.Key[place]);
            AddMultiple(ref partial, baseMultiples, digits.Generator[place]);
            AddMultiple(ref partial, shiftedMultiples, digits.ShiftedGenerator[place]);
            partial.ToProjective(out sum);
        }

        // The points that stand for the identity of Ristretto255 are the four of order 1, 2 and 4, which lie on the axes.
        return FieldElement.IsZero(sum.X) || FieldElement.IsZero(sum.Y);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsIdentityWithVectors(in ExtendedPoint key, in ExtendedPoint nonce, in EquationDigits digits, int places)
    {
        ReadOnlySpan<FieldQuad> baseMultiples = BaseMultiples.QuadsOfGenerator;
        ReadOnlySpan<FieldQuad> shiftedMultiples = BaseMultiples.QuadsOfShiftedGenerator;
        Span<FieldQuad> nonceMultiples = stackalloc FieldQuad[EquationDigits.Multiples];
        Span<FieldQuad> keyMultiples = stackalloc FieldQuad[EquationDigits.Multiples];
        PointQuad.FillOddMultiples(nonce, nonceMultiples);
        PointQuad.FillOddMultiples(key, keyMultiples);

        PointQuad sum = PointQuad.Neutral;
        for (int place = places - 1; place >= 0; place--)
        {
            PointQuad.Double(ref sum);
            AddMultiple(ref sum, nonceMultiples, digits.Nonce[place]);
            AddMultiple(ref sum, keyMultiples, digits.Key[place]);
            AddMultiple(ref sum, baseMultiples, digits.Generator[place]);
            AddMultiple(ref sum, shiftedMultiples, digits.ShiftedGenerator[place]);
        }

        return sum.IsIdentity;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMultiple(ref PointQuad sum, ReadOnlySpan<FieldQuad> multiples, int digit)
    {
        if (digit != 0)
        {
            PointQuad.Add(ref sum, multiples[Math.Abs(digit) >> 1], digit);
        }
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
