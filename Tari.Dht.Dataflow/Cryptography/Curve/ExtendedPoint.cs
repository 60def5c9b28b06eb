namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The point (X/Z, Y/Z) of the curve -x² + y² = 1 + d·x²·y², with T = X·Y/Z. Tight coordinates.</summary>
/// <remarks>Four points stand for one element of Ristretto255 (RFC 9496). Any will do, except where elements are compared.</remarks>
internal struct ExtendedPoint
{
    internal FieldElement X;
    internal FieldElement Y;
    internal FieldElement Z;
    internal FieldElement T;

    /// <summary>A point that stands for an encoded element.</summary>
    /// <param name="bytes">32 bytes, which may be anything.</param>
    /// <param name="point">The point, with Z = 1; undefined on failure.</param>
    /// <returns><see langword="false"/> if the bytes are not the canonical encoding of an element.</returns>
    internal static bool TryDecode(ReadOnlySpan<byte> bytes, out ExtendedPoint point)
    {
        point = default;
        if (!FieldElement.TryRead(bytes, out FieldElement s) || (bytes[0] & 1) != 0)
        {
            return false;
        }

        // Section 4.3.1: u1 = 1 - s², u2 = 1 + s², v = -d·u1² - u2², r = 1/√(v·u2²), x = |2·s·r·u2|, y = u1·r²·u2·v.
        FieldElement.Square(out FieldElement square, s);
        FieldElement one = FieldElement.One;
        FieldElement.Subtract(out FieldElement u1, one, square);
        FieldElement.Add(out FieldElement u2, one, square);
        FieldElement.Square(out FieldElement u2Square, u2);
        FieldElement.Square(out FieldElement v, u1);
        FieldElement.Multiply(out v, v, FieldElement.EdwardsD);
        FieldElement.Add(out v, v, u2Square);
        FieldElement.SubtractLoose(out v, default, v);
        FieldElement.Multiply(out FieldElement product, v, u2Square);
        if (!FieldElement.TryInverseRoot(out FieldElement root, product))
        {
            return false;
        }

        FieldElement.Multiply(out FieldElement xDenominator, root, u2);
        FieldElement.Multiply(out FieldElement yDenominator, root, xDenominator);
        FieldElement.Multiply(out yDenominator, yDenominator, v);
        FieldElement.Multiply(out point.Y, u1, yDenominator);
        FieldElement.Add(out s, s, s);
        FieldElement.Multiply(out point.X, s, xDenominator);
        FieldElement.Reduce(ref point.X);
        if (FieldElement.IsNegative(point.X))
        {
            FieldElement.Subtract(out point.X, default, point.X);
            FieldElement.Reduce(ref point.X);
        }

        point.Z = one;
        FieldElement.Multiply(out point.T, point.X, point.Y);
        return !FieldElement.IsNegative(point.T) && !FieldElement.IsZero(point.Y);
    }

    /// <summary>The encoding of the element that a point stands for; the identity's is 32 zero bytes.</summary>
    /// <param name="point">Limbs below 2^52. May be secret: no branch depends on it.</param>
    /// <param name="bytes">32 bytes, written whole.</param>
    internal static void Encode(in ExtendedPoint point, Span<byte> bytes)
    {
        // Section 4.3.2: u1 = (z + y)·(z - y), u2 = x·y, r = 1/√(u1·u2²), n = (r·u1)·(r·u2)·t, which is 1/z.
        FieldElement.Add(out FieldElement u1, point.Z, point.Y);
        FieldElement.SubtractLoose(out FieldElement factor, point.Z, point.Y);
        FieldElement.Multiply(out u1, u1, factor);
        FieldElement.Multiply(out FieldElement u2, point.X, point.Y);
        FieldElement.Square(out FieldElement square, u2);
        FieldElement.Multiply(out square, square, u1);
        FieldElement.InverseRootOfSquare(out FieldElement root, square);
        FieldElement.Multiply(out FieldElement d1, root, u1);
        FieldElement.Multiply(out FieldElement d2, root, u2);
        FieldElement.Multiply(out FieldElement zInverse, d1, d2);
        FieldElement.Multiply(out zInverse, zInverse, point.T);

        // Of the four points that stand for the element the one is taken for which t/z and then x/z are not negative.
        FieldElement.Multiply(out FieldElement sign, point.T, zInverse);
        ulong isRotated = FieldElement.MaskOfNegative(sign);
        FieldElement.Multiply(out FieldElement rotatedX, point.Y, FieldElement.RootOfMinusOne);
        FieldElement.Multiply(out FieldElement rotatedY, point.X, FieldElement.RootOfMinusOne);
        FieldElement.Multiply(out FieldElement rotatedDenominator, d1, FieldElement.InverseRootOfAMinusD);
        FieldElement.Select(out FieldElement x, point.X, rotatedX, isRotated);
        FieldElement.Select(out FieldElement y, point.Y, rotatedY, isRotated);
        FieldElement.Select(out FieldElement denominator, d2, rotatedDenominator, isRotated);
        FieldElement.Multiply(out sign, x, zInverse);
        FieldElement.SubtractLoose(out FieldElement opposite, default, y);
        FieldElement.Reduce(ref opposite);
        FieldElement.Select(out y, y, opposite, FieldElement.MaskOfNegative(sign));

        // s = |denominator·(z - y)|.
        FieldElement.SubtractLoose(out FieldElement difference, point.Z, y);
        FieldElement.Multiply(out FieldElement s, denominator, difference);
        FieldElement.SubtractLoose(out opposite, default, s);
        FieldElement.Select(out s, s, opposite, FieldElement.MaskOfNegative(s));
        FieldElement.Write(s, bytes);
    }
}
