using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>Four integers modulo p = 2^255 - 19, worked on at once.</summary>
/// <remarks>
/// <para>No branch and no address depends on a value, so that they may be secret, except for the place that the indexer is asked for.</para>
/// <para>
/// Ten signed limbs of 26 and 25 bits in turn, least significant first (Bernstein and Schwabe, NEON crypto). Each vector has a place of
/// 64 bits for each of the integers, with two of its limbs. Products and squares are tight: the magnitudes of their limbs are at most
/// 2^25 + 2^16 and 2^24 + 2^16. Sums and differences don't carry; how large they are is said in multiples of tight ones.
/// </para>
/// <para>Only where <see cref="IsSupported"/>. Results may overwrite their operands. Allocates nothing.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct FieldQuad
{
    private const int PairBits = 51;
    private const int EvenBits = 26;
    private const int OddBits = 25;

    private Vector256<int> _p0;
    private Vector256<int> _p1;
    private Vector256<int> _p2;
    private Vector256<int> _p3;
    private Vector256<int> _p4;

    /// <summary>Four integers.</summary>
    /// <param name="e0">Limbs below 2^52, as of the others.</param>
    /// <param name="e1">The second.</param>
    /// <param name="e2">The third.</param>
    /// <param name="e3">The fourth.</param>
    internal FieldQuad(in FieldElement e0, in FieldElement e1, in FieldElement e2, in FieldElement e3)
    {
        ReadOnlySpan<ulong> l0 = e0.Limbs, l1 = e1.Limbs, l2 = e2.Limbs, l3 = e3.Limbs;
        Vector256<long> mask = Vector256.Create((1L << EvenBits) - 1);
        Vector256<long> v0 = Vector256.Create(l0[0], l1[0], l2[0], l3[0]).AsInt64();
        Vector256<long> v1 = Vector256.Create(l0[1], l1[1], l2[1], l3[1]).AsInt64();
        Vector256<long> v2 = Vector256.Create(l0[2], l1[2], l2[2], l3[2]).AsInt64();
        Vector256<long> v3 = Vector256.Create(l0[3], l1[3], l2[3], l3[3]).AsInt64();
        Vector256<long> v4 = Vector256.Create(l0[4], l1[4], l2[4], l3[4]).AsInt64();
        CarryOnce(
            ref this,
            v0 & mask,
            Vector256.ShiftRightLogical(v0, EvenBits),
            v1 & mask,
            Vector256.ShiftRightLogical(v1, EvenBits),
            v2 & mask,
            Vector256.ShiftRightLogical(v2, EvenBits),
            v3 & mask,
            Vector256.ShiftRightLogical(v3, EvenBits),
            v4 & mask,
            Vector256.ShiftRightLogical(v4, EvenBits));
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
            const long First = 4 * ((1L << PairBits) - 19);
            const long Other = 4 * ((1L << PairBits) - 1);
            return new FieldElement(
                (ulong)(First + Pair(_p0, place)),
                (ulong)(Other + Pair(_p1, place)),
                (ulong)(Other + Pair(_p2, place)),
                (ulong)(Other + Pair(_p3, place)),
                (ulong)(Other + Pair(_p4, place)));

            static long Pair(Vector256<int> pair, int place) => pair[2 * place] + ((long)pair[(2 * place) + 1] << EvenBits);
        }
    }

    /// <summary>left · right, place by place.</summary>
    /// <param name="result">The products, tight.</param>
    /// <param name="left">At most four times as large as tight.</param>
    /// <param name="right">At most three times as large as tight.</param>
    // Compiled once and for all at the first call, as what is below: a verification calls it some hundred times.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(out FieldQuad result, in FieldQuad left, in FieldQuad right)
    {
        // d is twice f, as two odd limbs meet half a bit up each; n is 19 times g, for what 2^255 and more makes. All fit 32 bits: f and d
        // are about 2^27 at most, and n 57 · 2^25. The largest column is r0 with 4 · 57 · 2^52 + 5 · 57 · 2^51 + 2^54, below 2^61.
        Unsafe.SkipInit(out result);
        Vector256<long> f0 = left._p0.AsInt64(), f1 = Odd(left._p0), d1 = f1 + f1;
        Vector256<long> f2 = left._p1.AsInt64(), f3 = Odd(left._p1), d3 = f3 + f3;
        Vector256<long> f4 = left._p2.AsInt64(), f5 = Odd(left._p2), d5 = f5 + f5;
        Vector256<long> f6 = left._p3.AsInt64(), f7 = Odd(left._p3), d7 = f7 + f7;
        Vector256<long> f8 = left._p4.AsInt64(), f9 = Odd(left._p4), d9 = f9 + f9;
        Vector256<long> g0 = right._p0.AsInt64(), g1 = Odd(right._p0), n1 = Nineteen(g1);
        Vector256<long> g2 = right._p1.AsInt64(), n2 = Nineteen(g2), g3 = Odd(right._p1), n3 = Nineteen(g3);
        Vector256<long> g4 = right._p2.AsInt64(), n4 = Nineteen(g4), g5 = Odd(right._p2), n5 = Nineteen(g5);
        Vector256<long> g6 = right._p3.AsInt64(), n6 = Nineteen(g6), g7 = Odd(right._p3), n7 = Nineteen(g7);
        Vector256<long> g8 = right._p4.AsInt64(), n8 = Nineteen(g8), g9 = Odd(right._p4), n9 = Nineteen(g9);

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

        Carry(ref result, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9);
    }

    /// <summary>The squares, place by place.</summary>
    /// <param name="result">The squares, tight.</param>
    /// <param name="element">At most twice as large as tight.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Square(out FieldQuad result, in FieldQuad element)
    {
        // As in Multiply, and q is four times f: about 2^27 at most, and n 38 · 2^25.
        Unsafe.SkipInit(out result);
        Vector256<long> f0 = element._p0.AsInt64(), d0 = f0 + f0;
        Vector256<long> f1 = Odd(element._p0), d1 = f1 + f1, q1 = d1 + d1;
        Vector256<long> f2 = element._p1.AsInt64(), d2 = f2 + f2;
        Vector256<long> f3 = Odd(element._p1), d3 = f3 + f3, q3 = d3 + d3;
        Vector256<long> f4 = element._p2.AsInt64(), d4 = f4 + f4;
        Vector256<long> f5 = Odd(element._p2), d5 = f5 + f5, q5 = d5 + d5, n5 = Nineteen(f5);
        Vector256<long> f6 = element._p3.AsInt64(), d6 = f6 + f6, n6 = Nineteen(f6);
        Vector256<long> f7 = Odd(element._p3), d7 = f7 + f7, q7 = d7 + d7, n7 = Nineteen(f7);
        Vector256<long> f8 = element._p4.AsInt64(), d8 = f8 + f8, n8 = Nineteen(f8);
        Vector256<long> f9 = Odd(element._p4), d9 = f9 + f9, n9 = Nineteen(f9);

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

        Carry(ref result, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9);
    }

    /// <summary>Of (X, Y, Z, T) what is multiplied with an entry of a table: (Y - X, Y + X, T, Z), twice as large at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Spread(out FieldQuad result, in FieldQuad point)
    {
        Unsafe.SkipInit(out result);
        Vector256<int> signs = Vector256.Create(-1, -1, 1, 1, 0, 0, 0, 0);
        result._p0 = Spread(point._p0, signs);
        result._p1 = Spread(point._p1, signs);
        result._p2 = Spread(point._p2, signs);
        result._p3 = Spread(point._p3, signs);
        result._p4 = Spread(point._p4, signs);
    }

    /// <summary>Of (X, Y, Z, T) what is squared for a doubling: (X, Y, Z, X + Y), twice as large at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SpreadForDouble(out FieldQuad result, in FieldQuad point)
    {
        Unsafe.SkipInit(out result);
        Vector256<int> mask = Vector256.Create(0, 0, 0, 0, 0, 0, -1, -1);
        result._p0 = Place(point._p0, 0b00_10_01_00) + (Place(point._p0, 0b01_01_01_01) & mask);
        result._p1 = Place(point._p1, 0b00_10_01_00) + (Place(point._p1, 0b01_01_01_01) & mask);
        result._p2 = Place(point._p2, 0b00_10_01_00) + (Place(point._p2, 0b01_01_01_01) & mask);
        result._p3 = Place(point._p3, 0b00_10_01_00) + (Place(point._p3, 0b01_01_01_01) & mask);
        result._p4 = Place(point._p4, 0b00_10_01_00) + (Place(point._p4, 0b01_01_01_01) & mask);
    }

    /// <summary>
    /// Of the products (A, B, C, D) of an addition, with E = B - A, H = B + A, F = D - C and G = D + C: (E, G, F, E) and (F, H, G, H).
    /// </summary>
    /// <param name="left">Twice as large at most.</param>
    /// <param name="right">Twice as large at most.</param>
    /// <param name="products">Tight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Complete(out FieldQuad left, out FieldQuad right, in FieldQuad products)
    {
        Unsafe.SkipInit(out left);
        Unsafe.SkipInit(out right);
        Vector256<int> signs = Vector256.Create(-1, -1, 1, 1, -1, -1, 1, 1);
        Complete(products._p0, signs, out left._p0, out right._p0);
        Complete(products._p1, signs, out left._p1, out right._p1);
        Complete(products._p2, signs, out left._p2, out right._p2);
        Complete(products._p3, signs, out left._p3, out right._p3);
        Complete(products._p4, signs, out left._p4, out right._p4);
    }

    /// <summary>
    /// Of the squares (A, B, C, D) of a doubling, with E = D - A - B, H = B + A, G = B - A and F = 2C - G: (F, H, F, E) and (E, G, G, H).
    /// </summary>
    /// <param name="left">Four times as large at most.</param>
    /// <param name="right">Three times as large at most.</param>
    /// <param name="squares">Tight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void CompleteDouble(out FieldQuad left, out FieldQuad right, in FieldQuad squares)
    {
        Unsafe.SkipInit(out left);
        Unsafe.SkipInit(out right);
        Vector256<int> first = Vector256.Create(-1, -1, 1, 1, -1, -1, 1, 1);
        Vector256<int> second = Vector256.Create(-1, -1, 1, 1, 1, 1, -1, -1);
        Vector256<int> others = Vector256.Create(-1, -1, 0, 0, 0, 0, -1, -1);
        CompleteDouble(squares._p0, first, second, others, out left._p0, out right._p0);
        CompleteDouble(squares._p1, first, second, others, out left._p1, out right._p1);
        CompleteDouble(squares._p2, first, second, others, out left._p2, out right._p2);
        CompleteDouble(squares._p3, first, second, others, out left._p3, out right._p3);
        CompleteDouble(squares._p4, first, second, others, out left._p4, out right._p4);
    }

    /// <summary>Of an entry (Y - X, Y + X, 2d·T, 2Z) of a table itself, or the same for the negative point.</summary>
    /// <param name="result">The entry.</param>
    /// <param name="entry">The entry of the table.</param>
    /// <param name="digit">Below zero for the negative point.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Select(out FieldQuad result, in FieldQuad entry, int digit)
    {
        // The negative of (x, y) is (-x, y): the first two change places, and the third its sign. Without a branch nobody could foresee.
        Unsafe.SkipInit(out result);
        Vector256<int> isNegative = Vector256.Create(digit >> 31);
        Vector128<int> same = Vector128.Create(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
        Vector128<int> swapped = Vector128.Create(0x0b0a0908, 0x0f0e0d0c, 0x03020100, 0x07060504);
        Vector256<byte> places = Vector256.ConditionalSelect(
            isNegative, Vector256.Create(swapped, same), Vector256.Create(same, same)).AsByte();
        Vector256<int> signs = Vector256.ConditionalSelect(isNegative, Vector256.Create(1, 1, 1, 1, -1, -1, 1, 1), Vector256.Create(1));
        result._p0 = Avx2.Sign(Avx2.Shuffle(entry._p0.AsByte(), places).AsInt32(), signs);
        result._p1 = Avx2.Sign(Avx2.Shuffle(entry._p1.AsByte(), places).AsInt32(), signs);
        result._p2 = Avx2.Sign(Avx2.Shuffle(entry._p2.AsByte(), places).AsInt32(), signs);
        result._p3 = Avx2.Sign(Avx2.Shuffle(entry._p3.AsByte(), places).AsInt32(), signs);
        result._p4 = Avx2.Sign(Avx2.Shuffle(entry._p4.AsByte(), places).AsInt32(), signs);
    }

    /// <summary>The entry at number - 1, or another one for zero; all are read, whatever the number is.</summary>
    /// <param name="result">The entry.</param>
    /// <param name="zero">The entry for zero.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="number">Zero to the count of the entries.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Pick(out FieldQuad result, in FieldQuad zero, ReadOnlySpan<FieldQuad> entries, int number)
    {
        Unsafe.SkipInit(out result);
        Vector256<int> wanted = Vector256.Create(number);
        Vector256<int> p0 = zero._p0, p1 = zero._p1, p2 = zero._p2, p3 = zero._p3, p4 = zero._p4;
        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly FieldQuad entry = ref entries[i];
            Vector256<int> isWanted = Vector256.Equals(wanted, Vector256.Create(i + 1));
            p0 = Vector256.ConditionalSelect(isWanted, entry._p0, p0);
            p1 = Vector256.ConditionalSelect(isWanted, entry._p1, p1);
            p2 = Vector256.ConditionalSelect(isWanted, entry._p2, p2);
            p3 = Vector256.ConditionalSelect(isWanted, entry._p3, p3);
            p4 = Vector256.ConditionalSelect(isWanted, entry._p4, p4);
        }

        result._p0 = p0;
        result._p1 = p1;
        result._p2 = p2;
        result._p3 = p3;
        result._p4 = p4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Spread(Vector256<int> pair, Vector256<int> signs) =>
        Place(pair, 0b10_11_01_01) + Avx2.Sign(Place(pair, 0b00_00_00_00), signs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Complete(Vector256<int> pair, Vector256<int> signs, out Vector256<int> left, out Vector256<int> right)
    {
        Vector256<int> high = Avx2.UnpackHigh(pair.AsInt64(), pair.AsInt64()).AsInt32();
        Vector256<int> low = Avx2.UnpackLow(pair.AsInt64(), pair.AsInt64()).AsInt32();
        Vector256<int> sums = high + Avx2.Sign(low, signs);
        left = Place(sums, 0b00_10_11_00);
        right = Place(sums, 0b01_11_01_10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CompleteDouble(
        Vector256<int> pair,
        Vector256<int> first,
        Vector256<int> second,
        Vector256<int> others,
        out Vector256<int> left,
        out Vector256<int> right)
    {
        // D, 0, 0 and 2C, to which A and B are added with their signs: E, H, G and F.
        Vector256<int> sums = Avx2.ShiftLeftLogicalVariable(Place(pair, 0b10_00_00_11) & others, Vector256.Create(0u, 0, 0, 0, 0, 0, 1, 1))
            + Avx2.Sign(Place(pair, 0b00_00_00_00), first)
            + Avx2.Sign(Place(pair, 0b01_01_01_01), second);
        left = Place(sums, 0b00_11_01_11);
        right = Place(sums, 0b01_10_10_00);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Place(Vector256<int> pair, [ConstantExpected] byte places) =>
        Avx2.Permute4x64(pair.AsInt64(), places).AsInt32();

    // The upper 32 bits of each place where Product looks for them. The lower ones are where it looks, and the upper ones don't disturb it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Odd(Vector256<int> pair) => Vector256.ShiftRightLogical(pair.AsInt64(), 32);

    // The products of the low 32 bits of each place, with their signs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Product(Vector256<long> left, Vector256<long> right) => Avx2.Multiply(left.AsInt32(), right.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Nineteen(Vector256<long> limb) => Product(limb, Vector256.Create(19L));

    // The limbs' magnitudes are below 2^61. What is above each limb goes to the next one, all at once, and what is then left of it again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(
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
        CarryOnce(
            ref result,
            (r0 & evenMask) + TimesNineteen(c9),
            (r1 & oddMask) + c0,
            (r2 & evenMask) + c1,
            (r3 & oddMask) + c2,
            (r4 & evenMask) + c3,
            (r5 & oddMask) + c4,
            (r6 & evenMask) + c5,
            (r7 & oddMask) + c6,
            (r8 & evenMask) + c7,
            (r9 & oddMask) + c8);
    }

    // The limbs' magnitudes are below 2^42, and each ends between -1/2 and 1/2 of its range, or about so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CarryOnce(
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
        result._p0 = Pair(r0 - (c0 << EvenBits) + TimesNineteen(c9), r1 - (c1 << OddBits) + c0);
        result._p1 = Pair(r2 - (c2 << EvenBits) + c1, r3 - (c3 << OddBits) + c2);
        result._p2 = Pair(r4 - (c4 << EvenBits) + c3, r5 - (c5 << OddBits) + c4);
        result._p3 = Pair(r6 - (c6 << EvenBits) + c5, r7 - (c7 << OddBits) + c6);
        result._p4 = Pair(r8 - (c8 << EvenBits) + c7, r9 - (c9 << OddBits) + c8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pair(Vector256<long> even, Vector256<long> odd) =>
        Vector256.ConditionalSelect(Vector256.Create(0, -1, 0, -1, 0, -1, 0, -1), (odd << 32).AsInt32(), even.AsInt32());

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
