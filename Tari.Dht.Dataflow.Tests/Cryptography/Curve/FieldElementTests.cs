using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class FieldElementTests
{
    private const ulong Widest = (1UL << 54) - 1;

    [Test]
    public void Constants_are_what_they_are_called()
    {
        Assert.That(Field.Number(FieldElement.One), Is.EqualTo(BigInteger.One));
        Assert.That(Field.Modulo(Field.Number(FieldElement.EdwardsD) * 121666), Is.EqualTo(Field.Prime - 121665));
        Assert.That(Field.Number(FieldElement.TwiceEdwardsD), Is.EqualTo(Field.Modulo(2 * Field.Number(FieldElement.EdwardsD))));
        Assert.That(Field.Modulo(BigInteger.Pow(Field.Number(FieldElement.RootOfMinusOne), 2)), Is.EqualTo(Field.Prime - 1));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 501, 2 })]
    public void Arithmetic_agrees_with_big_integers_up_to_the_bounds_of_the_limbs(int seed)
    {
        List<ulong[]> operands = [.. Operands(seed, 60)];
        foreach (ulong[] a in operands)
        {
            FieldElement left = Field.Element(a);
            BigInteger leftNumber = Field.Number(a);
            FieldElement.Square(out FieldElement result, left);
            AssertTight(result, leftNumber * leftNumber, "square");
            FieldElement.SquareTimes(out result, left, 3);
            AssertTight(result, BigInteger.ModPow(leftNumber, 8, Field.Prime), "three squares");
            foreach (ulong[] b in operands)
            {
                FieldElement right = Field.Element(b);
                BigInteger rightNumber = Field.Number(b);
                FieldElement.Multiply(out result, left, right);
                AssertTight(result, leftNumber * rightNumber, "product");
                FieldElement.Add(out FieldElement sum, left, right);
                Assert.That(Field.Number(sum), Is.EqualTo(Field.Modulo(leftNumber + rightNumber)), "sum");

                // What is subtracted has narrower bounds: the limbs of a tight element, and those of a sum of two.
                FieldElement.Multiply(out FieldElement tight, right, FieldElement.One);
                FieldElement.Subtract(out FieldElement difference, left, tight);
                Assert.That(Field.Number(difference), Is.EqualTo(Field.Modulo(leftNumber - rightNumber)), "difference");
                FieldElement.Add(out FieldElement twice, tight, tight);
                FieldElement.SubtractLoose(out difference, left, twice);
                Assert.That(Field.Number(difference), Is.EqualTo(Field.Modulo(leftNumber - (2 * rightNumber))), "loose difference");
            }
        }

        static void AssertTight(in FieldElement element, BigInteger expected, string what)
        {
            Assert.That(Field.Number(element), Is.EqualTo(Field.Modulo(expected)), what);
            Assert.That(Field.Limbs(element), Is.All.LessThan((1UL << 51) + (1UL << 18)), what);
        }
    }

    [Test]
    public void Results_may_overwrite_their_operands()
    {
        FieldElement element = Field.Element(new BigInteger(3));
        FieldElement.Multiply(out element, element, element);
        FieldElement.Square(out element, element);
        FieldElement.SquareTimes(out element, element, 2);
        FieldElement.Add(out element, element, element);
        FieldElement.Subtract(out element, default, element);
        FieldElement.Reduce(ref element);
        FieldElement.Invert(out element, element);

        Assert.That(Field.Modulo(Field.Number(element) * (-2 * BigInteger.Pow(3, 16))), Is.EqualTo(BigInteger.One));
    }

    [Test]
    public void Reduce_finds_the_one_form_below_p()
    {
        var random = new Random(502);
        ulong[][] forms =
        [
            [0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
            .. Enumerable.Range(0, 40).Select(i => Field.LimbsOf(Field.Prime - 20 + i, topBits: 53)),
            .. Enumerable.Range(0, 40).Select(i => Field.LimbsOf((2 * Field.Prime) - 20 + i, topBits: 53)),
            .. Enumerable.Range(0, 40).Select(i => Field.LimbsOf(BigInteger.Pow(2, 255) - 20 + i, topBits: 53)),
            .. Enumerable.Range(0, 200).Select(_ => Enumerable.Range(0, 5).Select(_ => (ulong)random.NextInt64()).ToArray()),
            [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue],
            [(1UL << 51) - 1, (1UL << 51) - 1, (1UL << 51) - 1, (1UL << 51) - 1, (1UL << 51) - 1],
            [long.MaxValue, (1UL << 51) - 1, (1UL << 51) - 1, (1UL << 51) - 1, (1UL << 51) - 1],
        ];
        foreach (ulong[] form in forms)
        {
            FieldElement element = Field.Element(form);
            BigInteger expected = Field.Modulo(Field.Number(form));
            FieldElement.Reduce(ref element);

            Assert.That(Field.Limbs(element), Is.EqualTo(Field.LimbsOf(expected)));
            Assert.That(FieldElement.IsZero(Field.Element(form)), Is.EqualTo(expected.IsZero));
            Assert.That(FieldElement.IsNegative(Field.Element(form)), Is.EqualTo(!expected.IsEven));
        }
    }

    [Test]
    public void TryRead_then_Write_gives_the_bytes_back_and_refuses_p_and_more()
    {
        var random = new Random(503);
        for (int i = 0; i < 300; i++)
        {
            BigInteger number = i switch
            {
                < 40 => Field.Prime - 20 + i,
                < 80 => BigInteger.Pow(2, 255) - 20 + i - 40,
                < 120 => i - 80,
                < 140 => BigInteger.Pow(2, 256) - 1 - (i - 120),
                < 160 => BigInteger.Pow(2, 64 * (1 + (i % 3))) - (i / 3 % 2),
                _ => Field.Random(random),
            };
            byte[] bytes = Scalars.Bytes(number);
            bool isBelow = number < Field.Prime;

            Assert.That(FieldElement.TryRead(bytes, out FieldElement element), Is.EqualTo(isBelow), number.ToString(provider: null));
            if (isBelow)
            {
                byte[] written = new byte[32];
                FieldElement.Write(element, written);
                Assert.That(written, Is.EqualTo(bytes));
                Assert.That(Field.Number(element), Is.EqualTo(number));
            }
        }
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 504, 1 })]
    public void Invert_and_TryInverseRoot_undo_what_they_are_the_inverses_of(int seed)
    {
        int roots = 0;
        foreach (ulong[] limbs in Operands(seed, 100))
        {
            FieldElement element = Field.Element(limbs);
            BigInteger number = Field.Modulo(Field.Number(limbs));
            FieldElement.Invert(out FieldElement inverse, element);
            Assert.That(Field.Modulo(Field.Number(inverse) * number), Is.EqualTo(number.IsZero ? BigInteger.Zero : BigInteger.One));

            bool isSquare = BigInteger.ModPow(number, (Field.Prime - 1) / 2, Field.Prime).IsOne;
            Assert.That(FieldElement.TryInverseRoot(out FieldElement root, element), Is.EqualTo(isSquare));
            if (isSquare)
            {
                roots++;
                Assert.That(Field.Modulo(Field.Number(root) * Field.Number(root) * number), Is.EqualTo(BigInteger.One));
            }
        }

        Assert.That(roots, Is.InRange(30, 90));
    }

    private static IEnumerable<ulong[]> Operands(int seed, int count)
    {
        yield return [0, 0, 0, 0, 0];
        yield return [1, 0, 0, 0, 0];
        yield return [Widest, Widest, Widest, Widest, Widest];
        yield return [Widest, 0, 0, 0, 0];
        yield return [0, 0, 0, 0, Widest];
        yield return Field.LimbsOf(Field.Prime - 1);
        yield return Field.LimbsOf(Field.Prime);
        yield return Field.LimbsOf(BigInteger.Pow(2, 255) - 1);
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            int bits = random.Next(50, 55);
            yield return [Limb(bits), Limb(bits), Limb(bits), Limb(bits), Limb(bits)];
        }

        ulong Limb(int bits) => random.Next(8) == 0 ? (1UL << bits) - 1 : (ulong)random.NextInt64(1L << bits);
    }
}
