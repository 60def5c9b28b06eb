using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>A number below 2^127 as a sum of few signed odd digits: the number is Σ digit[i]·2^i.</summary>
/// <remarks>
/// Written with a width w, a digit that is not zero is odd and between -2^(w-1) and 2^(w-1), and w - 1 zeros follow it, so that one place
/// in w + 1 is not zero on average. The time it takes depends on the number.
/// </remarks>
[InlineArray(Count)]
internal struct SignedDigits
{
    /// <summary>Places, the last of which is for the carry.</summary>
    internal const int Count = 128;

    private sbyte _first;

    /// <summary>Writes a number or its negative.</summary>
    /// <param name="number">Below 2^127.</param>
    /// <param name="width">2 to 8.</param>
    /// <param name="isNegative">Whether the digits are those of -number.</param>
    internal SignedDigits(UInt128 number, int width, bool isNegative)
    {
        Debug.Assert(number >> 127 == 0 && width is >= 2 and <= 8);
        Span<sbyte> digits = this;
        ulong low = (ulong)number;
        ulong high = (ulong)(number >> 64);
        int mask = (1 << width) - 1;
        int place = 0;
        while ((low | high) != 0)
        {
            if (low == 0)
            {
                low = high;
                high = 0;
                place += 64;
            }

            int zeros = (int)ulong.TrailingZeroCount(low);
            place += zeros;

            // Twice, for a shift by 64 would be none.
            low = (low >> zeros) | ((high << 1) << (63 - zeros));
            high >>= zeros;
            int digit = (int)low & mask;
            low -= (ulong)digit;
            if (digit > mask >> 1)
            {
                // The digit is digit - 2^w, and 1 is carried into what is left, which has room for it above.
                digit -= mask + 1;
                ulong carry = (ulong)mask + 1;
                low += carry;
                high += low < carry ? 1UL : 0;
            }

            digits[place] = (sbyte)(isNegative ? -digit : digit);
        }
    }
}
