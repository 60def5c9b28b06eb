using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The factors of d·s·G - d·R - c·P, where e = c/d, as digits with their signs; d·s is u + v·2^127.</summary>
internal struct EquationDigits
{
    /// <summary>The width of <see cref="Nonce"/> and <see cref="Key"/>.</summary>
    internal const int Width = 5;

    /// <summary>How many odd multiples of R and of P their digits ask for.</summary>
    internal const int Multiples = 1 << (Width - 2);

    /// <summary>u, for the multiples of G.</summary>
    internal SignedDigits Generator;

    /// <summary>v, for the multiples of 2^127·G.</summary>
    internal SignedDigits ShiftedGenerator;

    /// <summary>-d, for the multiples of R.</summary>
    internal SignedDigits Nonce;

    /// <summary>-c, for the multiples of P.</summary>
    internal SignedDigits Key;

    /// <summary>Works the digits out.</summary>
    /// <param name="challenge">e, a canonical scalar of 32 bytes.</param>
    /// <param name="signature">s, a canonical scalar of 32 bytes.</param>
    internal EquationDigits(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> signature)
    {
        var half = new HalfScalar(challenge);
        Span<byte> product = stackalloc byte[RistrettoScalar.Length];
        BinaryPrimitives.WriteUInt128LittleEndian(product, half.Denominator);
        product[16..].Clear();
        RistrettoScalar.Multiply(product, signature, product);
        UInt128 low = BinaryPrimitives.ReadUInt128LittleEndian(product);
        UInt128 high = BinaryPrimitives.ReadUInt128LittleEndian(product[16..]);

        Generator = new SignedDigits(low & (UInt128.MaxValue >> 1), BaseMultiples.Width, isNegative: false);
        ShiftedGenerator = new SignedDigits((high << 1) | (low >> 127), BaseMultiples.Width, isNegative: false);
        Nonce = new SignedDigits(half.Denominator, Width, isNegative: true);
        Key = new SignedDigits(half.Numerator, Width, isNegative: !half.IsNegative);
    }

    /// <summary>Whether all digits of a place are zero.</summary>
    internal readonly bool IsZero(int place) =>
        Generator[place] == 0 && ShiftedGenerator[place] == 0 && Nonce[place] == 0 && Key[place] == 0;
}
