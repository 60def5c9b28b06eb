using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>Four integers modulo p = 2^255 - 19, worked on at once, for values that are public.</summary>
/// <remarks>
/// <para>
/// Ten signed limbs of 26 and 25 bits in turn, least significant first, each a vector with a place for each of the four integers (Bernstein
/// and Schwabe, NEON crypto). Products and squares are tight: magnitudes of at most 2^25 + 2^12 and 2^24 + 2^12. Sums and differences don't
/// carry; what may be multiplied is said in multiples of tight limbs.
/// </para>
/// <para>Only where <see cref="IsSupported"/>. Results may overwrite their operands. Allocates nothing.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct FieldQuad
{
    private const int LimbBits = 51;
    private const int EvenBits = 26;
    private const int OddBits = 25;

    private Vector256<long> _l0;
    private Vector256<long> _l1;
    private Vector256<long> _l2;
    private Vector256<long> _l3;
    private Vector256<long> _l4;
    private Vector256<long> _l5;
    private Vector256<long> _l6;
    private Vector256<long> _l7;
    private Vector256<long> _l8;
    private Vector256<long> _l9;

    /// <summary>Four integers.</summary>
    /// <param name="e0">Limbs below 2^52, as of the others.</param>
    /// <param name="e1">The second.</param>
    /// <param name="e2">The third.</param>
    /// <param name="e3">The fourth.</param>
    internal FieldQuad(in FieldElement e0, in FieldElement e1, in FieldElement e2, in FieldElement e3)
    {
        ReadOnlySpan<ulong> l0 = e0.Limbs, l1 = e1.Limbs, l2 = e2.Limbs, l3 = e3.Limbs;
        Span<Vector256<long>> limbs = MemoryMarshal.CreateSpan(ref _l0, 10);
        Vector256<long> mask = Vector256.Create((1L << EvenBits) - 1);
        for (int i = 0; i < l0.Length; i++)
        {
            Vector256<long> both = Vector256.Create(l0[i], l1[i], l2[i], l3[i]).AsInt64();
            limbs[2 * i] = both & mask;
            limbs[(2 * i) + 1] = Vector256.ShiftRightLogical(both, EvenBits);
        }

        Carry(ref this, ref _l0, ref _l1, ref _l2, ref _l3, ref _l4, ref _l5, ref _l6, ref _l7, ref _l8, ref _l9);
    }

    /// <summary>Whether this machine has the instructions.</summary>
    internal static bool IsSupported => Avx2.IsSupported;

    /// <summary>One of the four.</summary>
    /// <param name="place">0 to 3.</param>
    /// <returns>Limbs below 2^54.</returns>
    internal readonly FieldElement this[int place]
    {
        get
        {
            // 4p is added, limb by limb, so that none is negative.
            const long First = 4 * ((1L << LimbBits) - 19);
            const long Other = 4 * ((1L << LimbBits) - 1);
            return new FieldElement(
                (ulong)(First + _l0[place] + (_l1[place] << EvenBits)),
                (ulong)(Other + _l2[place] + (_l3[place] << EvenBits)),
                (ulong)(Other + _l4[place] + (_l5[place] << EvenBits)),
                (ulong)(Other + _l6[place] + (_l7[place] << EvenBits)),
                (ulong)(Other + _l8[place] + (_l9[place] << EvenBits)));
        }
    }

    /// <summary>left · right, place by place.</summary>
    /// <param name="result">The products, tight.</param>
    /// <param name="left">At most four times as large as tight.</param>
    /// <param name="right">At most three times as large as tight.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(out FieldQuad result, in FieldQuad left, in FieldQuad right)
    {
        Unsafe.SkipInit(out result);
        Vector256<long> f0 = left._l0, f1 = left._l1, d1 = f1 + f1;
        Vector256<long> f2 = left._l2, f3 = left._l3, d3 = f3 + f3;
        Vector256<long> f4 = left._l4, f5 = left._l5, d5 = f5 + f5;
        Vector256<long> f6 = left._l6, f7 = left._l7, d7 = f7 + f7;
        Vector256<long> f8 = left._l8, f9 = left._l9, d9 = f9 + f9;
        Vector256<long> g0 = right._l0;
        Vector256<long> g1 = right._l1, n1 = Nineteen(g1);
        Vector256<long> g2 = right._l2, n2 = Nineteen(g2);
        Vector256<long> g3 = right._l3, n3 = Nineteen(g3);
        Vector256<long> g4 = right._l4, n4 = Nineteen(g4);
        Vector256<long> g5 = right._l5, n5 = Nineteen(g5);
        Vector256<long> g6 = right._l6, n6 = Nineteen(g6);
        Vector256<long> g7 = right._l7, n7 = Nineteen(g7);
        Vector256<long> g8 = right._l8, n8 = Nineteen(g8);
        Vector256<long> g9 = right._l9, n9 = Nineteen(g9);

        Vector256<long> r0 =
            Product(f0, g0) + Product(d1, n9) + Product(f2, n8) + Product(d3, n7) + Product(f4, n6)
            + Product(d5, n5) + Product(f6, n4) + Product(d7, n3) + Product(f8, n2) + Product(d9, n1);
        Vector256<long> r1 =
            Product(f0, g1) + Product(f1, g0) + Product(f2, n9) + Product(f3, n8) + Product(f4, n7)
            + Product(f5, n6) + Product(f6, n5) + Product(f7, n4) + Product(f8, n3) + Product(f9, n2);
        Vector256<long> r2 =
            Product(f0, g2) + Product(d1, g1) + Product(f2, g0) + Product(d3, n9) + Product(f4, n8)
            + Product(d5, n7) + Product(f6, n6) + Product(d7, n5) + Product(f8, n4) + Product(d9, n3);
        Vector256<long> r3 =
            Product(f0, g3) + Product(f1, g2) + Product(f2, g1) + Product(f3, g0) + Product(f4, n9)
            + Product(f5, n8) + Product(f6, n7) + Product(f7, n6) + Product(f8, n5) + Product(f9, n4);
        Vector256<long> r4 =
            Product(f0, g4) + Product(d1, g3) + Product(f2, g2) + Product(d3, g1) + Product(f4, g0)
            + Product(d5, n9) + Product(f6, n8) + Product(d7, n7) + Product(f8, n6) + Product(d9, n5);
        Vector256<long> r5 =
            Product(f0, g5) + Product(f1, g4) + Product(f2, g3) + Product(f3, g2) + Product(f4, g1)
            + Product(f5, g0) + Product(f6, n9) + Product(f7, n8) + Product(f8, n7) + Product(f9, n6);
        Vector256<long> r6 =
            Product(f0, g6) + Product(d1, g5) + Product(f2, g4) + Product(d3, g3) + Product(f4, g2)
            + Product(d5, g1) + Product(f6, g0) + Product(d7, n9) + Product(f8, n8) + Product(d9, n7);
        Vector256<long> r7 =
            Product(f0, g7) + Product(f1, g6) + Product(f2, g5) + Product(f3, g4) + Product(f4, g3)
            + Product(f5, g2) + Product(f6, g1) + Product(f7, g0) + Product(f8, n9) + Product(f9, n8);
        Vector256<long> r8 =
            Product(f0, g8) + Product(d1, g7) + Product(f2, g6) + Product(d3, g5) + Product(f4, g4)
            + Product(d5, g3) + Product(f6, g2) + Product(d7, g1) + Product(f8, g0) + Product(d9, n9);
        Vector256<long> r9 =
            Product(f0, g9) + Product(f1, g8) + Product(f2, g7) + Product(f3, g6) + Product(f4, g5)
            + Product(f5, g4) + Product(f6, g3) + Product(f7, g2) + Product(f8, g1) + Product(f9, g0);

        Store(ref result, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9);
    }

    /// <summary>The squares, place by place.</summary>
    /// <param name="result">The squares, tight.</param>
    /// <param name="element">At most twice as large as tight.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Square(out FieldQuad result, in FieldQuad element)
    {
        Unsafe.SkipInit(out result);
        Vector256<long> f0 = element._l0, d0 = f0 + f0;
        Vector256<long> f1 = element._l1, d1 = f1 + f1, q1 = d1 + d1;
        Vector256<long> f2 = element._l2, d2 = f2 + f2;
        Vector256<long> f3 = element._l3, d3 = f3 + f3, q3 = d3 + d3;
        Vector256<long> f4 = element._l4, d4 = f4 + f4;
        Vector256<long> f5 = element._l5, d5 = f5 + f5, q5 = d5 + d5, n5 = Nineteen(f5);
        Vector256<long> f6 = element._l6, d6 = f6 + f6, n6 = Nineteen(f6);
        Vector256<long> f7 = element._l7, d7 = f7 + f7, q7 = d7 + d7, n7 = Nineteen(f7);
        Vector256<long> f8 = element._l8, d8 = f8 + f8, n8 = Nineteen(f8);
        Vector256<long> f9 = element._l9, d9 = f9 + f9, n9 = Nineteen(f9);

        Vector256<long> r0 = Product(f0, f0) + Product(q1, n9) + Product(d2, n8) + Product(q3, n7) + Product(d4, n6) + Product(d5, n5);
        Vector256<long> r1 = Product(d0, f1) + Product(d2, n9) + Product(d3, n8) + Product(d4, n7) + Product(d5, n6);
        Vector256<long> r2 = Product(d0, f2) + Product(d1, f1) + Product(q3, n9) + Product(d4, n8) + Product(q5, n7) + Product(f6, n6);
        Vector256<long> r3 = Product(d0, f3) + Product(d1, f2) + Product(d4, n9) + Product(d5, n8) + Product(d6, n7);
        Vector256<long> r4 = Product(d0, f4) + Product(q1, f3) + Product(f2, f2) + Product(q5, n9) + Product(d6, n8) + Product(d7, n7);
        Vector256<long> r5 = Product(d0, f5) + Product(d1, f4) + Product(d2, f3) + Product(d6, n9) + Product(d7, n8);
        Vector256<long> r6 = Product(d0, f6) + Product(q1, f5) + Product(d2, f4) + Product(d3, f3) + Product(q7, n9) + Product(f8, n8);
        Vector256<long> r7 = Product(d0, f7) + Product(d1, f6) + Product(d2, f5) + Product(d3, f4) + Product(d8, n9);
        Vector256<long> r8 = Product(d0, f8) + Product(q1, f7) + Product(d2, f6) + Product(q3, f5) + Product(f4, f4) + Product(d9, n9);
        Vector256<long> r9 = Product(d0, f9) + Product(d1, f8) + Product(d2, f7) + Product(d3, f6) + Product(d4, f5);

        Store(ref result, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9);
    }

    /// <summary>Of (X, Y, Z, T) what is multiplied with a multiple from a table: (Y - X, Y + X, T, Z), twice as large at most.</summary>
    internal static void Spread(out FieldQuad result, in FieldQuad point)
    {
        Unsafe.SkipInit(out result);
        Vector256<long> signs = Vector256.Create(-1L, 1, 0, 0);
        result._l0 = Spread(point._l0, signs);
        result._l1 = Spread(point._l1, signs);
        result._l2 = Spread(point._l2, signs);
        result._l3 = Spread(point._l3, signs);
        result._l4 = Spread(point._l4, signs);
        result._l5 = Spread(point._l5, signs);
        result._l6 = Spread(point._l6, signs);
        result._l7 = Spread(point._l7, signs);
        result._l8 = Spread(point._l8, signs);
        result._l9 = Spread(point._l9, signs);
    }

    /// <summary>Of (X, Y, Z, T) what is squared for a doubling: (X, Y, Z, X + Y), twice as large at most.</summary>
    internal static void SpreadForDouble(out FieldQuad result, in FieldQuad point)
    {
        Unsafe.SkipInit(out result);
        Vector256<long> mask = Vector256.Create(0L, 0, 0, -1);
        result._l0 = Avx2.Permute4x64(point._l0, 0b00_10_01_00) + (Avx2.Permute4x64(point._l0, 0b01_01_01_01) & mask);
        result._l1 = Avx2.Permute4x64(point._l1, 0b00_10_01_00) + (Avx2.Permute4x64(point._l1, 0b01_01_01_01) & mask);
        result._l2 = Avx2.Permute4x64(point._l2, 0b00_10_01_00) + (Avx2.Permute4x64(point._l2, 0b01_01_01_01) & mask);
        result._l3 = Avx2.Permute4x64(point._l3, 0b00_10_01_00) + (Avx2.Permute4x64(point._l3, 0b01_01_01_01) & mask);
        result._l4 = Avx2.Permute4x64(point._l4, 0b00_10_01_00) + (Avx2.Permute4x64(point._l4, 0b01_01_01_01) & mask);
        result._l5 = Avx2.Permute4x64(point._l5, 0b00_10_01_00) + (Avx2.Permute4x64(point._l5, 0b01_01_01_01) & mask);
        result._l6 = Avx2.Permute4x64(point._l6, 0b00_10_01_00) + (Avx2.Permute4x64(point._l6, 0b01_01_01_01) & mask);
        result._l7 = Avx2.Permute4x64(point._l7, 0b00_10_01_00) + (Avx2.Permute4x64(point._l7, 0b01_01_01_01) & mask);
        result._l8 = Avx2.Permute4x64(point._l8, 0b00_10_01_00) + (Avx2.Permute4x64(point._l8, 0b01_01_01_01) & mask);
        result._l9 = Avx2.Permute4x64(point._l9, 0b00_10_01_00) + (Avx2.Permute4x64(point._l9, 0b01_01_01_01) & mask);
    }

    /// <summary>Of the products (A, B, C, D) of an addition, with E = B - A, H = B + A, F = D - C and G = D + C, (E, G, F, E) and (F, H, G, H).</summary>
    /// <param name="left">Twice as large at most.</param>
    /// <param name="right">Twice as large at most.</param>
    /// <param name="products">Tight.</param>
    internal static void Complete(out FieldQuad left, out FieldQuad right, in FieldQuad products)
    {
        Unsafe.SkipInit(out left);
        Unsafe.SkipInit(out right);
        Vector256<long> signs = Vector256.Create(-1L, 1, -1, 1);
        Complete(products._l0, signs, out left._l0, out right._l0);
        Complete(products._l1, signs, out left._l1, out right._l1);
        Complete(products._l2, signs, out left._l2, out right._l2);
        Complete(products._l3, signs, out left._l3, out right._l3);
        Complete(products._l4, signs, out left._l4, out right._l4);
        Complete(products._l5, signs, out left._l5, out right._l5);
        Complete(products._l6, signs, out left._l6, out right._l6);
        Complete(products._l7, signs, out left._l7, out right._l7);
        Complete(products._l8, signs, out left._l8, out right._l8);
        Complete(products._l9, signs, out left._l9, out right._l9);
    }

    /// <summary>Of the squares (A, B, C, D) of a doubling, with E = D - A - B, H = B + A, G = B - A and F = 2C - G, (F, H, F, E) and (E, G, G, H).</summary>
    /// <param name="left">Four times as large at most.</param>
    /// <param name="right">Three times as large at most.</param>
    /// <param name="squares">Tight.</param>
    internal static void CompleteDouble(out FieldQuad left, out FieldQuad right, in FieldQuad squares)
    {
        Unsafe.SkipInit(out left);
        Unsafe.SkipInit(out right);
        Vector256<long> first = Vector256.Create(-1L, 1, -1, 1);
        Vector256<long> second = Vector256.Create(-1L, 1, 1, -1);
        Vector256<long> others = Vector256.Create(1L, 0, 0, 2);
        CompleteDouble(squares._l0, first, second, others, out left._l0, out right._l0);
        CompleteDouble(squares._l1, first, second, others, out left._l1, out right._l1);
        CompleteDouble(squares._l2, first, second, others, out left._l2, out right._l2);
        CompleteDouble(squares._l3, first, second, others, out left._l3, out right._l3);
        CompleteDouble(squares._l4, first, second, others, out left._l4, out right._l4);
        CompleteDouble(squares._l5, first, second, others, out left._l5, out right._l5);
        CompleteDouble(squares._l6, first, second, others, out left._l6, out right._l6);
        CompleteDouble(squares._l7, first, second, others, out left._l7, out right._l7);
        CompleteDouble(squares._l8, first, second, others, out left._l8, out right._l8);
        CompleteDouble(squares._l9, first, second, others, out left._l9, out right._l9);
    }

    /// <summary>Reads an entry of a table of (Y - X, Y + X, 2d·T, 2Z), or of its negative.</summary>
    /// <param name="result">Tight, if what was packed was.</param>
    /// <param name="packed">The entry.</param>
    /// <param name="digit">Below zero for the negative point.</param>
    internal static void Unpack(out FieldQuad result, in PackedQuad packed, int digit)
    {
        // The negative of (x, y) is (-x, y): the first two change places, and the third its sign. Without a branch nobody could foresee.
        Unsafe.SkipInit(out result);
        Vector128<int> isNegative = Vector128.Create(digit >> 31);
        Vector128<byte> places = Vector128.ConditionalSelect(
            isNegative,
            Vector128.Create(0x07060504, 0x03020100, 0x0b0a0908, 0x0f0e0d0c),
            Vector128.Create(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c)).AsByte();
        Vector128<int> signs = Vector128.ConditionalSelect(isNegative, Vector128.Create(1, 1, -1, 1), Vector128.Create(1));
        result._l0 = Unpack(packed[0], places, signs);
        result._l1 = Unpack(packed[1], places, signs);
        result._l2 = Unpack(packed[2], places, signs);
        result._l3 = Unpack(packed[3], places, signs);
        result._l4 = Unpack(packed[4], places, signs);
        result._l5 = Unpack(packed[5], places, signs);
        result._l6 = Unpack(packed[6], places, signs);
        result._l7 = Unpack(packed[7], places, signs);
        result._l8 = Unpack(packed[8], places, signs);
        result._l9 = Unpack(packed[9], places, signs);
    }

    /// <summary>Makes an entry of a table.</summary>
    /// <param name="packed">The entry.</param>
    /// <param name="element">Limbs that fit 32 bits.</param>
    internal static void Pack(out PackedQuad packed, in FieldQuad element)
    {
        Unsafe.SkipInit(out packed);
        Vector256<int> places = Vector256.Create(0, 2, 4, 6, 0, 2, 4, 6);
        packed[0] = Avx2.PermuteVar8x32(element._l0.AsInt32(), places).GetLower();
        packed[1] = Avx2.PermuteVar8x32(element._l1.AsInt32(), places).GetLower();
        packed[2] = Avx2.PermuteVar8x32(element._l2.AsInt32(), places).GetLower();
        packed[3] = Avx2.PermuteVar8x32(element._l3.AsInt32(), places).GetLower();
        packed[4] = Avx2.PermuteVar8x32(element._l4.AsInt32(), places).GetLower();
        packed[5] = Avx2.PermuteVar8x32(element._l5.AsInt32(), places).GetLower();
        packed[6] = Avx2.PermuteVar8x32(element._l6.AsInt32(), places).GetLower();
        packed[7] = Avx2.PermuteVar8x32(element._l7.AsInt32(), places).GetLower();
        packed[8] = Avx2.PermuteVar8x32(element._l8.AsInt32(), places).GetLower();
        packed[9] = Avx2.PermuteVar8x32(element._l9.AsInt32(), places).GetLower();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Spread(Vector256<long> limb, Vector256<long> signs) =>
        Avx2.Permute4x64(limb, 0b10_11_01_01) + Product(Avx2.Permute4x64(limb, 0b00_00_00_00), signs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Complete(Vector256<long> limb, Vector256<long> signs, out Vector256<long> left, out Vector256<long> right)
    {
        Vector256<long> sums = Avx2.UnpackHigh(limb, limb) + Product(Avx2.UnpackLow(limb, limb), signs);
        left = Avx2.Permute4x64(sums, 0b00_10_11_00);
        right = Avx2.Permute4x64(sums, 0b01_11_01_10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CompleteDouble(
        Vector256<long> limb,
        Vector256<long> first,
        Vector256<long> second,
        Vector256<long> others,
        out Vector256<long> left,
        out Vector256<long> right)
    {
        // E, H, G and F.
        Vector256<long> sums = Product(Avx2.Permute4x64(limb, 0b00_00_00_00), first)
            + Product(Avx2.Permute4x64(limb, 0b01_01_01_01), second)
            + Product(Avx2.Permute4x64(limb, 0b10_00_00_11), others);
        left = Avx2.Permute4x64(sums, 0b00_11_01_11);
        right = Avx2.Permute4x64(sums, 0b01_10_10_00);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Unpack(Vector128<int> limb, Vector128<byte> places, Vector128<int> signs) =>
        Avx2.ConvertToVector256Int64(Ssse3.Sign(Ssse3.Shuffle(limb.AsByte(), places).AsInt32(), signs));

    // The products of the low 32 bits, with their signs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Product(Vector256<long> left, Vector256<long> right) => Avx2.Multiply(left.AsInt32(), right.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Nineteen(Vector256<long> limb) => Product(limb, Vector256.Create(19L));

    // The limbs' magnitudes are below 2^61. In a first round what is above each limb goes to the next one, all at once; in a second one
    // what is left of it, rounded so that the limb ends between -1/2 and 1/2 of its range.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        ref FieldQuad result,
        Vector256<long> r0,
        Vector256<long> r1,
        Vector256<long> r2,
        Vector256<long> r3,
        Vector256<long> r4,
        Vector256<long> r5,
        Vector256<long> r6,
        Vector256<long> r7,
        Vector256<long> r8,
        Vector256<long> r9)
    {
        Vector256<long> evenMask = Vector256.Create((1L << EvenBits) - 1);
        Vector256<long> oddMask = Vector256.Create((1L << OddBits) - 1);
        Vector256<long> c0 = ShiftRight(r0, EvenBits);
        Vector256<long> c1 = ShiftRight(r1, OddBits);
        Vector256<long> c2 = ShiftRight(r2, EvenBits);
        Vector256<long> c3 = ShiftRight(r3, OddBits);
        Vector256<long> c4 = ShiftRight(r4, EvenBits);
        Vector256<long> c5 = ShiftRight(r5, OddBits);
        Vector256<long> c6 = ShiftRight(r6, EvenBits);
        Vector256<long> c7 = ShiftRight(r7, OddBits);
        Vector256<long> c8 = ShiftRight(r8, EvenBits);
        Vector256<long> c9 = ShiftRight(r9, OddBits);
        r0 = (r0 & evenMask) + TimesNineteen(c9);
        r1 = (r1 & oddMask) + c0;
        r2 = (r2 & evenMask) + c1;
        r3 = (r3 & oddMask) + c2;
        r4 = (r4 & evenMask) + c3;
        r5 = (r5 & oddMask) + c4;
        r6 = (r6 & evenMask) + c5;
        r7 = (r7 & oddMask) + c6;
        r8 = (r8 & evenMask) + c7;
        r9 = (r9 & oddMask) + c8;
        Carry(ref result, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9);
    }

    // The limbs' magnitudes are below 2^45.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(
        ref FieldQuad result,
        ref Vector256<long> r0,
        ref Vector256<long> r1,
        ref Vector256<long> r2,
        ref Vector256<long> r3,
        ref Vector256<long> r4,
        ref Vector256<long> r5,
        ref Vector256<long> r6,
        ref Vector256<long> r7,
        ref Vector256<long> r8,
        ref Vector256<long> r9)
    {
        Vector256<long> evenHalf = Vector256.Create(1L << (EvenBits - 1));
        Vector256<long> oddHalf = Vector256.Create(1L << (OddBits - 1));
        Vector256<long> c0 = ShiftRight(r0 + evenHalf, EvenBits);
        Vector256<long> c1 = ShiftRight(r1 + oddHalf, OddBits);
        Vector256<long> c2 = ShiftRight(r2 + evenHalf, EvenBits);
        Vector256<long> c3 = ShiftRight(r3 + oddHalf, OddBits);
        Vector256<long> c4 = ShiftRight(r4 + evenHalf, EvenBits);
        Vector256<long> c5 = ShiftRight(r5 + oddHalf, OddBits);
        Vector256<long> c6 = ShiftRight(r6 + evenHalf, EvenBits);
        Vector256<long> c7 = ShiftRight(r7 + oddHalf, OddBits);
        Vector256<long> c8 = ShiftRight(r8 + evenHalf, EvenBits);
        Vector256<long> c9 = ShiftRight(r9 + oddHalf, OddBits);
        result._l0 = r0 - (c0 << EvenBits) + TimesNineteen(c9);
        result._l1 = r1 - (c1 << OddBits) + c0;
        result._l2 = r2 - (c2 << EvenBits) + c1;
        result._l3 = r3 - (c3 << OddBits) + c2;
        result._l4 = r4 - (c4 << EvenBits) + c3;
        result._l5 = r5 - (c5 << OddBits) + c4;
        result._l6 = r6 - (c6 << EvenBits) + c5;
        result._l7 = r7 - (c7 << OddBits) + c6;
        result._l8 = r8 - (c8 << EvenBits) + c7;
        result._l9 = r9 - (c9 << OddBits) + c8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> TimesNineteen(Vector256<long> value) => (value << 4) + (value << 1) + value;

    // Arithmetically, for magnitudes below 2^62.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> ShiftRight(Vector256<long> value, [ConstantExpected] byte places)
    {
        if (Avx512F.VL.IsSupported)
        {
            return Avx512F.VL.ShiftRightArithmetic(value, places);
        }

        Vector256<long> shifted = Vector256.ShiftRightLogical(value + Vector256.Create(1L << 62), places);
        return shifted - Vector256.Create(1L << (62 - places));
    }
}
