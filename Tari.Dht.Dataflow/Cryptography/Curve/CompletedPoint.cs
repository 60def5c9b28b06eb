using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The point (X/Z, Y/T), which additions and doublings give, to be multiplied out as far as is needed.</summary>
/// <remarks>
/// The formulas are those of Hisil, Wong, Carter and Dawson for a = -1, which are right for every pair of points. The limbs of the
/// coordinates are below 2^53.7, and those of each pair that is multiplied here below 2^108 together.
/// </remarks>
internal struct CompletedPoint
{
    internal FieldElement X;
    internal FieldElement Y;
    internal FieldElement Z;
    internal FieldElement T;

    /// <summary>Twice a point.</summary>
    internal static void Double(out CompletedPoint result, in ProjectivePoint point)
    {
        FieldElement.Square(out FieldElement xx, point.X);
        FieldElement.Square(out FieldElement yy, point.Y);
        FieldElement.Square(out FieldElement zz, point.Z);
        FieldElement.Add(out FieldElement sum, point.X, point.Y);
        FieldElement.Square(out sum, sum);
        FieldElement.Add(out zz, zz, zz);
        FieldElement.Add(out result.Y, yy, xx);
        FieldElement.Subtract(out result.Z, yy, xx);
        FieldElement.SubtractLoose(out result.X, sum, result.Y);
        FieldElement.SubtractLoose(out result.T, zz, result.Z);
    }

    /// <summary>left + right.</summary>
    internal static void Add(out CompletedPoint result, in ExtendedPoint left, in CachedPoint right)
    {
        FieldElement.Add(out FieldElement sum, left.Y, left.X);
        FieldElement.Subtract(out FieldElement difference, left.Y, left.X);
        FieldElement.Multiply(out sum, sum, right.Sum);
        FieldElement.Multiply(out difference, difference, right.Difference);
        FieldElement.Multiply(out FieldElement product, left.T, right.Product);
        FieldElement.Multiply(out FieldElement z, left.Z, right.TwiceZ);
        Complete(out result.X, out result.Y, out result.Z, out result.T, sum, difference, z, product);
    }

    /// <summary>left - right.</summary>
    internal static void Subtract(out CompletedPoint result, in ExtendedPoint left, in CachedPoint right)
    {
        // The negative of (x, y) is (-x, y): sum and difference change places, and the product its sign.
        FieldElement.Add(out FieldElement sum, left.Y, left.X);
        FieldElement.Subtract(out FieldElement difference, left.Y, left.X);
        FieldElement.Multiply(out sum, sum, right.Difference);
        FieldElement.Multiply(out difference, difference, right.Sum);
        FieldElement.Multiply(out FieldElement product, left.T, right.Product);
        FieldElement.Multiply(out FieldElement z, left.Z, right.TwiceZ);
        Complete(out result.X, out result.Y, out result.T, out result.Z, sum, difference, z, product);
    }

    /// <summary>left + right.</summary>
    internal static void Add(out CompletedPoint result, in ExtendedPoint left, in AffinePoint right)
    {
        FieldElement.Add(out FieldElement sum, left.Y, left.X);
        FieldElement.Subtract(out FieldElement difference, left.Y, left.X);
        FieldElement.Multiply(out sum, sum, right.Sum);
        FieldElement.Multiply(out difference, difference, right.Difference);
        FieldElement.Multiply(out FieldElement product, left.T, right.Product);
        FieldElement.Add(out FieldElement z, left.Z, left.Z);
        Complete(out result.X, out result.Y, out result.Z, out result.T, sum, difference, z, product);
    }

    /// <summary>left - right.</summary>
    internal static void Subtract(out CompletedPoint result, in ExtendedPoint left, in AffinePoint right)
    {
        FieldElement.Add(out FieldElement sum, left.Y, left.X);
        FieldElement.Subtract(out FieldElement difference, left.Y, left.X);
        FieldElement.Multiply(out sum, sum, right.Difference);
        FieldElement.Multiply(out difference, difference, right.Sum);
        FieldElement.Multiply(out FieldElement product, left.T, right.Product);
        FieldElement.Add(out FieldElement z, left.Z, left.Z);
        Complete(out result.X, out result.Y, out result.T, out result.Z, sum, difference, z, product);
    }

    /// <summary>Multiplies the point out.</summary>
    internal readonly void ToProjective(out ProjectivePoint result)
    {
        FieldElement.Multiply(out result.X, X, T);
        FieldElement.Multiply(out result.Y, Y, Z);
        FieldElement.Multiply(out result.Z, Z, T);
    }

    /// <summary>Multiplies the point out, for an addition.</summary>
    internal readonly void ToExtended(out ExtendedPoint result)
    {
        FieldElement.Multiply(out result.X, X, T);
        FieldElement.Multiply(out result.Y, Y, Z);
        FieldElement.Multiply(out result.Z, Z, T);
        FieldElement.Multiply(out result.T, X, Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Complete(
        out FieldElement x,
        out FieldElement y,
        out FieldElement zPlus,
        out FieldElement zMinus,
        in FieldElement sum,
        in FieldElement difference,
        in FieldElement z,
        in FieldElement product)
    {
        FieldElement.Subtract(out x, sum, difference);
        FieldElement.Add(out y, sum, difference);
        FieldElement.Add(out zPlus, z, product);
        FieldElement.Subtract(out zMinus, z, product);
    }
}
