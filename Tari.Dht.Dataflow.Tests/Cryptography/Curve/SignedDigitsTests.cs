using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

internal sealed class SignedDigitsTests
{
    [Test]
    public void Digits_are_odd_small_apart_and_add_up([Values(2, 3, 4, 5, 6, 7, 8)] int width)
    {
        foreach (UInt128 number in Numbers(width))
        {
            var digits = new SignedDigits(number, width, isNegative: false);
            BigInteger sum = BigInteger.Zero;
            int next = 0;
            for (int i = 0; i < SignedDigits.Count; i++)
            {
                int digit = digits[i];
                if (digit == 0)
                {
                    continue;
                }

                Assert.That(int.IsOddInteger(digit) && Math.Abs(digit) < 1 << (width - 1));
                Assert.That(i, Is.GreaterThanOrEqualTo(next), "width - 1 zeros follow each");
                next = i + width;
                sum += new BigInteger(digit) << i;
            }

            Assert.That(sum, Is.EqualTo((BigInteger)number));
        }
    }

    private static IEnumerable<UInt128> Numbers(int seed)
    {
        UInt128 all = UInt128.MaxValue >> 1;
        yield return 0;
        yield return all;
        for (int i = 0; i < 127; i++)
        {
            yield return UInt128.One << i;
            yield return all >> i;
            yield return all << i & all;
        }

        yield return UInt128.MaxValue / 3 >> 1;
        yield return UInt128.MaxValue / 5 >> 1;
        var random = new Random(seed);
        for (int i = 0; i < 500; i++)
        {
            yield return new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64() << random.Next(2));
        }
    }
}
