using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The odd multiples of G and of 2^127·G for digits of 8 bits, 36 kB in two forms, made at their first use.</summary>
internal static class BaseMultiples
{
    /// <summary>The width of the digits that they are for.</summary>
    internal const int Width = 8;

    /// <summary>Multiples of each: 1, 3, 5, ..., 127.</summary>
    internal const int Count = 1 << (Width - 2);

    private static readonly AffinePoint[] s_multiples = Create();

    // The same, as entries for vectors.
    private static readonly FieldQuad[] s_quads = FieldQuad.IsSupported ? ToQuads(s_multiples) : [];

    private static ReadOnlySpan<byte> Generator =>
    [
        0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
        0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
    ];

    /// <summary>G, decoded each time.</summary>
    internal static ExtendedPoint GeneratorPoint
    {
        get
        {
            _ = ExtendedPoint.TryDecode(Generator, out ExtendedPoint generator);
            return generator;
        }
    }

    /// <summary>(2i + 1)·G, at i.</summary>
    internal static ReadOnlySpan<AffinePoint> OfGenerator => s_multiples.AsSpan(0, Count);

    /// <summary>(2i + 1)·2^127·G, at i.</summary>
    internal static ReadOnlySpan<AffinePoint> OfShiftedGenerator => s_multiples.AsSpan(Count, Count);

    /// <summary>(2i + 1)·G, at i; only where <see cref="FieldQuad.IsSupported"/>.</summary>
    internal static ReadOnlySpan<FieldQuad> QuadsOfGenerator => s_quads.AsSpan(0, Count);

    /// <summary>(2i + 1)·2^127·G, at i; only where <see cref="FieldQuad.IsSupported"/>.</summary>
    internal static ReadOnlySpan<FieldQuad> QuadsOfShiftedGenerator => s_quads.AsSpan(Count, Count);

    private static FieldQuad[] ToQuads(AffinePoint[] multiples)
    {
        var quads = new FieldQuad[multiples.Length];
        for (int i = 0; i < quads.Length; i++)
        {
            quads[i] = PointQuad.ToEntry(multiples[i]);
        }

        return quads;
    }

    private static AffinePoint[] Create()
    {
        ExtendedPoint generator = GeneratorPoint;
        var points = new ExtendedPoint[2 * Count];
        FillOddMultiples(generator, points.AsSpan(0, Count));
        FillOddMultiples(PointMath.DoubleTimes(generator, HalfScalar.Bits), points.AsSpan(Count, Count));

        // Montgomery's trick: one inverse for all of them. products[i] is the product of the Zs before i.
        var products = new FieldElement[points.Length];
        FieldElement product = FieldElement.One;
        for (int i = 0; i < points.Length; i++)
        {
            products[i] = product;
            FieldElement.Multiply(out product, product, points[i].Z);
        }

        FieldElement.Invert(out FieldElement inverse, product);
        var multiples = new AffinePoint[points.Length];
        for (int i = points.Length - 1; i >= 0; i--)
        {
            FieldElement.Multiply(out FieldElement ownInverse, inverse, products[i]);
            FieldElement.Multiply(out inverse, inverse, points[i].Z);
            FieldElement.Multiply(out FieldElement x, points[i].X, ownInverse);
            FieldElement.Multiply(out FieldElement y, points[i].Y, ownInverse);
            FieldElement.Add(out multiples[i].Sum, y, x);
            FieldElement.Subtract(out multiples[i].Difference, y, x);
            FieldElement.Multiply(out multiples[i].Product, x, y);
            FieldElement.Multiply(out multiples[i].Product, multiples[i].Product, FieldElement.TwiceEdwardsD);
            FieldElement.Reduce(ref multiples[i].Sum);
            FieldElement.Reduce(ref multiples[i].Difference);
        }

        return multiples;
    }

    private static void FillOddMultiples(in ExtendedPoint point, Span<ExtendedPoint> multiples)
    {
        var twice = new CachedPoint(PointMath.DoubleTimes(point, 1));
        multiples[0] = point;
        for (int i = 1; i < multiples.Length; i++)
        {
            CompletedPoint.Add(out CompletedPoint sum, multiples[i - 1], twice);
            sum.ToExtended(out multiples[i]);
        }
    }
}
