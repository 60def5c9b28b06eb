using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <content>Compression with AVX-512 (F and VL): one message in vectors, or two messages side by side.</content>
public partial struct Blake2bState
{
    /// <summary>As <see cref="CompressScalar(Span{ulong}, ReadOnlySpan{byte}, ulong, ulong)"/>, a row of the state to a vector.</summary>
    /// <param name="chain">The chaining value, 8 words.</param>
    /// <param name="blocks">One block or more, of 128 bytes each.</param>
    /// <param name="counter">Message bytes up to the end of the first block; each further block adds 128.</param>
    /// <param name="last">All ones for the message's last block, which is then the only one; else 0.</param>
    internal static unsafe void CompressAvx512(Span<ulong> chain, ReadOnlySpan<byte> blocks, ulong counter, ulong last)
    {
        AssertBlocks(chain, blocks);
        fixed (ulong* h = chain)
        fixed (byte* first = blocks)
        fixed (byte* schedule = Schedule)
        {
            CompressAvx512(h, first, blocks.Length / Blake2b.BlockLength, counter, last, schedule);
        }
    }

    /// <summary>
    /// Takes blocks of two messages into two chaining values at once: <c>2 n</c> blocks of one in scalar registers while
    /// <c>n</c> blocks of the other go through the vectors.
    /// </summary>
    /// <remarks>
    /// One message cannot fill the processor, since each step waits for the one before. The two kinds of registers have execution
    /// units of their own, so the second message costs less than half of its price alone; the caller lets the messages change places.
    /// </remarks>
    /// <param name="scalarChain">The chaining value of the message that is worked on in scalar registers.</param>
    /// <param name="scalarBlocks">Its blocks: twice as many as the other's.</param>
    /// <param name="scalarCounter">Message bytes up to the end of the first of them.</param>
    /// <param name="vectorChain">The chaining value of the message that is worked on in vectors.</param>
    /// <param name="vectorBlocks">Its blocks, at least one.</param>
    /// <param name="vectorCounter">Message bytes up to the end of the first of them.</param>
    internal static unsafe void CompressPairAvx512(
        Span<ulong> scalarChain, ReadOnlySpan<byte> scalarBlocks, ulong scalarCounter,
        Span<ulong> vectorChain, ReadOnlySpan<byte> vectorBlocks, ulong vectorCounter)
    {
        AssertBlocks(scalarChain, scalarBlocks);
        AssertBlocks(vectorChain, vectorBlocks);
        Debug.Assert(scalarBlocks.Length == 2 * vectorBlocks.Length);
        fixed (ulong* h = scalarChain)
        fixed (byte* block = scalarBlocks)
        fixed (ulong* vectorH = vectorChain)
        fixed (byte* vectorBlock = vectorBlocks)
        fixed (byte* schedule = Schedule)
        {
            CompressPairAvx512(
                h, block, scalarCounter, vectorH, vectorBlock, vectorCounter, vectorBlocks.Length / Blake2b.BlockLength, schedule);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CompressAvx512(ulong* h, byte* block, int count, ulong counter, ulong last, byte* schedule)
    {
        Vector256<ulong> h0 = Vector256.Load(h), h1 = Vector256.Load(h + 4);
        do
        {
            Vector512<ulong> low = Vector512.Load((ulong*)block), high = Vector512.Load((ulong*)block + 8);
            Vector256<ulong> a = h0, b = h1, c = Vector256.Create(Iv0, Iv1, Iv2, Iv3);
            Vector256<ulong> d = Vector256.Create(Iv4, Iv5, Iv6, Iv7) ^ Vector256.Create(counter, 0, last, 0);
            for (int i = 0; i < ScheduleLength; i += 16)
            {
                Column(ref a, ref b, ref c, ref d, low, high, schedule + i);
                Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + i + 8);
            }

            h0 ^= a ^ c;
            h1 ^= b ^ d;
            block += Blake2b.BlockLength;
            counter += Blake2b.BlockLength;
        }
        while (--count > 0);

        h0.Store(h);
        h1.Store(h + 4);
    }

    // One turn of the inner loop is a whole scalar block with half a vector block woven in: a half round after each scalar round.
    // The rounds that share code (see CompressScalar) matter here: with all twelve written out, the loop outgrows what the cache
    // of decoded instructions holds while the core's other thread is busy, and all of the gain is lost.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CompressPairAvx512(
        ulong* h, byte* block, ulong counter, ulong* vectorH, byte* vectorBlock, ulong vectorCounter, int count, byte* firstSchedule)
    {
        do
        {
            Vector512<ulong> low = Vector512.Load((ulong*)vectorBlock), high = Vector512.Load((ulong*)vectorBlock + 8);
            Vector256<ulong> a = Vector256.Load(vectorH), b = Vector256.Load(vectorH + 4), c = Vector256.Create(Iv0, Iv1, Iv2, Iv3);
            Vector256<ulong> d = Vector256.Create(Iv4, Iv5, Iv6, Iv7) ^ Vector256.CreateScalar(vectorCounter);
            byte* schedule = firstSchedule;
            do
            {
                ulong m0 = Word(block, 0), m1 = Word(block, 1), m2 = Word(block, 2), m3 = Word(block, 3);
                ulong m4 = Word(block, 4), m5 = Word(block, 5), m6 = Word(block, 6), m7 = Word(block, 7);
                ulong m8 = Word(block, 8), m9 = Word(block, 9), m10 = Word(block, 10), m11 = Word(block, 11);
                ulong m12 = Word(block, 12), m13 = Word(block, 13), m14 = Word(block, 14), m15 = Word(block, 15);
                ulong v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
                ulong v8 = Iv0, v9 = Iv1, v10 = Iv2, v11 = Iv3, v12 = Iv4 ^ counter, v13 = Iv5, v14 = Iv6, v15 = Iv7;

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
                    Column(ref a, ref b, ref c, ref d, low, high, schedule);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m14, m4, m9, m13, m10, m8, m15, m6);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m1, m0, m11, m5, m12, m2, m7, m3);
                    Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + 8);

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
                    Column(ref a, ref b, ref c, ref d, low, high, schedule + 16);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m7, m3, m13, m11, m9, m1, m12, m14);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m2, m5, m4, m15, m6, m10, m0, m8);
                    Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + 24);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m9, m5, m2, m10, m0, m7, m4, m15);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m14, m11, m6, m3, m1, m12, m8, m13);
                    Column(ref a, ref b, ref c, ref d, low, high, schedule + 32);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m2, m6, m0, m8, m12, m10, m11, m3);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m4, m7, m15, m1, m13, m5, m14, m9);
                    Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + 40);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m12, m1, m14, m4, m5, m15, m13, m10);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m0, m6, m9, m8, m7, m3, m2, m11);
                    Column(ref a, ref b, ref c, ref d, low, high, schedule + 48);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m13, m7, m12, m3, m11, m14, m1, m9);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m5, m15, m8, m2, m0, m4, m6, m10);
                    Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + 56);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m6, m14, m11, m0, m15, m9, m3, m8);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m12, m13, m1, m10, m2, m7, m4, m5);
                    Column(ref a, ref b, ref c, ref d, low, high, schedule + 64);

                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v4, ref v5, ref v6, ref v7,
                        ref v8, ref v9, ref v10, ref v11, ref v12, ref v13, ref v14, ref v15,
                        m10, m8, m7, m1, m2, m4, m6, m5);
                    Mix(
                        ref v0, ref v1, ref v2, ref v3, ref v5, ref v6, ref v7, ref v4,
                        ref v10, ref v11, ref v8, ref v9, ref v15, ref v12, ref v13, ref v14,
                        m15, m9, m3, m13, m11, m14, m12, m0);
                    Diagonal(ref a, ref b, ref c, ref d, low, high, schedule + 72);
                    schedule += 80;
                }
                schedule += 16;

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
            while (schedule < firstSchedule + ScheduleLength);

            (Vector256.Load(vectorH) ^ a ^ c).Store(vectorH);
            (Vector256.Load(vectorH + 4) ^ b ^ d).Store(vectorH + 4);
            vectorBlock += Blake2b.BlockLength;
            vectorCounter += Blake2b.BlockLength;
        }
        while (--count > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Column(
        ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d,
        Vector512<ulong> low, Vector512<ulong> high, byte* schedule)
    {
        // One permutation fetches the words of both steps, one in each half.
        Vector512<ulong> indices = Avx512F.ConvertToVector512UInt64(Vector128.CreateScalarUnsafe(*(ulong*)schedule).AsByte());
        Vector512<ulong> words = Avx512F.PermuteVar8x64x2(low, indices, high);
        Step(ref a, ref b, ref c, ref d, words.GetLower(), 32, 24);
        Step(ref a, ref b, ref c, ref d, words.GetUpper(), 16, 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Diagonal(
        ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d,
        Vector512<ulong> low, Vector512<ulong> high, byte* schedule)
    {
        // Row b is ready last, so it stays where it is and the others turn: their turning costs no time.
        a = Avx2.Permute4x64(a, 0b10_01_00_11);
        c = Avx2.Permute4x64(c, 0b00_11_10_01);
        d = Avx2.Permute4x64(d, 0b01_00_11_10);
        Column(ref a, ref b, ref c, ref d, low, high, schedule);
        a = Avx2.Permute4x64(a, 0b00_11_10_01);
        c = Avx2.Permute4x64(c, 0b10_01_00_11);
        d = Avx2.Permute4x64(d, 0b01_00_11_10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d,
        Vector256<ulong> words, [ConstantExpected] byte turnD, [ConstantExpected] byte turnB)
    {
        a = a + words + b;
        d = Avx512F.VL.RotateRight(d ^ a, turnD);
        c += d;
        b = Avx512F.VL.RotateRight(b ^ c, turnB);
    }
}
