using System.Numerics;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using static Tari.Dht.Dataflow.Interop.Interop;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

internal sealed class RistrettoScalarTests
{
    [Test]
    public void IsCanonical_EdgesAndRandomValues_AgreesWithNumbers()
    {
        foreach (byte[] bytes in Scalars.EdgesAndRandom(seed: 1, count: 2000))
        {
            byte[] withTopBit = [.. bytes];
            withTopBit[31] |= 0x80;
            Assert.That(RistrettoScalar.IsCanonical(bytes), Is.EqualTo(Scalars.Number(bytes) < Scalars.Order), Convert.ToHexString(bytes));
            Assert.That(RistrettoScalar.IsCanonical(withTopBit), Is.False);
        }
    }

    [Test]
    public void IsCanonical_EachWordOneAboveOrBelowTheOrder_AgreesWithNumbers()
    {
        for (int word = 0; word < 4; word++)
        {
            BigInteger step = BigInteger.Pow(2, 64 * word);
            BigInteger[] values =
                [Scalars.Order - step, Scalars.Order + step, Scalars.Order - step + 1, Scalars.Order - 1 + step];
            foreach (BigInteger value in values)
            {
                Assert.That(RistrettoScalar.IsCanonical(Scalars.Bytes(value)), Is.EqualTo(value < Scalars.Order), value.ToString("x"));
            }
        }
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    public void IsCanonical_WrongLength_IsFalse(int length) => Assert.That(RistrettoScalar.IsCanonical(new byte[length]), Is.False);

    [Test]
    public void Add_Subtract_Multiply_EdgesAndRandomPairs_AgreeWithNumbers()
    {
        byte[][] values = [.. Scalars.EdgesAndRandom(seed: 2, count: 1000)];
        var random = new Random(3);
        byte[] result = new byte[32];
        foreach (byte[] left in values)
        {
            foreach (byte[] right in values.Take(13).Append(values[random.Next(values.Length)]))
            {
                BigInteger a = Scalars.Number(left);
                BigInteger b = Scalars.Number(right);
                RistrettoScalar.Add(left, right, result);
                Assert.That(Scalars.Number(result), Is.EqualTo(Scalars.Reduced(a + b)), "sum");
                RistrettoScalar.Subtract(left, right, result);
                Assert.That(Scalars.Number(result), Is.EqualTo(Scalars.Reduced(a - b)), "difference");
                RistrettoScalar.Multiply(left, right, result);
                Assert.That(Scalars.Number(result), Is.EqualTo(Scalars.Reduced(a * b)), "product");
            }
        }
    }

    [Test]
    public void Multiply_ResultOverItsOperand_IsTheSame()
    {
        var random = new Random(4);
        byte[] a = Scalars.Random(random);
        byte[] b = Scalars.Random(random);
        byte[] expected = new byte[32];
        RistrettoScalar.Multiply(a, b, expected);

        RistrettoScalar.Multiply(a, b, a);

        Assert.That(a, Is.EqualTo(expected));
    }

    [Test]
    public void ReduceWide_EdgesAndRandomValues_AgreesWithNumbers()
    {
        var random = new Random(5);
        byte[] wide = new byte[64];
        byte[] result = new byte[32];
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(wide);
            AssertReduced(wide);
        }

        foreach (BigInteger value in new[] { 0, 1, Scalars.Order - 1, Scalars.Order, Scalars.Order << 256, BigInteger.Pow(2, 512) - 1 })
        {
            AssertReduced(Scalars.Bytes(value, 64));
        }

        void AssertReduced(byte[] bytes)
        {
            Assert.That(RistrettoScalar.ReduceWide(bytes, result), Is.EqualTo(KeyFormatError.None));
            Assert.That(Scalars.Number(result), Is.EqualTo(Scalars.Reduced(Scalars.Number(bytes))));
        }
    }

    [TestCase(0)]
    [TestCase(32)]
    [TestCase(63)]
    [TestCase(65)]
    public void ReduceWide_AnythingButSixtyFourBytes_IsIncorrectLengthAndLeavesTheResult(int length)
    {
        byte[] result = Scalars.Small(7);

        Assert.That(RistrettoScalar.ReduceWide(new byte[length], result), Is.EqualTo(KeyFormatError.IncorrectLength));
        Assert.That(result, Is.EqualTo(Scalars.Small(7)));
    }

    [Test]
    public void TryInvert_EdgesAndRandomValues_GivesOneWhenMultipliedBack()
    {
        byte[] inverse = new byte[32];
        foreach (byte[] scalar in Scalars.EdgesAndRandom(seed: 6, count: 300))
        {
            bool isZero = Scalars.Number(scalar) % Scalars.Order == 0;
            Assert.That(RistrettoScalar.TryInvert(scalar, inverse), Is.EqualTo(!isZero));
            BigInteger product = Scalars.Reduced(Scalars.Number(scalar) * Scalars.Number(inverse));
            Assert.That(product, Is.EqualTo(isZero ? BigInteger.Zero : BigInteger.One));
            Assert.That(RistrettoScalar.IsCanonical(inverse));
        }
    }

    [Test]
    public void InvertBatch_BatchesOfEverySizeWithZerosAnywhere_AgreesWithLibsodiumOneByOne()
    {
        var random = new Random(7);
        for (int count = 0; count <= 40; count++)
        {
            for (int round = 0; round < 3; round++)
            {
                byte[] scalars = new byte[count * 32];
                for (int i = 0; i < count; i++)
                {
                    // In the third round only zeros, in two forms.
                    byte[] scalar = round == 2 || random.Next(4) == 0
                        ? Scalars.Bytes(random.Next(2) == 0 ? 0 : Scalars.Order)
                        : Scalars.Random(random);
                    (round == 0 ? Scalars.Random(random) : scalar).CopyTo(scalars, i * 32);
                }

                byte[] expected = new byte[scalars.Length];
                bool[] expectedFlags = new bool[count];
                for (int i = 0; i < count; i++)
                {
                    Span<byte> one = expected.AsSpan(i * 32, 32);
                    Assert.That(
                        crypto_core_ristretto255_scalar_invert(one, scalars.AsSpan(i * 32, 32)),
                        Is.EqualTo(scalars.AsSpan(i * 32, 32).ContainsAnyExcept((byte)0) ? 0 : -1));
                    expectedFlags[i] = one.ContainsAnyExcept((byte)0);
                }

                byte[] withScratch = [.. scalars];
                bool[] flags = new bool[count];
                Array.Fill(flags, round == 0);
                byte[] scratch = new byte[scalars.Length];
                RistrettoScalar.InvertBatch(withScratch, flags, scratch);
                Assert.That(withScratch, Is.EqualTo(expected));
                Assert.That(flags, Is.EqualTo(expectedFlags));
                Assert.That(scratch, Is.All.Zero);

                RistrettoScalar.InvertBatch(scalars, flags);
                Assert.That(scalars, Is.EqualTo(expected));
                Assert.That(flags, Is.EqualTo(expectedFlags));
            }
        }
    }

    [Test]
    public void InvertBatch_LengthsThatDoNotBelongTogether_AreRefused()
    {
        byte[] scalars = new byte[64];

        Assert.That(() => RistrettoScalar.InvertBatch(scalars, new bool[1]), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.InvertBatch(scalars, new bool[2], new byte[32]), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.InvertBatch(scalars, new bool[2], scalars), Throws.ArgumentException);
    }

    [Test]
    public void Random_ManyTimes_IsCanonicalAndDiffers()
    {
        var seen = new HashSet<string>();
        byte[] scalar = new byte[32];
        for (int i = 0; i < 100; i++)
        {
            RistrettoScalar.Random(scalar);
            Assert.That(RistrettoScalar.IsCanonical(scalar));
            Assert.That(seen.Add(Convert.ToHexString(scalar)));
        }
    }

    [Test]
    public void Operations_OnBuffersOfAnotherLength_AreRefused()
    {
        byte[] good = new byte[32];
        byte[] bad = new byte[31];

        Assert.That(() => RistrettoScalar.Random(bad), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.Add(good, bad, good), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.Subtract(bad, good, good), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.Multiply(good, good, bad), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.TryInvert(bad, good), Throws.ArgumentException);
        Assert.That(() => RistrettoScalar.ReduceWide(new byte[64], bad), Throws.ArgumentException);
    }
}
