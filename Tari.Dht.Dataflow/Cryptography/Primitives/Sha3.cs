using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>SHA3-256 of FIPS 202. The platform's is missing on some systems, and addresses have to be judged alike everywhere.</summary>
/// <remarks>For public data: nothing is wiped. Stateless, thread safe, allocates nothing.</remarks>
internal static class Sha3
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestLength = 32;

    private const int Lanes = 25;
    private const int Rate = 136;

    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    // In the order in which the lanes follow one another when they change places, from lane 1 on.
    private static ReadOnlySpan<byte> Rotations =>
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static ReadOnlySpan<byte> Places =>
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    /// <summary>Hashes bytes.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="digest">Takes the digest, at least <see cref="DigestLength"/> bytes.</param>
    public static void Hash256(ReadOnlySpan<byte> input, Span<byte> digest)
    {
        Span<ulong> state = stackalloc ulong[Lanes];
        state.Clear();
        for (; input.Length >= Rate; input = input[Rate..])
        {
            Absorb(state, input[..Rate]);
        }

        Span<byte> last = stackalloc byte[Rate];
        last.Clear();
        input.CopyTo(last);
        last[input.Length] = 0x06;
        last[^1] |= 0x80;
        Absorb(state, last);
        for (int i = 0; i < DigestLength / sizeof(ulong); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(i * sizeof(ulong))..], state[i]);
        }
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < Rate / sizeof(ulong); i++)
        {
            state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(i * sizeof(ulong))..]);
        }

        Permute(state);
    }

    // Keccak-f[1600]: lanes in rows of five.
    [SkipLocalsInit]
    private static void Permute(Span<ulong> state)
    {
        Span<ulong> row = stackalloc ulong[5];
        foreach (ulong constant in RoundConstants)
        {
            for (int x = 0; x < 5; x++)
            {
                row[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
            }

            for (int x = 0; x < 5; x++)
            {
                ulong parity = row[(x + 4) % 5] ^ BitOperations.RotateLeft(row[(x + 1) % 5], 1);
                for (int y = 0; y < Lanes; y += 5)
                {
                    state[y + x] ^= parity;
                }
            }

            ulong moved = state[1];
            for (int i = 0; i < Places.Length; i++)
            {
                (moved, state[Places[i]]) = (state[Places[i]], BitOperations.RotateLeft(moved, Rotations[i]));
            }

            for (int y = 0; y < Lanes; y += 5)
            {
                state.Slice(y, 5).CopyTo(row);
                for (int x = 0; x < 5; x++)
                {
                    state[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
                }
            }

            state[0] ^= constant;
        }
    }
}
