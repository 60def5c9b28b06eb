using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;
using static Tari.Dht.Dataflow.Interop.Interop;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

internal sealed class PublicInverseTests
{
    [Test]
    public void Invert_Zero_IsZero()
    {
        byte[] result = new byte[32];
        Array.Fill(result, (byte)1);
        PublicInverse.Invert(new byte[32], result);
        Assert.That(result, Is.All.Zero);
    }

    [Test]
    public void Invert_NeighboursOfPowersAndOfFractionsOfTheOrder_AgreesWithLibsodium()
    {
        for (int i = 0; i < 253; i++)
        {
            BigInteger power = BigInteger.One << i;
            BigInteger ratio = Scalars.Order / power;
            foreach (BigInteger value in new[] { power - 1, power, power + 1, Scalars.Order - power, ratio, ratio + 1 })
            {
                AssertAsLibsodium(Scalars.Bytes(Scalars.Reduced(value)));
            }
        }

        for (int i = 1; i < 300; i++)
        {
            AssertAsLibsodium(Scalars.Small(i));
            AssertAsLibsodium(Scalars.Bytes(Scalars.Order - i));
            AssertAsLibsodium(Scalars.Bytes(Scalars.Order / (i + 1)));
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 581, 1 })]
    public void Invert_RandomScalars_AgreesWithLibsodium(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            byte[] scalar = Scalars.Random(random);

            // Short ones too.
            scalar.AsSpan(random.Next(1, 33)).Clear();
            AssertAsLibsodium(scalar);
        }
    }

    [Test]
    public void TryInvert_OfRistrettoScalar_AgreesWithLibsodiumWhateverTheBlindIs()
    {
        var random = new Random(582);
        byte[] expected = new byte[32];
        byte[] actual = new byte[32];
        foreach (byte[] scalar in Scalars.EdgesAndRandom(583, 300))
        {
            _ = crypto_core_ristretto255_scalar_invert(expected, scalar);
            for (int i = 0; i < 4; i++)
            {
                random.NextBytes(actual);
                Assert.That(RistrettoScalar.TryInvert(scalar, actual), Is.EqualTo(expected.AsSpan().ContainsAnyExcept((byte)0)));
                Assert.That(actual, Is.EqualTo(expected));
            }
        }
    }

    private static void AssertAsLibsodium(byte[] scalar)
    {
        byte[] expected = new byte[32];
        _ = crypto_core_ristretto255_scalar_invert(expected, scalar);
        byte[] over = [.. scalar];
        PublicInverse.Invert(over, over);
        Assert.That(over, Is.EqualTo(expected));
    }
}
