using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <content>Compression with AVX2.</content>
public partial struct Blake2bState
{
    /// <summary>As <see cref="CompressScalar(Span{ulong}, ReadOnlySpan{byte}, ulong, ulong)"/>, a row of the state to a vector.</summary>
    /// <param name="chain">The chaining value, 8 words.</param>
    /// <param name="blocks">One block or more, of 128 bytes each.</param>
    /// <param name="counter">Message bytes up to the end of the first block; each further block adds 128.</param>
    /// <param name="last">All ones for the message's last block, which is then the only one; else 0.</param>
    internal static unsafe void CompressAvx2(Span<ulong> chain, ReadOnlySpan<byte> blocks, ulong counter, ulong last)
    {
        AssertBlocks(chain, blocks);
        fixed (ulong* h = chain)
        fixed (byte* first = blocks)
        fixed (byte* schedule = Schedule)
        {
            CompressAvx2(h, first, blocks.Length / Blake2b.BlockLength, counter, last, schedule);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CompressAvx2(ulong* h, byte* block, int count, ulong counter, ulong last, byte* schedule)
    {
        // A rotation by whole bytes is a shuffle of bytes.
        Vector256<byte> turn24 = Vector256.Create(
            (byte)3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
        Vector256<byte> turn16 = Vector256.Create(
            (byte)2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
        Vector256<ulong> h0 = Vector256.Load(h), h1 = Vector256.Load(h + 4);
        do
        {
            Vector256<ulong> a = h0, b = h1, c = Vector256.Create(Iv0, Iv1, Iv2, Iv3);
            Vector256<ulong> d = Vector256.Create(Iv4, Iv5, Iv6, Iv7) ^ Vector256.Create(counter, 0, last, 0);
            for (int i = 0; i < ScheduleLength; i += 16)
            {
                HalfRound(ref a, ref b, ref c, ref d, block, schedule + i, turn24, turn16);

                // Row b is ready last, so it stays where it is and the others turn: their turning costs no time.
                a = Avx2.Permute4x64(a, 0b10_01_00_11);
                c = Avx2.Permute4x64(c, 0b00_11_10_01);
                d = Avx2.Permute4x64(d, 0b01_00_11_10);
                HalfRound(ref a, ref b, ref c, ref d, block, schedule + i + 8, turn24, turn16);
                a = Avx2.Permute4x64(a, 0b00_11_10_01);
                c = Avx2.Permute4x64(c, 0b10_01_00_11);
                d = Avx2.Permute4x64(d, 0b01_00_11_10);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void HalfRound(
        ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d,
        byte* block, byte* schedule, Vector256<byte> turn24, Vector256<byte> turn16)
    {
        a = a + FourWords(block, schedule) + b;
        d = Avx2.Shuffle((d ^ a).AsUInt32(), 0b10_11_00_01).AsUInt64();
        c += d;
        b = Avx2.Shuffle((b ^ c).AsByte(), turn24).AsUInt64();
        a = a + FourWords(block, schedule + 4) + b;
        d = Avx2.Shuffle((d ^ a).AsByte(), turn16).AsUInt64();
        c += d;
        b ^= c;
        b = (b + b) ^ Avx2.ShiftRightLogical(b, 63);
    }

    // Loads and inserts rather than a gather instruction, which several processors do slowly.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<ulong> FourWords(byte* block, byte* schedule) =>
        Vector256.Create(Word(block, schedule[0]), Word(block, schedule[1]), Word(block, schedule[2]), Word(block, schedule[3]));
}
