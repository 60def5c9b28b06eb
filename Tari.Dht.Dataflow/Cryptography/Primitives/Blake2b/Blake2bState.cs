using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Unkeyed BLAKE2b (RFC 7693), fed piece by piece.</summary>
/// <remarks>
/// A mutable value: pass it by reference, and copy it only to fork a hash. Not thread safe. After <see cref="Finish"/> it
/// must not be used again.
/// </remarks>
public struct Blake2bState
{
    private static readonly ulong[] s_iv =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    private static readonly byte[] s_sigma =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    ];

    private Words8 _h;
    private Bytes128 _buffer;
    private int _buffered;
    private ulong _total;
    private readonly int _digestLength;

    /// <summary>Starts a hash with a digest of <paramref name="digestLength"/> bytes.</summary>
    /// <param name="digestLength">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not 1 to 64.</exception>
    public Blake2bState(int digestLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digestLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digestLength, Blake2b.MaxDigestLength);
        _digestLength = digestLength;
        s_iv.CopyTo(_h);
        _h[0] ^= 0x01010000UL ^ (uint)digestLength;
    }

    /// <summary>Adds the next bytes of the message.</summary>
    /// <param name="data">Any number of bytes.</param>
    public void Update(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_buffered == Blake2b.BlockLength)
            {
                _total += Blake2b.BlockLength;
                Compress(_buffer, final: false);
                _buffered = 0;
            }

            int take = Math.Min(data.Length, Blake2b.BlockLength - _buffered);
            data[..take].CopyTo(((Span<byte>)_buffer)[_buffered..]);
            _buffered += take;
            data = data[take..];
        }
    }

    /// <summary>Ends the hash.</summary>
    /// <param name="digest">Exactly the digest length given at the start.</param>
    /// <exception cref="ArgumentException">The digest has another length.</exception>
    public void Finish(Span<byte> digest)
    {
        if (digest.Length != _digestLength)
        {
            throw new ArgumentException($"The digest has {_digestLength} bytes, not {digest.Length}.", nameof(digest));
        }

        _total += (uint)_buffered;
        ((Span<byte>)_buffer)[_buffered..].Clear();
        Compress(_buffer, final: true);
        Span<byte> full = stackalloc byte[64];
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(full[(8 * i)..], _h[i]);
        }

        full[..digest.Length].CopyTo(digest);
    }

    private void Compress(ReadOnlySpan<byte> block, bool final)
    {
        Span<ulong> m = stackalloc ulong[16];
        Span<ulong> v = stackalloc ulong[16];
        for (int i = 0; i < 16; i++)
        {
            m[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }

        ((ReadOnlySpan<ulong>)_h).CopyTo(v);
        s_iv.CopyTo(v[8..]);
        v[12] ^= _total;
        if (final)
        {
            v[14] = ~v[14];
        }

        for (int round = 0; round < 12; round++)
        {
            ReadOnlySpan<byte> s = s_sigma.AsSpan(16 * round, 16);
            Mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
            Mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
            Mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
            Mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
            Mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
            Mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
            Mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
            Mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
        }

        for (int i = 0; i < 8; i++)
        {
            _h[i] ^= v[i] ^ v[i + 8];
        }
    }

    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ulong x, ulong y)
    {
        v[a] += v[b] + x;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 63);
    }

    [InlineArray(8)]
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
