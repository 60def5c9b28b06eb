using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <content>The scalar compression, which every processor has.</content>
public partial struct Blake2bState
{
    /// <summary>Takes whole blocks into the chaining value, in scalar registers.</summary>
    /// <param name="chain">The chaining value, 8 words.</param>
    /// <param name="blocks">One block or more, of 128 bytes each.</param>
    /// <param name="counter">Message bytes up to the end of the first block; each further block adds 128.</param>
    /// <param name="last">All ones for the message's last block, which is then the only one; else 0.</param>
    internal static unsafe void CompressScalar(Span<ulong> chain, ReadOnlySpan<byte> blocks, ulong counter, ulong last)
    {
        AssertBlocks(chain, blocks);
        fixed (ulong* h = chain)
        fixed (byte* first = blocks)
        {
            CompressScalar(h, first, blocks.Length / Blake2b.BlockLength, counter, last);
        }
    }

    // The four mixings of a half round are written step by step side by side, and the message words are named locals: so the JIT
    // spills words that are not needed soon, and reads the message as memory operands. Rounds 10 and 11 take the message in the
    // order of rounds 0 and 1 and share their code, which keeps it within the processor's cache of decoded instructions.
    // Compiled in full at once: before that, each half round is a call with 24 arguments.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CompressScalar(ulong* h, byte* block, int count, ulong counter, ulong last)
    {
        do
        {
            ulong m0 = Word(block, 0), m1 = Word(block, 1), m2 = Word(block, 2), m3 = Word(block, 3);
            ulong m4 = Word(block, 4), m5 = Word(block, 5), m6 = Word(block, 6), m7 = Word(block, 7);
            ulong m8 = Word(block, 8), m9 = Word(block, 9), m10 = Word(block, 10), m11 = Word(block, 11);
            ulong m12 = Word(block, 12), m13 = Word(block, 13), m14 = Word(block, 14), m15 = Word(block, 15);
            ulong v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
            ulong v8 = Iv0, v9 = Iv1, v10 = Iv2, v11 = Iv3, v12 = Iv4 ^ counter, v13 = Iv5, v14 = Iv6 ^ last, v15 = Iv7;

            for (bool again = false; ; again = true)
            {
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m0, m2, m4, m6, m1, m3, m5, m7);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m8, m10, m12, m14, m9, m11, m13, m15);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m14, m4, m9, m13, m10, m8, m15, m6);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m1, m0, m11, m5, m12, m2, m7, m3);

                if (again)
                {
                    break;
                }

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m11, m12, m5, m15, m8, m0, m2, m13);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m10, m3, m7, m9, m14, m6, m1, m4);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m7, m3, m13, m11, m9, m1, m12, m14);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m2, m5, m4, m15, m6, m10, m0, m8);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m9, m5, m2, m10, m0, m7, m4, m15);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m14, m11, m6, m3, m1, m12, m8, m13);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m2, m6, m0, m8, m12, m10, m11, m3);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m4, m7, m15, m1, m13, m5, m14, m9);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m12, m1, m14, m4, m5, m15, m13, m10);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m0, m6, m9, m8, m7, m3, m2, m11);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m13, m7, m12, m3, m11, m14, m1, m9);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m5, m15, m8, m2, m0, m4, m6, m10);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m6, m14, m11, m0, m15, m9, m3, m8);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m12, m13, m1, m10, m2, m7, m4, m5);

                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                    ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                    m10, m8, m7, m1, m2, m4, m6, m5);
                Mix(
                    ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                    ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                    m15, m9, m3, m13, m11, m14, m12, m0);
            }

            h[0] ^= v0 ^ v8;
            h[1] ^= v1 ^ v9;
            h[2] ^= v2 ^ v10;
            h[3] ^= v3 ^ v11;
            h[4] ^= v4 ^ v12;
            h[5] ^= v5 ^ v13;
            h[6] ^= v6 ^ v14;
            h[7] ^= v7 ^ v15;
            block += Blake2b.BlockLength;
            counter += Blake2b.BlockLength;
        }
        while (--count > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe ulong Word(byte* block, int index)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(block + (8 * index));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    // Half a round on four independent columns (or diagonals): rows a, b, c, d; x and y are the message words of each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref ulong a0, ref ulong a1, ref ulong a2, ref ulong a3, ref ulong b0, ref ulong b1, ref ulong b2, ref ulong b3,
        ref ulong c0, ref ulong c1, ref ulong c2, ref ulong c3, ref ulong d0, ref ulong d1, ref ulong d2, ref ulong d3,
        ulong x0, ulong x1, ulong x2, ulong x3, ulong y0, ulong y1, ulong y2, ulong y3)
    {
        a0 = a0 + x0 + b0;
        a1 = a1 + x1 + b1;
        a2 = a2 + x2 + b2;
        a3 = a3 + x3 + b3;
        d0 = BitOperations.RotateRight(d0 ^ a0, 32);
        d1 = BitOperations.RotateRight(d1 ^ a1, 32);
        d2 = BitOperations.RotateRight(d2 ^ a2, 32);
        d3 = BitOperations.RotateRight(d3 ^ a3, 32);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = BitOperations.RotateRight(b0 ^ c0, 24);
        b1 = BitOperations.RotateRight(b1 ^ c1, 24);
        b2 = BitOperations.RotateRight(b2 ^ c2, 24);
        b3 = BitOperations.RotateRight(b3 ^ c3, 24);

        a0 = a0 + y0 + b0;
        a1 = a1 + y1 + b1;
        a2 = a2 + y2 + b2;
        a3 = a3 + y3 + b3;
        d0 = BitOperations.RotateRight(d0 ^ a0, 16);
        d1 = BitOperations.RotateRight(d1 ^ a1, 16);
        d2 = BitOperations.RotateRight(d2 ^ a2, 16);
        d3 = BitOperations.RotateRight(d3 ^ a3, 16);
        c0 += d0;
        c1 += d1;
        c2 += d2;
        c3 += d3;
        b0 = BitOperations.RotateRight(b0 ^ c0, 63);
        b1 = BitOperations.RotateRight(b1 ^ c1, 63);
        b2 = BitOperations.RotateRight(b2 ^ c2, 63);
        b3 = BitOperations.RotateRight(b3 ^ c3, 63);
    }
}
