using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

/// <summary>Points of the curve beside libsodium's encoded elements.</summary>
internal static class Points
{
    public static byte[] Encoded(ReadOnlySpan<byte> scalar)
    {
        byte[] bytes = new byte[32];
        Ristretto255.MultiplyBase(scalar, bytes);
        return bytes;
    }

    public static byte[] RandomEncoded(Random random) => Encoded(Scalars.Random(random));

    public static ExtendedPoint Decoded(byte[] bytes)
    {
        Assert.That(ExtendedPoint.TryDecode(bytes, out ExtendedPoint point));
        AssertOnCurve(point);
        return point;
    }

    /// <summary>That a point is on the curve, and stands for an element.</summary>
    public static void AssertStandsFor(in ExtendedPoint point, byte[] encoded)
    {
        AssertOnCurve(point);
        ExtendedPoint expected = Decoded(encoded);
        BigInteger x1 = Field.Number(point.X), y1 = Field.Number(point.Y), x2 = Field.Number(expected.X), y2 = Field.Number(expected.Y);
        Assert.That(Field.Modulo((x1 * y2) - (y1 * x2)).IsZero || Field.Modulo((y1 * y2) - (x1 * x2)).IsZero);
    }

    private static void AssertOnCurve(in ExtendedPoint point)
    {
        BigInteger x = Field.Number(point.X), y = Field.Number(point.Y), z = Field.Number(point.Z), t = Field.Number(point.T);
        BigInteger d = Field.Number(FieldElement.EdwardsD);
        Assert.That(z.IsZero, Is.False);
        Assert.That(Field.Modulo((x * y) - (z * t)).IsZero);
        Assert.That(Field.Modulo((y * y) - (x * x) - (z * z) - (d * t * t)).IsZero);
    }
}
