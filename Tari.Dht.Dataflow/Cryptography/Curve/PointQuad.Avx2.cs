using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>An <see cref="ExtendedPoint"/> whose four coordinates are worked on at once.</summary>
/// <remarks>The formulas are those of <see cref="CompletedPoint"/>. Only where <see cref="FieldQuad.IsSupported"/>.</remarks>
internal struct PointQuad
{
    private static readonly FieldQuad s_tableFactors =
        new(FieldElement.One, FieldElement.One, FieldElement.TwiceEdwardsD, FieldElement.Two);

    private static readonly FieldQuad s_neutralEntry =
        new(FieldElement.One, FieldElement.One, default, FieldElement.Two);

    private FieldQuad _coordinates;

    /// <summary>Takes the coordinates of a point.</summary>
    internal PointQuad(in ExtendedPoint point) => _coordinates = new FieldQuad(point.X, point.Y, point.Z, point.T);

    /// <summary>The neutral point (0, 1).</summary>
    internal static PointQuad Neutral => new(new ExtendedPoint { Y = FieldElement.One, Z = FieldElement.One });

    /// <summary>Whether the point stands for the identity of Ristretto255.</summary>
    internal readonly bool IsIdentity => FieldElement.IsZero(_coordinates[0]) || FieldElement.IsZero(_coordinates[1]);

    /// <summary>Doubles the point.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Double(ref PointQuad point)
    {
        FieldQuad.SpreadForDouble(out FieldQuad left, point._coordinates);
        FieldQuad.Square(out FieldQuad squares, left);
        FieldQuad.CompleteDouble(out left, out FieldQuad right, squares);
        FieldQuad.Multiply(out point._coordinates, left, right);
    }

    /// <summary>Adds a point from a table to the point.</summary>
    /// <param name="point">The sum so far.</param>
    /// <param name="multiple">The entry.</param>
    /// <param name="digit">Below zero to subtract.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(ref PointQuad point, in FieldQuad multiple, int digit)
    {
        FieldQuad.Spread(out FieldQuad left, point._coordinates);
        FieldQuad.Select(out FieldQuad right, multiple, digit);
        FieldQuad.Multiply(out FieldQuad products, left, right);
        FieldQuad.Complete(out left, out right, products);
        FieldQuad.Multiply(out point._coordinates, left, right);
    }

    /// <summary>The odd multiples of a point: point, 3·point, 5·point, ...</summary>
    /// <param name="point">Any.</param>
    /// <param name="multiples">As many as are wanted, at least one.</param>
    [SkipLocalsInit]
    internal static void FillOddMultiples(in ExtendedPoint point, Span<FieldQuad> multiples)
    {
        var multiple = new PointQuad(point);
        PointQuad twice = multiple;
        Double(ref twice);
        multiple.ToEntry(out multiples[0]);
        for (int i = 1; i < multiples.Length; i++)
        {
            multiple = twice;
            Add(ref multiple, multiples[i - 1], 1);
            multiple.ToEntry(out multiples[i]);
        }
    }

    /// <summary>The multiples of a point, for <see cref="Pick"/>: point, 2·point, 3·point, ...</summary>
    /// <param name="point">Any.</param>
    /// <param name="multiples">As many as are wanted, at least one.</param>
    [SkipLocalsInit]
    internal static void FillMultiples(in ExtendedPoint point, Span<FieldQuad> multiples)
    {
        var multiple = new PointQuad(point);
        multiple.ToEntry(out multiples[0]);
        for (int i = 1; i < multiples.Length; i++)
        {
            Add(ref multiple, multiples[0], 1);
            multiple.ToEntry(out multiples[i]);
        }
    }

    /// <summary>The entry for number · point, after all entries were read, whatever the number is.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="multiples">From <see cref="FillMultiples"/>.</param>
    /// <param name="number">Zero to the count of the multiples; may be secret.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pick(out FieldQuad entry, ReadOnlySpan<FieldQuad> multiples, int number) =>
        FieldQuad.Pick(out entry, s_neutralEntry, multiples, number);

    /// <summary>The coordinates of the point, tight.</summary>
    internal readonly void ToExtended(out ExtendedPoint point)
    {
        point.X = _coordinates[0];
        point.Y = _coordinates[1];
        point.Z = _coordinates[2];
        point.T = _coordinates[3];
        FieldElement.Reduce(ref point.X);
        FieldElement.Reduce(ref point.Y);
        FieldElement.Reduce(ref point.Z);
        FieldElement.Reduce(ref point.T);
    }

    /// <summary>The entry of a table for a point of another one.</summary>
    internal static FieldQuad ToEntry(in AffinePoint point) =>
        new(point.Difference, point.Sum, point.Product, FieldElement.Two);

    private readonly void ToEntry(out FieldQuad entry)
    {
        FieldQuad.Spread(out entry, _coordinates);
        FieldQuad.Multiply(out entry, entry, s_tableFactors);
    }
}
