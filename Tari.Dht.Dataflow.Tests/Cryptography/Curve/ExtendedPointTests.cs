using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class ExtendedPointTests
{
    [Test]
    public void TryDecode_takes_and_refuses_the_special_encodings_that_libsodium_does()
    {
        byte[] generator = Points.Encoded(Scalars.Small(1));
        List<BigInteger> numbers = [.. Enumerable.Range(0, 300).Select(i => new BigInteger(i))];
        numbers.AddRange(Enumerable.Range(0, 60).Select(i => Field.Prime - 40 + i));
        numbers.AddRange(Enumerable.Range(0, 40).Select(i => BigInteger.Pow(2, 255) - 20 + i));
        numbers.AddRange(Enumerable.Range(0, 20).Select(i => BigInteger.Pow(2, 256) - 1 - i));
        BigInteger root = Field.Number(FieldElement.RootOfMinusOne);
        BigInteger d = Field.Number(FieldElement.EdwardsD);
        numbers.AddRange([root, Field.Prime - root, d, Field.Prime - d]);
        numbers.AddRange(numbers.Take(40).Select(number => number + BigInteger.Pow(2, 255)).ToList());
        numbers.AddRange([Field.Prime - Scalars.Number(generator), Scalars.Number(generator) + BigInteger.Pow(2, 255)]);

        int points = numbers.Count(number => AgreesWithLibsodium(Scalars.Bytes(number)));

        Assert.That(points, Is.InRange(30, 100));
        Assert.That(AgreesWithLibsodium(new byte[32]), "the identity");
        Assert.That(AgreesWithLibsodium(generator));
    }

    // Each of these is refused, for reasons of each kind (RFC 9496, appendix A.3).
    [TestCase("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", TestName = "not canonical, bit 255")]
    [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", TestName = "not canonical")]
    [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", TestName = "p")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000", TestName = "negative")]
    [TestCase("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", TestName = "no square")]
    [TestCase("3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", TestName = "negative product")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", TestName = "-1, which makes y zero")]
    public void TryDecode_refuses(string hex) => Assert.That(AgreesWithLibsodium(Convert.FromHexString(hex)), Is.False);

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 511, 1 })]
    public void TryDecode_of_random_bytes_agrees_with_libsodium(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[32];
        int points = 0;
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(bytes);
            bytes[31] &= 0x7f;
            bytes[0] &= 0xfe;
            points += AgreesWithLibsodium(bytes) ? 1 : 0;
        }

        Assert.That(points, Is.InRange(200, 800), "about one in four is a point");
    }

    [Test]
    public void Encode_gives_the_same_bytes_for_each_of_the_four_points_that_stand_for_an_element()
    {
        var random = new Random(561);
        FieldElement root = FieldElement.RootOfMinusOne;
        for (int i = 0; i < 200; i++)
        {
            byte[] encoded = i == 0 ? new byte[32] : Points.RandomEncoded(random);
            ExtendedPoint point = Points.Decoded(encoded);
            FieldElement.Multiply(out FieldElement rotatedX, point.Y, root);
            FieldElement.Multiply(out FieldElement rotatedY, point.X, root);
            AssertEncoded(point.X, point.Y, encoded, random);
            AssertEncoded(Negative(point.X), Negative(point.Y), encoded, random);
            AssertEncoded(rotatedX, rotatedY, encoded, random);
            AssertEncoded(Negative(rotatedX), Negative(rotatedY), encoded, random);
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 512, 1 })]
    public void Sums_differences_and_doubles_stand_for_libsodiums(int seed)
    {
        var random = new Random(seed);
        byte[] expected = new byte[32];
        byte[][] elements =
        [
            new byte[32], Points.Encoded(Scalars.Small(1)), Points.Encoded(Scalars.Bytes(Scalars.Order - 1)),
            .. Enumerable.Range(0, 10).Select(_ => Points.RandomEncoded(random)),
        ];
        foreach (byte[] a in elements)
        {
            ExtendedPoint left = Points.Decoded(a);
            Assert.That(Ristretto255.TryAdd(a, a, expected));
            ExtendedPoint twice = PointMath.DoubleTimes(left, 1);
            Points.AssertStandsFor(twice, expected);
            Ristretto255.TryAdd(expected, expected, expected);
            Points.AssertStandsFor(PointMath.DoubleTimes(left, 2), expected);
            foreach (byte[] b in elements)
            {
                ExtendedPoint right = Points.Decoded(b);
                Assert.That(Ristretto255.TryAdd(a, b, expected));
                CompletedPoint.Add(out CompletedPoint sum, left, new CachedPoint(right));
                AssertStandsFor(sum, expected);
                CompletedPoint.Add(out sum, left, Affine(right));
                AssertStandsFor(sum, expected);

                Assert.That(Ristretto255.TrySubtract(a, b, expected));
                CompletedPoint.Subtract(out sum, left, new CachedPoint(right));
                AssertStandsFor(sum, expected);
                CompletedPoint.Subtract(out sum, left, Affine(right));
                AssertStandsFor(sum, expected);

                // An operand whose Z is not 1.
                Ristretto255.TryAdd(expected, a, expected);
                Ristretto255.TryAdd(expected, b, expected);
                CompletedPoint.Add(out sum, right, new CachedPoint(twice));
                Ristretto255.TryAdd(a, a, expected);
                Ristretto255.TryAdd(expected, b, expected);
                AssertStandsFor(sum, expected);
            }
        }

        static void AssertStandsFor(in CompletedPoint point, byte[] expected)
        {
            point.ToExtended(out ExtendedPoint extended);
            Points.AssertStandsFor(extended, expected);
            point.ToProjective(out ProjectivePoint projective);
            Assert.That(Field.Number(projective.X), Is.EqualTo(Field.Number(extended.X)));
            Assert.That(Field.Number(projective.Y), Is.EqualTo(Field.Number(extended.Y)));
            Assert.That(Field.Number(projective.Z), Is.EqualTo(Field.Number(extended.Z)));
        }

        static AffinePoint Affine(in ExtendedPoint point)
        {
            BigInteger x = Field.Number(point.X);
            BigInteger y = Field.Number(point.Y);
            return new AffinePoint
            {
                Sum = Field.Element(Field.Modulo(y + x)),
                Difference = Field.Element(Field.Modulo(y - x)),
                Product = Field.Element(Field.Modulo(2 * Field.Number(FieldElement.EdwardsD) * x * y)),
            };
        }
    }

    private static bool AgreesWithLibsodium(byte[] bytes)
    {
        bool isPoint = Ristretto255.IsPoint(bytes);
        Assert.That(ExtendedPoint.TryDecode(bytes, out ExtendedPoint point), Is.EqualTo(isPoint), Convert.ToHexString(bytes));
        if (isPoint)
        {
            Points.AssertStandsFor(point, bytes);
        }

        return isPoint;
    }

    private static void AssertEncoded(in FieldElement x, in FieldElement y, byte[] expected, Random random)
    {
        // With a Z of its own each time.
        ulong Limb() => (ulong)random.NextInt64(1, 1L << 51);
        var z = new FieldElement(Limb(), Limb(), Limb(), Limb(), Limb());
        ExtendedPoint point = default;
        point.Z = z;
        FieldElement.Multiply(out point.X, x, z);
        FieldElement.Multiply(out point.Y, y, z);
        FieldElement.Multiply(out point.T, point.X, y);
        byte[] encoded = new byte[32];
        ExtendedPoint.Encode(point, encoded);
        Assert.That(encoded, Is.EqualTo(expected));
    }

    private static FieldElement Negative(in FieldElement element)
    {
        FieldElement.Subtract(out FieldElement negative, default, element);
        return negative;
    }
}
