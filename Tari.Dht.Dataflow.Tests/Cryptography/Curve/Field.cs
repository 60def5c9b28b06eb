using System.Numerics;
using Tari.Dht.Dataflow.Cryptography.Curve;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Curve;

/// <summary>Elements of the field as numbers: the oracle for their arithmetic.</summary>
internal static class Field
{
    public static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    public static FieldElement Element(ulong[] limbs) => new(limbs[0], limbs[1], limbs[2], limbs[3], limbs[4]);

    public static FieldElement Element(BigInteger number) => Element(LimbsOf(number));

    public static ulong[] Limbs(FieldElement element) => element.Limbs.ToArray();

    /// <summary>The limbs of a number, of which only the last may have more than 51 bits.</summary>
    public static ulong[] LimbsOf(BigInteger number, int topBits = 51)
    {
        ulong[] limbs = new ulong[5];
        for (int i = 0; i < 5; i++)
        {
            limbs[i] = (ulong)(number & ((BigInteger.One << (i == 4 ? topBits : 51)) - 1));
            number >>= i == 4 ? topBits : 51;
        }

        Assert.That(number.IsZero);
        return limbs;
    }

    public static BigInteger Number(ulong[] limbs) => limbs.Reverse().Aggregate(BigInteger.Zero, (sum, limb) => (sum << 51) + limb);

    /// <summary>The value below p.</summary>
    public static BigInteger Number(in FieldElement element) => Modulo(Number(Limbs(element)));

    public static BigInteger Modulo(BigInteger number)
    {
        BigInteger remainder = number % Prime;
        return remainder.Sign < 0 ? remainder + Prime : remainder;
    }

    public static BigInteger Random(Random random)
    {
        byte[] bytes = new byte[40];
        random.NextBytes(bytes);
        return Modulo(Scalars.Number(bytes));
    }
}
