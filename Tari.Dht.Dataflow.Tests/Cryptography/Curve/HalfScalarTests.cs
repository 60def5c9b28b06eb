using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class HalfScalarTests
{
    [Test]
    public void Edge_scalars_are_the_fraction_within_the_bounds()
    {
        AssertFraction(0);
        for (int i = 0; i < 253; i++)
        {
            BigInteger power = BigInteger.One << i;
            BigInteger fraction = Scalars.Order / power;
            foreach (BigInteger scalar in new[] { power - 1, power, power + 1, Scalars.Order - power, fraction, fraction + 1 })
            {
                if (scalar < Scalars.Order)
                {
                    AssertFraction(scalar);
                }
            }
        }

        for (int i = 2; i < 200; i++)
        {
            AssertFraction(Scalars.Order / i);
            AssertFraction(BigInteger.ModPow(i, Scalars.Order - 2, Scalars.Order));
            AssertFraction(Scalars.Order - BigInteger.ModPow(i, Scalars.Order - 2, Scalars.Order));
        }
    }

    [Test]
    public void Quotients_of_every_length_are_divided_off()
    {
        // e = (l - r) / q, rounded, makes the first quotient q and leaves a remainder that is far smaller.
        var random = new Random(521);
        for (int bits = 1; bits < 252; bits++)
        {
            BigInteger quotient = (BigInteger.One << bits) + random.Next();
            AssertFraction(Scalars.Order / quotient);

            // The golden ratio of two lengths: a long row of small quotients that ends in a large one.
            AssertFraction(Scalars.Reduced((Scalars.Order * 618033988 / 1000000000) + (BigInteger.One << bits)));
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 522, 1 })]
    public void Random_scalars_are_the_fraction_within_the_bounds(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            AssertFraction(Scalars.Number(Scalars.Random(random)));
        }
    }

    private static void AssertFraction(BigInteger scalar)
    {
        var half = new HalfScalar(Scalars.Bytes(scalar));
        var numerator = (BigInteger)half.Numerator;
        var denominator = (BigInteger)half.Denominator;

        Assert.That(numerator >> HalfScalar.Bits, Is.EqualTo(BigInteger.Zero));
        Assert.That(denominator >> (HalfScalar.Bits - 1), Is.EqualTo(BigInteger.Zero));
        Assert.That(denominator.Sign, Is.EqualTo(1));
        Assert.That(Scalars.Reduced((scalar * denominator) - (half.IsNegative ? -numerator : numerator)), Is.EqualTo(BigInteger.Zero));
    }
}
