using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

/// <summary>The multiples against libsodium's, for which <see cref="Ristretto255"/> stands.</summary>
internal sealed class SecretMultipleTests
{
    private static readonly byte[] s_identity = new byte[32];

    [Test]
    public void Edge_scalars_give_libsodiums_multiples_of_any_element_and_of_the_generator()
    {
        Assume.That(FieldQuad.IsSupported);
        var random = new Random(571);
        byte[][] elements = [s_identity, Points.Encoded(Scalars.Small(1)), Points.RandomEncoded(random), Points.RandomEncoded(random)];
        foreach (byte[] scalar in EdgeScalars())
        {
            foreach (byte[] element in elements)
            {
                AssertAsLibsodium(scalar, element);
            }

            AssertBaseAsLibsodium(scalar);
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 572, 1 })]
    public void Random_scalars_give_libsodiums_multiples_of_random_elements_and_of_the_generator(int seed)
    {
        Assume.That(FieldQuad.IsSupported);
        var random = new Random(seed);
        for (int i = 0; i < 3000; i++)
        {
            byte[] scalar = Scalars.Random(random);
            AssertAsLibsodium(scalar, Points.RandomEncoded(random));
            AssertBaseAsLibsodium(scalar);
        }
    }

    [Test]
    public void Scalars_that_are_not_canonical_give_what_libsodium_makes_of_them()
    {
        Assume.That(FieldQuad.IsSupported);
        var random = new Random(573);
        byte[] element = Points.RandomEncoded(random);
        foreach (byte[] scalar in Scalars.EdgesAndRandom(574, 200))
        {
            AssertAsLibsodium(scalar, element);
            AssertBaseAsLibsodium(scalar);
            scalar[31] |= 0x80;
            AssertAsLibsodium(scalar, element);
        }
    }

    [Test]
    public void Bytes_that_are_no_element_are_refused_with_zeros_as_by_libsodium()
    {
        Assume.That(FieldQuad.IsSupported);
        var random = new Random(575);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = new byte[32];
            random.NextBytes(bytes);
            bytes[31] &= (byte)(i % 3 == 0 ? 0xff : 0x7f);
            bytes[0] &= (byte)(i % 2 == 0 ? 0xff : 0xfe);
            refused += AssertAsLibsodium(Scalars.Random(random), bytes) ? 0 : 1;
        }

        Assert.That(refused, Is.InRange(1000, 1999), "some are elements and most are not");

        // p + 2 stands for the same number as 2, and p - 2 for one that is negative.
        BigInteger p = BigInteger.Pow(2, 255) - 19;
        foreach (BigInteger value in new[] { p - 2, p - 1, p, p + 1, p + 2, p + 18 })
        {
            Assert.That(AssertAsLibsodium(Scalars.Small(5), Scalars.Bytes(value)), Is.False);
        }
    }

    [Test]
    public void The_identity_is_a_result_like_any_other()
    {
        byte[] result = [.. Points.Encoded(Scalars.Small(3))];
        Assert.That(SecretMultiple.TryMultiply(Scalars.Small(0), result, result));
        Assert.That(result, Is.EqualTo(s_identity), "zero · element, over the element");

        result[0] = 1;
        SecretMultiple.MultiplyBase(Scalars.Small(0), result);
        Assert.That(result, Is.EqualTo(s_identity), "zero · generator");
    }

    [Test]
    public void The_result_may_overwrite_scalar_or_element()
    {
        var random = new Random(576);
        byte[] scalar = Scalars.Random(random);
        byte[] element = Points.RandomEncoded(random);
        byte[] expected = new byte[32];
        Assert.That(Ristretto255.TryMultiply(scalar, element, expected));

        byte[] over = [.. element];
        Assert.That(SecretMultiple.TryMultiply(scalar, over, over));
        Assert.That(over, Is.EqualTo(expected));

        over = [.. scalar];
        Assert.That(SecretMultiple.TryMultiply(over, element, over));
        Assert.That(over, Is.EqualTo(expected));

        over = [.. scalar];
        SecretMultiple.MultiplyBase(over, over);
        Assert.That(over, Is.EqualTo(Points.Encoded(scalar)));
    }

    [Test]
    public void Operations_on_buffers_of_another_length_are_refused()
    {
        Assert.That(() => SecretMultiple.TryMultiply(new byte[31], new byte[32], new byte[32]), Throws.ArgumentException);
        Assert.That(() => SecretMultiple.TryMultiply(new byte[32], new byte[33], new byte[32]), Throws.ArgumentException);
        Assert.That(() => SecretMultiple.TryMultiply(new byte[32], new byte[32], new byte[31]), Throws.ArgumentException);
        Assert.That(() => SecretMultiple.MultiplyBase(new byte[33], new byte[32]), Throws.ArgumentException);
        Assert.That(() => SecretMultiple.MultiplyBase(new byte[32], new byte[31]), Throws.ArgumentException);
    }

    private static IEnumerable<byte[]> EdgeScalars()
    {
        // Every digit at its bounds, with and without a carry, and the neighbours of powers.
        for (int i = 0; i < 253; i++)
        {
            BigInteger power = BigInteger.One << i;
            foreach (BigInteger value in new[] { power - 1, power, power + 1, Scalars.Order - power })
            {
                if (value >= 0 && value < Scalars.Order)
                {
                    yield return Scalars.Bytes(value);
                }
            }
        }

        foreach (byte pattern in new byte[] { 0x77, 0x78, 0x87, 0x88, 0x89, 0x98, 0xf7, 0x7f, 0xff, 0x80, 0x08 })
        {
            byte[] bytes = new byte[32];
            Array.Fill(bytes, pattern);
            bytes[31] = 0x0f;
            yield return bytes;
        }
    }

    private static bool AssertAsLibsodium(byte[] scalar, byte[] element)
    {
        byte[] expected = new byte[32];
        byte[] actual = new byte[32];
        Array.Fill(actual, (byte)0xa5);
        bool isElement = Ristretto255.TryMultiply(scalar, element, expected);
        Assert.That(SecretMultiple.TryMultiplyWithVectors(scalar, element, actual), Is.EqualTo(isElement));
        Assert.That(actual, Is.EqualTo(expected));
        return isElement;
    }

    private static void AssertBaseAsLibsodium(byte[] scalar)
    {
        byte[] actual = new byte[32];
        SecretMultiple.MultiplyBaseWithVectors(scalar, actual);
        Assert.That(actual, Is.EqualTo(Points.Encoded(scalar)));
    }
}
