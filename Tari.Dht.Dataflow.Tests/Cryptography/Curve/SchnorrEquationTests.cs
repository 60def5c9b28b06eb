using System.Numerics;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class SchnorrEquationTests
{
    [Test]
    public void Holds_for_every_pair_of_edge_scalars_exactly_where_libsodium_finds_it_does()
    {
        var random = new Random(531);
        BigInteger[] edges =
        [
            0, 1, 2, 15, 16, 17, 127, 128, 129, Scalars.Order - 1, Scalars.Order - 2, Scalars.Order / 2, Scalars.Order / 3,
            BigInteger.Pow(2, 126) - 1, BigInteger.Pow(2, 126), BigInteger.Pow(2, 127) - 1, BigInteger.Pow(2, 127),
            BigInteger.Pow(2, 128) - 1,
            BigInteger.Pow(2, 252) - 1, BigInteger.Pow(2, 252), Alternating(2), Alternating(5), Alternating(8), Alternating(9),
            Scalars.Number(Scalars.Random(random)),
        ];
        foreach (byte[] key in new[] { new byte[32], Points.Encoded(Scalars.Small(1)), Points.RandomEncoded(random) })
        {
            foreach (byte[] e in edges.Select(edge => Scalars.Bytes(edge)))
            {
                byte[] product = new byte[32];
                Assert.That(Ristretto255.TryMultiply(e, key, product));
                foreach (byte[] s in edges.Select(edge => Scalars.Bytes(edge)))
                {
                    byte[] nonce = Points.Encoded(s);
                    Assert.That(Ristretto255.TrySubtract(nonce, product, nonce));
                    AssertHolds(key, nonce, e, s, true, "the nonce that libsodium computes");

                    byte[] another = new byte[32];
                    Ristretto255.TryAdd(nonce, Points.Encoded(Scalars.Small(1)), another);
                    AssertHolds(key, another, e, s, false, "a nonce next to it");
                }
            }
        }

        // Digits of this width next to each other as densely as they can be.
        static BigInteger Alternating(int width)
        {
            BigInteger sum = BigInteger.Zero;
            for (int i = 0; i + width < 252; i += width)
            {
                sum += BigInteger.One << i;
            }

            return sum * ((1 << (width - 1)) - 1) % Scalars.Order;
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 532, 2 })]
    public void Verify_of_good_signatures_and_of_ones_with_a_bit_flipped_gives_libsodiums_verdict(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            byte[] secret = Scalars.Random(random);
            byte[] nonceSecret = Scalars.Random(random);
            byte[][] parts = [Points.Encoded(secret), Points.Encoded(nonceSecret), new byte[64], new byte[32]];
            random.NextBytes(parts[2]);
            Schnorr.Sign(secret, nonceSecret, parts[2], parts[3]);
            Assert.That(Verify(parts));

            for (int flips = 0; flips < 20; flips++)
            {
                byte[] part = parts[random.Next(parts.Length)];
                int bit = random.Next(part.Length * 8);
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(Verify(parts), Is.False);
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 533, 1 })]
    public void Verify_of_special_parts_gives_libsodiums_verdict(int seed)
    {
        var random = new Random(seed);
        byte[][] elements =
        [
            new byte[32], Points.Encoded(Scalars.Small(1)), Points.Encoded(Scalars.Bytes(Scalars.Order - 1)),
            Points.Encoded(Scalars.Small(9)),
            Scalars.Small(1), Scalars.Bytes(Field.Prime), Scalars.Bytes(Field.Prime - 1), Scalars.Bytes(BigInteger.Pow(2, 255)),
            Scalars.Bytes(Scalars.Number(Points.Encoded(Scalars.Small(1))) + BigInteger.Pow(2, 255)), Points.RandomEncoded(random),
        ];
        byte[][] scalars =
        [
            Scalars.Small(0), Scalars.Small(1), Scalars.Small(9), Scalars.Small(10), Scalars.Bytes(Scalars.Order - 1),
            Scalars.Bytes(Scalars.Order), Scalars.Bytes(Scalars.Order + 1), Scalars.Bytes(BigInteger.Pow(2, 256) - 1),
            Scalars.Random(random),
        ];
        byte[][] challenges =
        [
            new byte[64], Scalars.Bytes(1, 64), Scalars.Bytes(Scalars.Order, 64), Scalars.Bytes(Scalars.Order - 1, 64),
            Scalars.Bytes(8 * Scalars.Order + 9, 64), Scalars.Bytes(BigInteger.Pow(2, 512) - 1, 64),
        ];
        int good = 0;
        foreach (byte[] key in elements)
        {
            foreach (byte[] nonce in elements)
            {
                foreach (byte[] challenge in challenges)
                {
                    good += scalars.Count(scalar => Verify([key, nonce, challenge, scalar]));
                }
            }
        }

        Assert.That(good, Is.GreaterThan(20), "many of them hold");
    }

    [Test]
    public void Verify_of_parts_of_another_length_is_false_or_the_callers_mistake()
    {
        byte[] key = Points.Encoded(Scalars.Small(2));
        byte[] nonce = Points.Encoded(Scalars.Small(3));

        Assert.That(Schnorr.Verify(key, nonce, new byte[64], Scalars.Small(3)));
        Assert.That(Schnorr.Verify(key, nonce.AsSpan(1), new byte[64], Scalars.Small(3)), Is.False);
        Assert.That(Schnorr.Verify(key, nonce, new byte[64], new byte[33]), Is.False);
        Assert.That(() => Schnorr.Verify(key.AsSpan(1), nonce, new byte[64], Scalars.Small(3)), Throws.ArgumentException);
        Assert.That(() => Schnorr.Verify(key, nonce, new byte[63], Scalars.Small(3)), Throws.ArgumentException);
    }

    private static bool Verify(byte[][] parts)
    {
        bool expected = SodiumSchnorr.Verify(parts[0], parts[1], parts[2], parts[3]);
        Assert.That(Schnorr.Verify(parts[0], parts[1], parts[2], parts[3]), Is.EqualTo(expected));

        byte[] e = new byte[32];
        RistrettoScalar.ReduceWide(parts[2], e);
        if (RistrettoScalar.IsCanonical(parts[3]) && !Ristretto255.IsIdentity(parts[0]))
        {
            AssertHolds(parts[0], parts[1], e, parts[3], expected, "either way");
        }

        return expected;
    }

    private static void AssertHolds(byte[] key, byte[] nonce, byte[] e, byte[] s, bool expected, string what)
    {
        Assert.That(SchnorrEquation.Holds(key, nonce, e, s, withVectors: false), Is.EqualTo(expected), what);
        if (FieldQuad.IsSupported)
        {
            Assert.That(SchnorrEquation.Holds(key, nonce, e, s, withVectors: true), Is.EqualTo(expected), what);
        }
    }
}
