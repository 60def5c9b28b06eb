using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>An integer modulo p = 2^255 - 19.</summary>
/// <remarks>
/// <para>
/// Arithmetic takes no branch that depends on a value, so that it may be secret. What answers a yes or no, and what reads one, is for values
/// that are public.
/// </para>
/// <para>
/// Five limbs of 51 bits, least significant first, with room above: <see cref="Multiply"/> and the squarings take limbs below 2^54 and give
/// tight ones, which are below 2^51 + 2^18. Sums and differences don't carry, so that their limbs grow; each says what it takes and gives.
/// One value has many forms; <see cref="Reduce"/> finds the one below p.
/// </para>
/// <para>Results may overwrite their operands. Allocates nothing; a plain value without thread safety of its own.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct FieldElement
{
    /// <summary>Bytes of an encoded element.</summary>
    internal const int Length = 32;

    private const int LimbBits = 51;
    private const ulong LimbMask = (1UL << LimbBits) - 1;

    // Together 64 - 51 = 13, so that the upper half of a product of shifted limbs starts at the next limb.
    private const int LeftShift = 6;
    private const int RightShift = 7;
    private const int LowShift = 64 - LimbBits;

    // 2p, limb by limb: the limbs of a tight element are smaller.
    private const ulong TwoP0 = 2 * (LimbMask - 18);
    private const ulong TwoPn = 2 * LimbMask;

    private ulong _l0;
    private ulong _l1;
    private ulong _l2;
    private ulong _l3;
    private ulong _l4;

    /// <summary>The value of five limbs.</summary>
    internal FieldElement(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        _l0 = l0;
        _l1 = l1;
        _l2 = l2;
        _l3 = l3;
        _l4 = l4;
    }

    /// <summary>1.</summary>
    internal static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>2.</summary>
    internal static FieldElement Two => new(2, 0, 0, 0, 0);

    /// <summary>d = -121665/121666, the constant of the curve.</summary>
    internal static FieldElement EdwardsD =>
        new(0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff);

    /// <summary>2d.</summary>
    internal static FieldElement TwiceEdwardsD =>
        new(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);

    /// <summary>A square root of -1.</summary>
    internal static FieldElement RootOfMinusOne =>
        new(0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d);

    /// <summary>1/√(a - d), where a = -1.</summary>
    internal static FieldElement InverseRootOfAMinusD =>
        new(0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff);

    /// <summary>The five limbs, least significant first.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<ulong> Limbs => MemoryMarshal.CreateReadOnlySpan(in _l0, 5);

    /// <summary>Reads 32 little-endian bytes, if their value is below p.</summary>
    /// <param name="bytes">32 bytes, which may be anything.</param>
    /// <param name="element">The value, its limbs below 2^51.</param>
    /// <returns><see langword="false"/> if the value is p or more.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out FieldElement element)
    {
        ulong w0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong w1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        ulong w2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong w3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        element = new FieldElement(
            w0 & LimbMask,
            ((w0 >> 51) | (w1 << 13)) & LimbMask,
            ((w1 >> 38) | (w2 << 26)) & LimbMask,
            ((w2 >> 25) | (w3 << 39)) & LimbMask,
            (w3 >> 12) & LimbMask);
        bool isBelowP = w3 < 0x7fff_ffff_ffff_ffff || (w1 & w2) != ulong.MaxValue || w0 < 0xffff_ffff_ffff_ffed;
        return w3 <= 0x7fff_ffff_ffff_ffff && isBelowP;
    }

    /// <summary>Writes the value below p as 32 little-endian bytes.</summary>
    /// <param name="element">Limbs below 2^63.</param>
    /// <param name="bytes">At least 32 bytes.</param>
    internal static void Write(in FieldElement element, Span<byte> bytes)
    {
        FieldElement reduced = element;
        Reduce(ref reduced);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, reduced._l0 | (reduced._l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (reduced._l1 >> 13) | (reduced._l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], (reduced._l2 >> 26) | (reduced._l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], (reduced._l3 >> 39) | (reduced._l4 << 12));
    }

    /// <summary>left + right, limb by limb: each limb of the result is below the sum of its operands' bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(out FieldElement result, in FieldElement left, in FieldElement right)
    {
        result._l0 = left._l0 + right._l0;
        result._l1 = left._l1 + right._l1;
        result._l2 = left._l2 + right._l2;
        result._l3 = left._l3 + right._l3;
        result._l4 = left._l4 + right._l4;
    }

    /// <summary>left - right + 2p: each limb of the result is below left's bound + 2^52.</summary>
    /// <param name="result">The difference.</param>
    /// <param name="left">Any.</param>
    /// <param name="right">Limbs of at most 2^52 - 38; a tight element has them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Subtract(out FieldElement result, in FieldElement left, in FieldElement right)
    {
        result._l0 = left._l0 + TwoP0 - right._l0;
        result._l1 = left._l1 + TwoPn - right._l1;
        result._l2 = left._l2 + TwoPn - right._l2;
        result._l3 = left._l3 + TwoPn - right._l3;
        result._l4 = left._l4 + TwoPn - right._l4;
    }

    /// <summary>left - right + 4p: each limb of the result is below left's bound + 2^53.</summary>
    /// <param name="result">The difference.</param>
    /// <param name="left">Any.</param>
    /// <param name="right">Limbs of at most 2^53 - 76; the sum of two tight elements has them, and so has their difference.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SubtractLoose(out FieldElement result, in FieldElement left, in FieldElement right)
    {
        result._l0 = left._l0 + (2 * TwoP0) - right._l0;
        result._l1 = left._l1 + (2 * TwoPn) - right._l1;
        result._l2 = left._l2 + (2 * TwoPn) - right._l2;
        result._l3 = left._l3 + (2 * TwoPn) - right._l3;
        result._l4 = left._l4 + (2 * TwoPn) - right._l4;
    }

    /// <summary>left · right.</summary>
    /// <param name="result">The product, tight.</param>
    /// <param name="left">Limbs below 2^54.</param>
    /// <param name="right">Limbs below 2^54.</param>
    // Compiled once and for all at the first call: a verification calls it a thousand times.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(out FieldElement result, in FieldElement left, in FieldElement right)
    {
        ulong a0 = left._l0 << LeftShift, a1 = left._l1 << LeftShift, a2 = left._l2 << LeftShift;
        ulong a3 = left._l3 << LeftShift, a4 = left._l4 << LeftShift;
        ulong b0 = right._l0 << RightShift, b1 = right._l1 << RightShift, b2 = right._l2 << RightShift;
        ulong b3 = right._l3 << RightShift, b4 = right._l4 << RightShift;

        ulong r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0;
        Accumulate(a0, b0, ref r0, ref r1);
        Accumulate(a0, b1, ref r1, ref r2);
        Accumulate(a0, b2, ref r2, ref r3);
        Accumulate(a0, b3, ref r3, ref r4);
        Accumulate(a0, b4, ref r4, ref r5);
        Accumulate(a1, b0, ref r1, ref r2);
        Accumulate(a1, b1, ref r2, ref r3);
        Accumulate(a1, b2, ref r3, ref r4);
        Accumulate(a1, b3, ref r4, ref r5);
        Accumulate(a1, b4, ref r5, ref r6);
        Accumulate(a2, b0, ref r2, ref r3);
        Accumulate(a2, b1, ref r3, ref r4);
        Accumulate(a2, b2, ref r4, ref r5);
        Accumulate(a2, b3, ref r5, ref r6);
        Accumulate(a2, b4, ref r6, ref r7);
        Accumulate(a3, b0, ref r3, ref r4);
        Accumulate(a3, b1, ref r4, ref r5);
        Accumulate(a3, b2, ref r5, ref r6);
        Accumulate(a3, b3, ref r6, ref r7);
        Accumulate(a3, b4, ref r7, ref r8);
        Accumulate(a4, b0, ref r4, ref r5);
        Accumulate(a4, b1, ref r5, ref r6);
        Accumulate(a4, b2, ref r6, ref r7);
        Accumulate(a4, b3, ref r7, ref r8);
        Accumulate(a4, b4, ref r8, ref r9);

        // 2^255 is 19. With operands at their bounds a column stays below 2^64: a high half is below 2^57 and a low one below 2^51, so
        // that r0, the largest, with 19 times the five high and four low ones of r5, is below 97 · 2^57. What it carries is below 2^13.
        r0 += 19 * r5;
        r1 += 19 * r6;
        r2 += 19 * r7;
        r3 += 19 * r8;
        r4 += 19 * r9;
        result._l0 = (r0 & LimbMask) + (19 * (r4 >> LimbBits));
        result._l1 = (r1 & LimbMask) + (r0 >> LimbBits);
        result._l2 = (r2 & LimbMask) + (r1 >> LimbBits);
        result._l3 = (r3 & LimbMask) + (r2 >> LimbBits);
        result._l4 = (r4 & LimbMask) + (r3 >> LimbBits);
    }

    /// <summary>The square.</summary>
    /// <param name="result">The square, tight.</param>
    /// <param name="element">Limbs below 2^54.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Square(out FieldElement result, in FieldElement element)
    {
        ulong l0 = element._l0, l1 = element._l1, l2 = element._l2, l3 = element._l3, l4 = element._l4;
        SquareLimbs(ref l0, ref l1, ref l2, ref l3, ref l4);
        result._l0 = l0;
        result._l1 = l1;
        result._l2 = l2;
        result._l3 = l3;
        result._l4 = l4;
    }

    /// <summary>The square of the square and so on: element to the power 2^times.</summary>
    /// <param name="result">The power, tight.</param>
    /// <param name="element">Limbs below 2^54.</param>
    /// <param name="times">At least 1.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void SquareTimes(out FieldElement result, in FieldElement element, int times)
    {
        ulong l0 = element._l0, l1 = element._l1, l2 = element._l2, l3 = element._l3, l4 = element._l4;
        do
        {
            SquareLimbs(ref l0, ref l1, ref l2, ref l3, ref l4);
        }
        while (--times > 0);

        result._l0 = l0;
        result._l1 = l1;
        result._l2 = l2;
        result._l3 = l3;
        result._l4 = l4;
    }

    /// <summary>element to the power (p - 5)/8 = 2^252 - 3, from which roots and inverses are made.</summary>
    internal static void PowerForRoot(out FieldElement result, in FieldElement element)
    {
        // Powers whose exponent is a row of n ones double that row: e(2n) = e(n)·2^n + e(n).
        Square(out FieldElement two, element);
        SquareTimes(out FieldElement eight, two, 2);
        Multiply(out FieldElement nine, eight, element);
        Multiply(out FieldElement eleven, nine, two);
        Square(out FieldElement power, eleven);
        Multiply(out FieldElement ones5, power, nine);
        SquareTimes(out power, ones5, 5);
        Multiply(out FieldElement ones10, power, ones5);
        SquareTimes(out power, ones10, 10);
        Multiply(out FieldElement ones20, power, ones10);
        SquareTimes(out power, ones20, 20);
        Multiply(out power, power, ones20);
        SquareTimes(out power, power, 10);
        Multiply(out FieldElement ones50, power, ones10);
        SquareTimes(out power, ones50, 50);
        Multiply(out FieldElement ones100, power, ones50);
        SquareTimes(out power, ones100, 100);
        Multiply(out power, power, ones100);
        SquareTimes(out power, power, 50);
        Multiply(out power, power, ones50);
        SquareTimes(out power, power, 2);
        Multiply(out result, power, element);
    }

    /// <summary>1 / element; zero for zero.</summary>
    /// <param name="result">The inverse, tight.</param>
    /// <param name="element">Limbs below 2^54.</param>
    internal static void Invert(out FieldElement result, in FieldElement element)
    {
        // p - 2 = 8·(2^252 - 3) + 3.
        Square(out FieldElement cube, element);
        Multiply(out cube, cube, element);
        PowerForRoot(out FieldElement power, element);
        SquareTimes(out power, power, 3);
        Multiply(out result, power, cube);
    }

    /// <summary>A square root of 1 / element, either of the two.</summary>
    /// <param name="root">The root, tight; undefined on failure.</param>
    /// <param name="element">Limbs below 2^54.</param>
    /// <returns><see langword="false"/> if there is none: the element is zero or not a square.</returns>
    internal static bool TryInverseRoot(out FieldElement root, in FieldElement element)
    {
        Square(out FieldElement square, element);
        Multiply(out FieldElement cube, square, element);
        Square(out FieldElement seventh, cube);
        Multiply(out seventh, seventh, element);
        PowerForRoot(out FieldElement power, seventh);
        Multiply(out root, cube, power);

        // element · root² is a fourth root of 1 for each element but zero: 1 if all is well, -1 if a factor is missing, else no square.
        Square(out FieldElement check, root);
        Multiply(out check, check, element);
        Reduce(ref check);
        if (check.IsReducedOne)
        {
            return true;
        }

        Multiply(out root, root, RootOfMinusOne);
        Add(out check, check, One);
        return IsZero(check);
    }

    /// <summary>A square root of 1 / element, either of the two, for an element that is a square; zero for zero.</summary>
    /// <param name="root">The root, tight.</param>
    /// <param name="element">Limbs below 2^54. May be secret: no branch depends on it.</param>
    internal static void InverseRootOfSquare(out FieldElement root, in FieldElement element)
    {
        Square(out FieldElement square, element);
        Multiply(out FieldElement cube, square, element);
        Square(out FieldElement seventh, cube);
        Multiply(out seventh, seventh, element);
        PowerForRoot(out FieldElement power, seventh);
        Multiply(out root, cube, power);

        // As in TryInverseRoot: element · root² is 1 or -1, or zero.
        Square(out FieldElement check, root);
        Multiply(out check, check, element);
        Add(out check, check, One);
        Reduce(ref check);
        ulong bits = check._l0 | check._l1 | check._l2 | check._l3 | check._l4;
        ulong isMinusOne = ((bits | (0 - bits)) >> 63) - 1;
        Multiply(out FieldElement other, root, RootOfMinusOne);
        Select(out root, root, other, isMinusOne);
    }

    /// <summary>One of two elements, without a branch.</summary>
    /// <param name="result">The one.</param>
    /// <param name="ifClear">Taken for a mask of zeros.</param>
    /// <param name="ifSet">Taken for a mask of ones.</param>
    /// <param name="mask">All zeros or all ones.</param>
    internal static void Select(out FieldElement result, in FieldElement ifClear, in FieldElement ifSet, ulong mask)
    {
        result._l0 = ifClear._l0 ^ ((ifClear._l0 ^ ifSet._l0) & mask);
        result._l1 = ifClear._l1 ^ ((ifClear._l1 ^ ifSet._l1) & mask);
        result._l2 = ifClear._l2 ^ ((ifClear._l2 ^ ifSet._l2) & mask);
        result._l3 = ifClear._l3 ^ ((ifClear._l3 ^ ifSet._l3) & mask);
        result._l4 = ifClear._l4 ^ ((ifClear._l4 ^ ifSet._l4) & mask);
    }

    /// <summary>All ones if the value below p is odd, else all zeros, without a branch.</summary>
    /// <param name="element">Limbs below 2^63.</param>
    internal static ulong MaskOfNegative(in FieldElement element)
    {
        FieldElement reduced = element;
        Reduce(ref reduced);
        return 0 - (reduced._l0 & 1);
    }

    /// <summary>Whether the value is zero.</summary>
    /// <param name="element">Limbs below 2^63.</param>
    internal static bool IsZero(in FieldElement element)
    {
        FieldElement reduced = element;
        Reduce(ref reduced);
        return (reduced._l0 | reduced._l1 | reduced._l2 | reduced._l3 | reduced._l4) == 0;
    }

    /// <summary>Whether the value below p is odd, which is what RFC 9496 calls negative.</summary>
    /// <param name="element">Limbs below 2^63.</param>
    internal static bool IsNegative(in FieldElement element)
    {
        FieldElement reduced = element;
        Reduce(ref reduced);
        return (reduced._l0 & 1) != 0;
    }

    /// <summary>Brings the value below p and each limb below 2^51.</summary>
    /// <param name="element">Limbs below 2^63.</param>
    internal static void Reduce(ref FieldElement element)
    {
        // Two rounds bring the value below 2^255 + 19, which is less than 2p: p is to be taken off once at most.
        CarryRound(ref element);
        CarryRound(ref element);

        // The carry out of value + 19 says whether the value is at least p.
        ulong over = (element._l0 + 19) >> LimbBits;
        over = (element._l1 + over) >> LimbBits;
        over = (element._l2 + over) >> LimbBits;
        over = (element._l3 + over) >> LimbBits;
        over = (element._l4 + over) >> LimbBits;

        ulong sum = element._l0 + (19 * over);
        element._l0 = sum & LimbMask;
        sum = element._l1 + (sum >> LimbBits);
        element._l1 = sum & LimbMask;
        sum = element._l2 + (sum >> LimbBits);
        element._l2 = sum & LimbMask;
        sum = element._l3 + (sum >> LimbBits);
        element._l3 = sum & LimbMask;
        sum = element._l4 + (sum >> LimbBits);
        element._l4 = sum & LimbMask;
    }

    private readonly bool IsReducedOne => (_l0 ^ 1) == 0 && (_l1 | _l2 | _l3 | _l4) == 0;

    private static void CarryRound(ref FieldElement element)
    {
        ulong sum = element._l0;
        element._l0 = sum & LimbMask;
        sum = element._l1 + (sum >> LimbBits);
        element._l1 = sum & LimbMask;
        sum = element._l2 + (sum >> LimbBits);
        element._l2 = sum & LimbMask;
        sum = element._l3 + (sum >> LimbBits);
        element._l3 = sum & LimbMask;
        sum = element._l4 + (sum >> LimbBits);
        element._l4 = sum & LimbMask;
        element._l0 += 19 * (sum >> LimbBits);
    }

    // The shifts make the limbs of a column add up without carries. Left and right add up to 13 each time; a factor of 2 is one more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SquareLimbs(ref ulong l0, ref ulong l1, ref ulong l2, ref ulong l3, ref ulong l4)
    {
        ulong a0 = l0 << LeftShift, a1 = l1 << LeftShift, a2 = l2 << LeftShift, a3 = l3 << LeftShift, a4 = l4 << LeftShift;
        ulong d1 = l1 << (RightShift + 1), d2 = l2 << (RightShift + 1), d3 = l3 << (RightShift + 1), d4 = l4 << (RightShift + 1);

        ulong r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0;
        Accumulate(a0, l0 << RightShift, ref r0, ref r1);
        Accumulate(a0, d1, ref r1, ref r2);
        Accumulate(a0, d2, ref r2, ref r3);
        Accumulate(a0, d3, ref r3, ref r4);
        Accumulate(a0, d4, ref r4, ref r5);
        Accumulate(a1, l1 << RightShift, ref r2, ref r3);
        Accumulate(a1, d2, ref r3, ref r4);
        Accumulate(a1, d3, ref r4, ref r5);
        Accumulate(a1, d4, ref r5, ref r6);
        Accumulate(a2, l2 << RightShift, ref r4, ref r5);
        Accumulate(a2, d3, ref r5, ref r6);
        Accumulate(a2, d4, ref r6, ref r7);
        Accumulate(a3, l3 << RightShift, ref r6, ref r7);
        Accumulate(a3, d4, ref r7, ref r8);
        Accumulate(a4, l4 << RightShift, ref r8, ref r9);

        r0 += 19 * r5;
        r1 += 19 * r6;
        r2 += 19 * r7;
        r3 += 19 * r8;
        r4 += 19 * r9;
        l0 = (r0 & LimbMask) + (19 * (r4 >> LimbBits));
        l1 = (r1 & LimbMask) + (r0 >> LimbBits);
        l2 = (r2 & LimbMask) + (r1 >> LimbBits);
        l3 = (r3 & LimbMask) + (r2 >> LimbBits);
        l4 = (r4 & LimbMask) + (r3 >> LimbBits);
    }

    // low += the 51 low bits of the product of the unshifted limbs, high += the rest. The instruction that gives both halves at once
    // gives the low one by way of memory here, which costs more than a second multiplication.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(ulong left, ulong right, ref ulong low, ref ulong high)
    {
        if (Bmi2.X64.IsSupported)
        {
            high += Bmi2.X64.MultiplyNoFlags(left, right);
            low += (left * right) >> LowShift;
        }
        else
        {
            high += Math.BigMul(left, right, out ulong lowHalf);
            low += lowHalf >> LowShift;
        }
    }
}
