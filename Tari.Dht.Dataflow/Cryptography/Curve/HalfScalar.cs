using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>A scalar e as a fraction ±<see cref="Numerator"/> / <see cref="Denominator"/> modulo l, both of half its length.</summary>
/// <remarks>
/// An equation s·G = R + e·P, multiplied by the denominator, holds as before, as l is prime, with a chain of doublings half as long.
/// Every scalar has such a fraction (Antipa and others, Accelerated Verification of ECDSA Signatures): it's met on the way of Euclid's
/// algorithm from l and e down. The time it takes depends on the scalar.
/// </remarks>
internal readonly struct HalfScalar
{
    /// <summary>Bits that are enough for the numerator; the denominator needs one less.</summary>
    internal const int Bits = 127;

    // l = 2^252 + 27742317777372353535851937790883648493, least significant word first.
    private const ulong Order0 = 0x5812631a5cf5d3ed;
    private const ulong Order1 = 0x14def9dea2f79cd6;
    private const ulong Order2 = 0;
    private const ulong Order3 = 0x1000000000000000;

    /// <summary>Finds the fraction.</summary>
    /// <param name="scalar">A canonical scalar of 32 bytes.</param>
    internal HalfScalar(ReadOnlySpan<byte> scalar)
    {
        // Invariant: larger ≡ ∓largerFactor·e and smaller ≡ ±smallerFactor·e, the upper signs where isNegative is false.
        // The factors alternate in sign, and larger·smallerFactor + smaller·largerFactor = l, whence smallerFactor ≤ l / larger < 2^126.
        var larger = new Number(Order0, Order1, Order2, Order3);
        var smaller = new Number(
            BinaryPrimitives.ReadUInt64LittleEndian(scalar),
            BinaryPrimitives.ReadUInt64LittleEndian(scalar[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(scalar[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(scalar[24..]));
        UInt128 largerFactor = 0;
        UInt128 smallerFactor = 1;
        bool isNegative = false;
        while (!smaller.FitsHalf)
        {
            // larger modulo smaller: a quotient that is too small, never too large, leaves something for the next round.
            while (larger.Compare(smaller) >= 0)
            {
                ulong quotient = larger.EstimateQuotient(smaller, out int shift);
                if (shift == 0)
                {
                    larger.SubtractProduct(smaller, quotient);
                }
                else
                {
                    larger.SubtractProduct(smaller.ShiftLeft(shift), quotient);
                }

                largerFactor += (smallerFactor * quotient) << shift;
            }

            (larger, smaller) = (smaller, larger);
            (largerFactor, smallerFactor) = (smallerFactor, largerFactor);
            isNegative = !isNegative;
        }

        Numerator = smaller.Half;
        Denominator = smallerFactor;
        IsNegative = isNegative;
        Debug.Assert(Denominator != 0 && Denominator >> (Bits - 1) == 0);
    }

    /// <summary>The numerator's magnitude, below 2^127.</summary>
    internal UInt128 Numerator { get; }

    /// <summary>The denominator, at least 1 and below 2^126.</summary>
    internal UInt128 Denominator { get; }

    /// <summary>Whether e is -<see cref="Numerator"/> / <see cref="Denominator"/>.</summary>
    internal bool IsNegative { get; }

    /// <summary>A number below 2^253.</summary>
    private struct Number(ulong w0, ulong w1, ulong w2, ulong w3)
    {
        private ulong _w0 = w0;
        private ulong _w1 = w1;
        private ulong _w2 = w2;
        private ulong _w3 = w3;

        public readonly bool FitsHalf => (_w3 | _w2 | (_w1 >> (Bits - 64))) == 0;

        public readonly UInt128 Half => new(_w1, _w0);

        private readonly int BitLength =>
            _w3 != 0 ? 256 - BitOperations.LeadingZeroCount(_w3)
            : _w2 != 0 ? 192 - BitOperations.LeadingZeroCount(_w2)
            : _w1 != 0 ? 128 - BitOperations.LeadingZeroCount(_w1)
            : 64 - BitOperations.LeadingZeroCount(_w0);

        public readonly int Compare(in Number other) =>
            _w3 != other._w3 ? _w3.CompareTo(other._w3)
            : _w2 != other._w2 ? _w2.CompareTo(other._w2)
            : _w1 != other._w1 ? _w1.CompareTo(other._w1)
            : _w0.CompareTo(other._w0);

        /// <summary>A quotient · 2^shift of at least 1 that is not above this / divisor, for a divisor that is not above this.</summary>
        /// <param name="divisor">At least 2^64.</param>
        /// <param name="shift">Zero, unless the quotient is large.</param>
        public readonly ulong EstimateQuotient(in Number divisor, out int shift)
        {
            int length = BitLength;
            int difference = length - divisor.BitLength;
            if (difference > 32)
            {
                // Rare: half of what is missing to the same length, or less, and on with the rest.
                shift = difference - 1;
                return 1;
            }

            // Both shifted alike, so that 32 bits of the divisor are left at least.
            shift = 0;
            ulong top = Top(length);
            ulong divisorTop = divisor.Top(length) + 1;
            return divisorTop == 0 ? 1 : ulong.Max(top / divisorTop, 1);
        }

        public readonly Number ShiftLeft(int places)
        {
            Number result = this;
            for (; places >= 64; places -= 64)
            {
                result = new Number(0, result._w0, result._w1, result._w2);
            }

            return places == 0
                ? result
                : new Number(
                    result._w0 << places,
                    (result._w1 << places) | (result._w0 >> (64 - places)),
                    (result._w2 << places) | (result._w1 >> (64 - places)),
                    (result._w3 << places) | (result._w2 >> (64 - places)));
        }

        /// <summary>Takes a product that is not above this off.</summary>
        public void SubtractProduct(in Number factor, ulong quotient)
        {
            ulong carry = 0;
            SubtractWord(ref _w0, factor._w0, quotient, ref carry);
            SubtractWord(ref _w1, factor._w1, quotient, ref carry);
            SubtractWord(ref _w2, factor._w2, quotient, ref carry);
            SubtractWord(ref _w3, factor._w3, quotient, ref carry);
            Debug.Assert(carry == 0);
        }

        // The 64 bits of this / 2^(length - 64), for a length above 64.
        private readonly ulong Top(int length)
        {
            (ulong high, ulong low) = length > 192 ? (_w3, _w2) : length > 128 ? (_w2, _w1) : (_w1, _w0);
            int places = -length & 63;
            return (high << places) | ((low >> 1) >> (63 - places));
        }

        private static void SubtractWord(ref ulong word, ulong factor, ulong quotient, ref ulong carry)
        {
            ulong high = Math.BigMul(factor, quotient, out ulong low);
            low += carry;
            high += low < carry ? 1UL : 0;
            high += word < low ? 1UL : 0;
            word -= low;
            carry = high;
        }
    }
}
