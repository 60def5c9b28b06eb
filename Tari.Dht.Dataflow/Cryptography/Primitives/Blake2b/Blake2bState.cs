using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Unkeyed BLAKE2b (RFC 7693), fed piece by piece.</summary>
/// <remarks>
/// A mutable value: pass it by reference, and copy it only to fork a hash. Not thread safe; allocates nothing.
/// <see cref="Finish"/> ends the hash and clears the value, which must not be used again.
/// </remarks>
public partial struct Blake2bState
{
    /// <summary>Words of a chaining value.</summary>
    internal const int ChainLength = 8;

    // The square roots' fractions that SHA-512 starts with as well.
    private const ulong Iv0 = 0x6a09e667f3bcc908, Iv1 = 0xbb67ae8584caa73b, Iv2 = 0x3c6ef372fe94f82b, Iv3 = 0xa54ff53a5f1d36f1;
    private const ulong Iv4 = 0x510e527fade682d1, Iv5 = 0x9b05688c2b3e6c1f, Iv6 = 0x1f83d9abfb41bd6b, Iv7 = 0x5be0cd19137e2179;

    // Digest length, no key, fanout 1, depth 1: the only parameters that an unkeyed sequential hash sets.
    private const ulong Parameters = 0x01010000;

    private const int ScheduleLength = 12 * 16;

    // The JIT takes it for a constant, and drops the branches that are not taken.
    private static readonly Blake2bPath s_path =
        ChoosePath(HasLateVectors(), IsSupported(Blake2bPath.Avx512), IsSupported(Blake2bPath.Avx2));

    private Words8 _chain;
    private Bytes128 _buffer;
    private int _buffered;
    private readonly int _digestLength;
    private ulong _total;

    /// <summary>Starts a hash with a digest of <paramref name="digestLength"/> bytes.</summary>
    /// <param name="digestLength">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not 1 to 64.</exception>
    public Blake2bState(int digestLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digestLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digestLength, Blake2b.MaxDigestLength);
        _digestLength = digestLength;
        Start(_chain, digestLength);
    }

    /// <summary>How this process hashes one message.</summary>
    internal static Blake2bPath Path => s_path;

    /// <summary>Whether <see cref="UpdatePair"/> works on both messages at once; otherwise on one after the other.</summary>
    internal static bool IsPairInterleaved => Avx512F.VL.IsSupported;

    // Message words of each half round, a line to a round. Four for the first step and four for the second; those of the
    // diagonals start at the lane whose b stays in place.
    private static ReadOnlySpan<byte> Schedule =>
    [
        0, 2, 4, 6, 1, 3, 5, 7,    14, 8, 10, 12, 15, 9, 11, 13,
        14, 4, 9, 13, 10, 8, 15, 6,    5, 1, 0, 11, 3, 12, 2, 7,
        11, 12, 5, 15, 8, 0, 2, 13,    9, 10, 3, 7, 4, 14, 6, 1,
        7, 3, 13, 11, 9, 1, 12, 14,    15, 2, 5, 4, 8, 6, 10, 0,
        9, 5, 2, 10, 0, 7, 4, 15,    3, 14, 11, 6, 13, 1, 12, 8,
        2, 6, 0, 8, 12, 10, 11, 3,    1, 4, 7, 15, 9, 13, 5, 14,
        12, 1, 14, 4, 5, 15, 13, 10,    8, 0, 6, 9, 11, 7, 3, 2,
        13, 7, 12, 3, 11, 14, 1, 9,    2, 5, 15, 8, 10, 0, 4, 6,
        6, 14, 11, 0, 15, 9, 3, 8,    10, 12, 13, 1, 5, 2, 7, 4,
        10, 8, 7, 1, 2, 4, 6, 5,    13, 15, 9, 3, 0, 11, 14, 12,
        0, 2, 4, 6, 1, 3, 5, 7,    14, 8, 10, 12, 15, 9, 11, 13,
        14, 4, 9, 13, 10, 8, 15, 6,    5, 1, 0, 11, 3, 12, 2, 7,
    ];

    /// <summary>Adds the next bytes of the message.</summary>
    /// <param name="data">Any number of bytes.</param>
    public void Update(ReadOnlySpan<byte> data)
    {
        data = FillBuffer(data);
        if (data.IsEmpty)
        {
            return;
        }

        int blocks = BlocksBeforeLast(data.Length);
        CompressWhole(data[..(blocks * Blake2b.BlockLength)]);
        Keep(data[(blocks * Blake2b.BlockLength)..]);
    }

    /// <summary>Adds the next bytes of two messages, which is faster than one after the other where the processor permits.</summary>
    /// <param name="first">The one hash.</param>
    /// <param name="firstData">Any number of bytes for it.</param>
    /// <param name="second">The other hash, another variable than <paramref name="first"/>.</param>
    /// <param name="secondData">Any number of bytes for it; they may be the same bytes.</param>
    internal static void UpdatePair(
        ref Blake2bState first, ReadOnlySpan<byte> firstData, ref Blake2bState second, ReadOnlySpan<byte> secondData)
    {
        Debug.Assert(!Unsafe.AreSame(ref first, ref second));
        if (IsPairInterleaved)
        {
            firstData = first.FillBuffer(firstData);
            secondData = second.FillBuffer(secondData);

            // 2x + y blocks of the first and x + 2y of the second, as many as there are.
            int m = BlocksBeforeLast(firstData.Length), n = BlocksBeforeLast(secondData.Length);
            int x = m >= 2 * (long)n ? n : Math.Max(0, ((2 * m) - n) / 3);
            int y = n >= 2 * (long)m ? m : Math.Max(0, ((2 * n) - m) / 3);
            CompressPair(ref first, ref firstData, ref second, ref secondData, x);
            CompressPair(ref second, ref secondData, ref first, ref firstData, y);
        }

        first.Update(firstData);
        second.Update(secondData);
    }

    /// <summary>Ends the hash and clears the state.</summary>
    /// <param name="digest">Exactly the digest length given at the start.</param>
    /// <exception cref="ArgumentException">The digest has another length. The state stays as it is.</exception>
    /// <exception cref="InvalidOperationException">The hash was not started, or has ended before.</exception>
    public void Finish(Span<byte> digest)
    {
        if (_digestLength == 0)
        {
            throw new InvalidOperationException("The hash was not started, or has ended.");
        }

        if (digest.Length != _digestLength)
        {
            throw new ArgumentException($"The digest has {_digestLength} bytes, not {digest.Length}.", nameof(digest));
        }

        ((Span<byte>)_buffer)[_buffered..].Clear();
        Compress(s_path, _chain, _buffer, _total + (uint)_buffered, last: ulong.MaxValue);
        WriteDigest(_chain, digest);
        this = default;
    }

    /// <summary>Whether this processor (and the runtime's settings) can take <paramref name="path"/>.</summary>
    /// <param name="path">The path asked about.</param>
    internal static bool IsSupported(Blake2bPath path) => path switch
    {
        Blake2bPath.Scalar => true,
        Blake2bPath.Avx2 => Avx2.IsSupported,
        Blake2bPath.Avx512 => Avx512F.VL.IsSupported,
        _ => false,
    };

    /// <summary>Sets a chaining value to the start of an unkeyed hash.</summary>
    internal static void Start(Span<ulong> chain, int digestLength)
    {
        chain[7] = Iv7;
        chain[0] = Iv0 ^ Parameters ^ (uint)digestLength;
        chain[1] = Iv1;
        chain[2] = Iv2;
        chain[3] = Iv3;
        chain[4] = Iv4;
        chain[5] = Iv5;
        chain[6] = Iv6;
    }

    /// <summary>The digest that a chaining value stands for, cut to the length of <paramref name="digest"/>.</summary>
    internal static void WriteDigest(ReadOnlySpan<ulong> chain, Span<byte> digest)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Span<ulong> swapped = stackalloc ulong[ChainLength];
            BinaryPrimitives.ReverseEndianness(chain, swapped);
            MemoryMarshal.AsBytes(swapped)[..digest.Length].CopyTo(digest);
            return;
        }

        MemoryMarshal.AsBytes(chain)[..digest.Length].CopyTo(digest);
    }

    /// <summary>Takes whole blocks into a chaining value; see the paths for the parameters.</summary>
    internal static void Compress(Blake2bPath path, Span<ulong> chain, ReadOnlySpan<byte> blocks, ulong counter, ulong last)
    {
        switch (path)
        {
            case Blake2bPath.Avx512:
                CompressAvx512(chain, blocks, counter, last);
                break;
            case Blake2bPath.Avx2:
                CompressAvx2(chain, blocks, counter, last);
                break;
            default:
                CompressScalar(chain, blocks, counter, last);
                break;
        }
    }

    /// <summary>The ladder: the fastest path for a processor.</summary>
    /// <remarks>
    /// Widest first, but for processors on which a vector instruction's result arrives a cycle late. One message is a chain of
    /// dependent instructions, so there the scalar registers win (measured on Zen 5: AVX-512 takes 1.7 times as long).
    /// </remarks>
    /// <param name="lateVectors">Whether vector arithmetic has a latency of two cycles.</param>
    /// <param name="avx512">Whether <see cref="Blake2bPath.Avx512"/> can be taken.</param>
    /// <param name="avx2">Whether <see cref="Blake2bPath.Avx2"/> can be taken.</param>
    internal static Blake2bPath ChoosePath(bool lateVectors, bool avx512, bool avx2) =>
        lateVectors ? Blake2bPath.Scalar
        : avx512 ? Blake2bPath.Avx512
        : avx2 ? Blake2bPath.Avx2
        : Blake2bPath.Scalar;

    private static bool HasLateVectors()
    {
        const int AmdFamilyOfZen5 = 0x1A;
        if (!X86Base.IsSupported)
        {
            return false;
        }

        // "AuthenticAMD", and the family in two parts. The processors themselves don't say how late their vectors are.
        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        (int signature, _, _, _) = X86Base.CpuId(1, 0);
        int family = ((signature >> 8) & 0xF) + ((signature >> 20) & 0xFF);
        return (ebx, edx, ecx) == (0x68747541, 0x69746E65, 0x444D4163) && family >= AmdFamilyOfZen5;
    }

    // Blocks that are surely not the last one, when more bytes may follow or not.
    private static int BlocksBeforeLast(int length) => length == 0 ? 0 : (length - 1) / Blake2b.BlockLength;

    // n times two blocks of the one message and one of the other.
    private static void CompressPair(
        ref Blake2bState scalar, ref ReadOnlySpan<byte> scalarData, ref Blake2bState vector, ref ReadOnlySpan<byte> vectorData, int n)
    {
        if (n == 0)
        {
            return;
        }

        int scalarLength = 2 * n * Blake2b.BlockLength;
        int vectorLength = n * Blake2b.BlockLength;
        CompressPairAvx512(
            scalar._chain, scalarData[..scalarLength], scalar._total + Blake2b.BlockLength,
            vector._chain, vectorData[..vectorLength], vector._total + Blake2b.BlockLength);
        scalar._total += (uint)scalarLength;
        vector._total += (uint)vectorLength;
        scalarData = scalarData[scalarLength..];
        vectorData = vectorData[vectorLength..];
    }

    // Bytes go to the buffer until it is full, and the full buffer goes into the chain once there are more: what remains of the
    // data then starts a block.
    private ReadOnlySpan<byte> FillBuffer(ReadOnlySpan<byte> data)
    {
        if (_buffered == 0)
        {
            return data;
        }

        int take = Math.Min(data.Length, Blake2b.BlockLength - _buffered);
        Keep(data[..take]);
        data = data[take..];
        if (!data.IsEmpty)
        {
            _buffered = 0;
            CompressWhole(_buffer);
        }

        return data;
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        data.CopyTo(((Span<byte>)_buffer)[_buffered..]);
        _buffered += data.Length;
    }

    private void CompressWhole(ReadOnlySpan<byte> blocks)
    {
        if (!blocks.IsEmpty)
        {
            Compress(s_path, _chain, blocks, _total + Blake2b.BlockLength, last: 0);
            _total += (uint)blocks.Length;
        }
    }

    [Conditional("DEBUG")]
    private static void AssertBlocks(ReadOnlySpan<ulong> chain, ReadOnlySpan<byte> blocks)
    {
        Debug.Assert(chain.Length == ChainLength);
        Debug.Assert(blocks.Length > 0 && blocks.Length % Blake2b.BlockLength == 0);
    }

    [InlineArray(ChainLength)]
    private struct Words8
    {
        private ulong _element;
    }

    [InlineArray(Blake2b.BlockLength)]
    private struct Bytes128
    {
        private byte _element;
    }
}
