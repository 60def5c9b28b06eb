using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

/// <summary>Each of the four integers against big integers, with limbs as large as the doublings and additions make them.</summary>
internal sealed class FieldQuadTests
{
    [Test]
    public void Constructor_and_indexer_give_the_integers_back()
    {
        Assume.That(FieldQuad.IsSupported);
        FieldElement[] elements = [.. Elements(541, 100)];
        for (int i = 0; i + 3 < elements.Length; i++)
        {
            AssertIs(Quad(elements, i), Numbers(elements, i), "as they were");
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 542, 1 })]
    public void Products_and_squares_of_what_doublings_and_additions_multiply_are_right(int seed)
    {
        Assume.That(FieldQuad.IsSupported);
        FieldElement[] elements = [.. Elements(seed, 100)];
        for (int i = 0; i + 3 < elements.Length; i++)
        {
            FieldQuad quad = Quad(elements, i);
            BigInteger[] n = Numbers(elements, i);
            FieldQuad.Square(out FieldQuad square, quad);
            AssertIs(square, [.. n.Select(x => x * x)], "squares");

            FieldQuad.SpreadForDouble(out FieldQuad spread, quad);
            BigInteger[] spreadNumbers = [n[0], n[1], n[2], n[0] + n[1]];
            AssertIs(spread, spreadNumbers, "before a doubling");
            FieldQuad.Square(out square, spread);
            AssertIs(square, [.. spreadNumbers.Select(x => x * x)], "squares of a doubling");

            FieldQuad.Spread(out spread, quad);
            spreadNumbers = [n[1] - n[0], n[1] + n[0], n[3], n[2]];
            AssertIs(spread, spreadNumbers, "before an addition");

            // Tight, but of another integer in each place.
            FieldQuad other = Quad(elements, (i * 7) % (elements.Length - 3));
            BigInteger[] m = Numbers(elements, (i * 7) % (elements.Length - 3));
            FieldQuad.Multiply(out FieldQuad product, spread, other);
            AssertIs(product, [.. spreadNumbers.Zip(m, (x, y) => x * y)], "products of an addition");

            FieldQuad.Complete(out FieldQuad left, out FieldQuad right, quad);
            (BigInteger e, BigInteger f, BigInteger g, BigInteger h) = (n[1] - n[0], n[3] - n[2], n[3] + n[2], n[1] + n[0]);
            AssertIs(left, [e, g, f, e], "left of an addition");
            AssertIs(right, [f, h, g, h], "right of an addition");
            FieldQuad.Multiply(out product, left, right);
            AssertIs(product, [e * f, g * h, f * g, e * h], "sum");

            FieldQuad.CompleteDouble(out left, out right, quad);
            (e, g) = (n[3] - n[0] - n[1], n[1] - n[0]);
            f = (2 * n[2]) - g;
            AssertIs(left, [f, h, f, e], "left of a doubling");
            AssertIs(right, [e, g, g, h], "right of a doubling");
            FieldQuad.Multiply(out product, left, right);
            AssertIs(product, [f * e, h * g, f * g, e * h], "double");

            // And on with what is tight only as products are.
            FieldQuad.CompleteDouble(out left, out right, product);
            FieldQuad.Multiply(out product, left, right);
            BigInteger[] again = [f * e, h * g, f * g, e * h];
            (e, g, h) = (again[3] - again[0] - again[1], again[1] - again[0], again[1] + again[0]);
            f = (2 * again[2]) - g;
            AssertIs(product, [f * e, h * g, f * g, e * h], "double of a double");
        }
    }

    [Test]
    public void Select_gives_an_entry_or_its_negative()
    {
        Assume.That(FieldQuad.IsSupported);
        FieldElement[] elements = [.. Elements(543, 100)];
        for (int i = 0; i + 3 < elements.Length; i++)
        {
            BigInteger[] n = Numbers(elements, i);
            FieldQuad entry = Quad(elements, i);
            FieldQuad.Select(out FieldQuad positive, entry, 1);
            FieldQuad.Select(out FieldQuad negative, entry, -127);
            AssertIs(positive, n, "positive");
            AssertIs(negative, [n[1], n[0], -n[2], n[3]], "negative");
        }
    }

    [Test]
    public void Points_doubled_and_added_stand_for_libsodiums()
    {
        Assume.That(FieldQuad.IsSupported);
        var random = new Random(544);
        byte[] expected = new byte[32];
        var multiples = new FieldQuad[8];
        for (int i = 0; i < 10; i++)
        {
            byte[] element = i == 0 ? new byte[32] : Points.RandomEncoded(random);
            PointQuad.FillOddMultiples(Points.Decoded(element), multiples);
            for (int k = 0; k < 8; k++)
            {
                // 2·R + (2k + 1)·P less the same by way of libsodium, which has to be the identity.
                byte[] other = Points.RandomEncoded(random);
                var sum = new PointQuad(Points.Decoded(other));
                PointQuad.Double(ref sum);
                PointQuad.Add(ref sum, multiples[k], 1);
                Expect(other, element, (2 * k) + 1);
                PointQuad.FillOddMultiples(Points.Decoded(expected), multiples.AsSpan(0, 1));
                Assert.That(sum.IsIdentity, Is.False);
                PointQuad.Add(ref sum, multiples[0], -1);
                Assert.That(sum.IsIdentity);
                PointQuad.Add(ref sum, multiples[0], -1);
                Assert.That(sum.IsIdentity, Is.False);
                PointQuad.FillOddMultiples(Points.Decoded(element), multiples);
            }
        }

        Assert.That(PointQuad.Neutral.IsIdentity);

        void Expect(byte[] doubled, byte[] element, int factor)
        {
            byte[] product = new byte[32];
            Ristretto255.TryMultiply(Scalars.Small(factor), element, product);
            Ristretto255.TryAdd(doubled, doubled, expected);
            Ristretto255.TryAdd(expected, product, expected);
        }
    }

    private static FieldQuad Quad(FieldElement[] elements, int start) =>
        new(elements[start], elements[start + 1], elements[start + 2], elements[start + 3]);

    private static BigInteger[] Numbers(FieldElement[] elements, int start) =>
        [.. elements.Skip(start).Take(4).Select(element => Field.Number(element))];

    private static void AssertIs(in FieldQuad quad, BigInteger[] expected, string what)
    {
        for (int place = 0; place < 4; place++)
        {
            Assert.That(Field.Number(quad[place]), Is.EqualTo(Field.Modulo(expected[place])), what);
        }
    }

    private static IEnumerable<FieldElement> Elements(int seed, int count)
    {
        // Where all limbs are as large as they get, with one sign or in turn, next to each other so that sums and differences grow as well.
        const ulong Positive = (1UL << 25) - 1 + (((1UL << 24) - 1) << 26);
        const ulong Negative = (1UL << 25) + (((1UL << 24) - 1) << 26);
        const ulong Both = (1UL << 25) - 1 + (1UL << 50);
        ulong[] extremes = [Positive, Negative, Both, 0, (1UL << 51) - 1];
        foreach (ulong first in extremes)
        {
            foreach (ulong second in extremes)
            {
                foreach (ulong third in extremes)
                {
                    yield return new FieldElement(first, first, first, first, first);
                    yield return new FieldElement(second, second, second, second, second);
                    yield return new FieldElement(third, third, third, third, third);
                }
            }
        }

        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            yield return Field.Element(Field.Random(random));
            yield return new FieldElement(Limb(), Limb(), Limb(), Limb(), Limb());
        }

        ulong Limb() => random.Next(3) == 0 ? extremes[random.Next(extremes.Length)] : (ulong)random.NextInt64(1L << 52);
    }
}
