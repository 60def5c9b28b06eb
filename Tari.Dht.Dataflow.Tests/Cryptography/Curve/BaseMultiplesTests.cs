using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class BaseMultiplesTests
{
    [Test]
    public void Multiples_are_the_odd_ones_of_the_generator_and_of_it_shifted()
    {
        Assert.That(BaseMultiples.OfGenerator.Length, Is.EqualTo(64));
        Assert.That(BaseMultiples.OfShiftedGenerator.Length, Is.EqualTo(64));
        for (int i = 0; i < BaseMultiples.Count; i++)
        {
            AssertIs(BaseMultiples.OfGenerator[i], (2 * i) + 1);
            AssertIs(BaseMultiples.OfShiftedGenerator[i], ((2 * i) + 1) * BigInteger.Pow(2, 127) % Scalars.Order);
        }

        static void AssertIs(in AffinePoint point, BigInteger scalar)
        {
            BigInteger sum = Field.Number(point.Sum);
            BigInteger difference = Field.Number(point.Difference);
            BigInteger half = (Field.Prime + 1) / 2;
            BigInteger x = Field.Modulo((sum - difference) * half);
            BigInteger y = Field.Modulo((sum + difference) * half);
            BigInteger t = Field.Modulo(x * y);
            Assert.That(Field.Number(point.Product), Is.EqualTo(Field.Modulo(2 * t * Field.Number(FieldElement.EdwardsD))));
            var extended = new ExtendedPoint { X = Field.Element(x), Y = Field.Element(y), Z = FieldElement.One, T = Field.Element(t) };
            Points.AssertStandsFor(extended, Points.Encoded(Scalars.Bytes(scalar)));
        }
    }
}
