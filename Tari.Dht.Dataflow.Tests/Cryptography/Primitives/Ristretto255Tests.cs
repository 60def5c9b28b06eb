using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

internal sealed class Ristretto255Tests
{
    private static readonly byte[] s_identity = new byte[32];
    private static readonly byte[] s_generator = Convert.FromHexString("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
    private static readonly byte[] s_noPoint = [.. Enumerable.Repeat((byte)0xff, 32)];

    [TestCase(1, "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")]
    [TestCase(2, "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919")]
    [TestCase(3, "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259")]
    [TestCase(5, "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e")]
    [TestCase(7, "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d")]
    public void MultiplyBase_SmallScalars_GivesTheKnownMultiples(int scalar, string expected)
    {
        byte[] result = new byte[32];
        Ristretto255.MultiplyBase(Scalars.Small(scalar), result);

        Assert.That(Convert.ToHexStringLower(result), Is.EqualTo(expected));
    }

    [Test]
    public void MultiplyBase_Zero_GivesTheIdentity()
    {
        byte[] result = [.. s_noPoint];
        Ristretto255.MultiplyBase(s_identity, result);

        Assert.That(result, Is.EqualTo(s_identity));
    }

    [Test]
    public void Multiples_OfTheGenerator_AgreeWhicheverWayTheyAreReached()
    {
        var random = new Random(11);
        byte[] sum = new byte[32];
        byte[] left = new byte[32];
        byte[] right = new byte[32];
        byte[] expected = new byte[32];
        byte[] actual = new byte[32];
        for (int i = 0; i < 200; i++)
        {
            byte[] a = Scalars.Random(random);
            byte[] b = Scalars.Random(random);
            Ristretto255.MultiplyBase(a, left);
            Ristretto255.MultiplyBase(b, right);

            RistrettoScalar.Add(a, b, sum);
            Ristretto255.MultiplyBase(sum, expected);
            Assert.That(Ristretto255.TryAdd(left, right, actual));
            Assert.That(actual, Is.EqualTo(expected), "a·G + b·G");

            Assert.That(Ristretto255.TrySubtract(actual, right, actual));
            Assert.That(actual, Is.EqualTo(left), "the sum less b·G, over its operand");

            Assert.That(Ristretto255.TryMultiply(a, s_generator, actual));
            Assert.That(actual, Is.EqualTo(left), "a·G without the tables for G");

            RistrettoScalar.Multiply(a, b, sum);
            Ristretto255.MultiplyBase(sum, expected);
            Assert.That(Ristretto255.TryMultiply(a, right, right));
            Assert.That(right, Is.EqualTo(expected), "a·(b·G), over its operand");
            Assert.That(Ristretto255.IsPoint(expected));
        }
    }

    [Test]
    public void TryMultiply_IdentityAsResult_IsASuccess()
    {
        byte[] result = [.. s_noPoint];
        Assert.That(Ristretto255.TryMultiply(Scalars.Small(0), s_generator, result));
        Assert.That(result, Is.EqualTo(s_identity), "zero · G");

        result = [.. s_noPoint];
        Assert.That(Ristretto255.TryMultiply(Scalars.Small(5), s_identity, result));
        Assert.That(result, Is.EqualTo(s_identity), "5 · identity");

        result = [.. s_generator];
        Assert.That(Ristretto255.TryMultiply(Scalars.Small(0), result, result));
        Assert.That(result, Is.EqualTo(s_identity), "over its operand");
    }

    [Test]
    public void TryMultiply_BytesThatAreNoPoint_FailsWithZeros()
    {
        byte[] result = [.. s_generator];
        Assert.That(Ristretto255.TryMultiply(Scalars.Small(5), s_noPoint, result), Is.False);
        Assert.That(result, Is.EqualTo(s_identity));

        Assert.That(Ristretto255.TryMultiply(Scalars.Small(0), s_noPoint, result), Is.False);

        byte[] over = [.. s_noPoint];
        Assert.That(Ristretto255.TryMultiply(Scalars.Small(5), over, over), Is.False);
        Assert.That(over, Is.EqualTo(s_identity));
    }

    [Test]
    public void TryAdd_And_TrySubtract_WithTheIdentity_AreLikeAnyOther()
    {
        byte[] result = new byte[32];
        byte[] negative = new byte[32];
        Ristretto255.MultiplyBase(Scalars.Bytes(Scalars.Order - BigInteger.One), negative);

        Assert.That(Ristretto255.TryAdd(s_generator, s_identity, result));
        Assert.That(result, Is.EqualTo(s_generator));
        Assert.That(Ristretto255.TrySubtract(s_identity, s_generator, result));
        Assert.That(result, Is.EqualTo(negative));
        Assert.That(Ristretto255.TryAdd(s_generator, negative, result));
        Assert.That(result, Is.EqualTo(s_identity));
        Assert.That(Ristretto255.TrySubtract(s_generator, s_generator, result));
        Assert.That(result, Is.EqualTo(s_identity));
        Assert.That(Ristretto255.TrySubtract(s_identity, s_identity, result));
        Assert.That(result, Is.EqualTo(s_identity));
    }

    [Test]
    public void TryAdd_And_TrySubtract_BytesThatAreNoPoint_Fail()
    {
        byte[] result = new byte[32];

        Assert.That(Ristretto255.TryAdd(s_noPoint, s_generator, result), Is.False);
        Assert.That(Ristretto255.TryAdd(s_generator, s_noPoint, result), Is.False);
        Assert.That(Ristretto255.TrySubtract(s_noPoint, s_generator, result), Is.False);
        Assert.That(Ristretto255.TrySubtract(s_generator, s_noPoint, result), Is.False);
    }

    [Test]
    public void IsPoint_TheIdentity_Passes()
    {
        Assert.That(Ristretto255.IsPoint(s_identity));
        Assert.That(Ristretto255.IsIdentity(s_identity));
        Assert.That(Ristretto255.IsIdentity(s_generator), Is.False);
    }

    [Test]
    public void EveryOperation_OnEncodingsThatAreNotCanonical_Fails()
    {
        var random = new Random(13);
        BigInteger prime = BigInteger.Pow(2, 255) - 19;
        byte[] point = new byte[32];
        for (int i = 0; i < 100; i++)
        {
            Ristretto255.MultiplyBase(Scalars.Random(random), point);
            AssertNoPoint([.. point[..31], (byte)(point[31] | 0x80)]);
            AssertNoPoint(Scalars.Bytes(prime - Scalars.Number(point)));
        }

        AssertNoPoint([.. s_identity[..31], 0x80]);
        for (int i = 0; i < 19; i++)
        {
            AssertNoPoint(Scalars.Bytes(prime + i));
            AssertNoPoint(Scalars.Bytes(prime + i + BigInteger.Pow(2, 255)));
        }

        static void AssertNoPoint(byte[] bytes)
        {
            byte[] result = [.. s_generator];
            Assert.That(Ristretto255.IsPoint(bytes), Is.False, Convert.ToHexString(bytes));
            Assert.That(Ristretto255.TryMultiply(Scalars.Small(1), bytes, result), Is.False);
            Assert.That(result, Is.EqualTo(s_identity));
            Assert.That(Ristretto255.TryAdd(bytes, s_generator, result), Is.False);
            Assert.That(Ristretto255.TryAdd(s_generator, bytes, result), Is.False);
            Assert.That(Ristretto255.TrySubtract(bytes, s_generator, result), Is.False);
            Assert.That(Ristretto255.TrySubtract(s_generator, bytes, result), Is.False);
        }
    }

    [Test]
    public void IsPoint_RandomBytes_AgreesWithMultiplicationByOne()
    {
        var random = new Random(12);
        byte[] bytes = new byte[32];
        byte[] result = new byte[32];
        int points = 0;
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(bytes);
            bytes[31] &= 0x7f;
            bytes[0] &= 0xfe;
            bool isPoint = Ristretto255.IsPoint(bytes);
            Assert.That(Ristretto255.TryMultiply(Scalars.Small(1), bytes, result), Is.EqualTo(isPoint));
            Assert.That(result, Is.EqualTo(isPoint ? bytes : s_identity));
            points += isPoint ? 1 : 0;
        }

        Assert.That(points, Is.InRange(100, 400), "about one in four is a point");
    }

    [Test]
    public void Operations_OnBuffersOfAnotherLength_AreRefused()
    {
        byte[] good = [.. s_generator];
        byte[] bad = new byte[33];

        Assert.That(() => Ristretto255.IsPoint(bad), Throws.ArgumentException);
        Assert.That(() => Ristretto255.IsIdentity(bad), Throws.ArgumentException);
        Assert.That(() => Ristretto255.MultiplyBase(good, bad), Throws.ArgumentException);
        Assert.That(() => Ristretto255.TryMultiply(bad, good, good), Throws.ArgumentException);
        Assert.That(() => Ristretto255.TryAdd(good, bad, good), Throws.ArgumentException);
        Assert.That(() => Ristretto255.TrySubtract(good, good, bad), Throws.ArgumentException);
    }
}
