using System.Numerics;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

/// <summary>Scalars as numbers: the oracle for arithmetic, and fixed test data.</summary>
internal static class Scalars
{
    /// <summary>l, the order of the group.</summary>
    public static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);

    public static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    public static BigInteger Reduced(BigInteger value)
    {
        BigInteger remainder = value % Order;
        return remainder.Sign < 0 ? remainder + Order : remainder;
    }

    public static byte[] Bytes(BigInteger value, int length = 32)
    {
        byte[] bytes = new byte[length];
        Assert.That(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    public static byte[] Small(int value) => Bytes(value);

    /// <summary>A canonical scalar, not zero.</summary>
    public static byte[] Random(Random random)
    {
        byte[] wide = new byte[64];
        random.NextBytes(wide);
        return Bytes((Number(wide) % (Order - 1)) + 1);
    }

    /// <summary>Edge values below 2^255, then random ones below 2^255.</summary>
    public static IEnumerable<byte[]> EdgesAndRandom(int seed, int count)
    {
        BigInteger[] edges =
        [
            0, 1, 2, Order - 2, Order - 1, Order, Order + 1, 2 * Order, BigInteger.Pow(2, 252) - 1, BigInteger.Pow(2, 252),
            BigInteger.Pow(2, 253), BigInteger.Pow(2, 255) - 19, BigInteger.Pow(2, 255) - 1,
        ];
        foreach (BigInteger edge in edges)
        {
            yield return Bytes(edge);
        }

        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = new byte[32];
            random.NextBytes(bytes);
            bytes[31] &= 0x7f;
            yield return bytes;
        }
    }
}
