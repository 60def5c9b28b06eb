using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>Tells responses apart without keeping them: 16 bytes for each, under a key of the process.</summary>
/// <remarks>
/// The NH hash (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999): the sum of the products of pairs of words, each word added to one of
/// the key, modulo 2^128. Whoever does not know the key finds two responses with one fingerprint with a chance of 2^-64. Fingerprints are not
/// shown to anybody. Allocates nothing, thread safe.
/// </remarks>
internal static class RelayFingerprint
{
    /// <summary>Bytes of the longest response that has a fingerprint; with five claims of one address each it takes about 700.</summary>
    public const int MaxLength = 1024;

    private const int PairLength = 2 * sizeof(ulong);

    // A pair for the length, and one for each two words.
    private static readonly ulong[] s_key = NewKey(2 + (MaxLength / sizeof(ulong)));

    /// <summary>The fingerprint of a response.</summary>
    /// <param name="response">The bytes.</param>
    /// <returns>Zero for one that is too long, and by chance.</returns>
    public static UInt128 Of(ReadOnlySpan<byte> response)
    {
        if (response.Length > MaxLength)
        {
            return UInt128.Zero;
        }

        ReadOnlySpan<ulong> key = s_key;
        UInt128 sum = Product((ulong)response.Length + key[0], key[1]);
        int at = 2;
        while (response.Length >= PairLength)
        {
            sum += Product(
                BinaryPrimitives.ReadUInt64LittleEndian(response) + key[at],
                BinaryPrimitives.ReadUInt64LittleEndian(response[sizeof(ulong)..]) + key[at + 1]);
            response = response[PairLength..];
            at += 2;
        }

        if (!response.IsEmpty)
        {
            Span<byte> rest = stackalloc byte[PairLength];
            rest.Clear();
            response.CopyTo(rest);
            sum += Product(
                BinaryPrimitives.ReadUInt64LittleEndian(rest) + key[at],
                BinaryPrimitives.ReadUInt64LittleEndian(rest[sizeof(ulong)..]) + key[at + 1]);
        }

        return sum;
    }

    private static UInt128 Product(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return new UInt128(high, low);
    }

    private static ulong[] NewKey(int words)
    {
        ulong[] key = new ulong[words];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(key.AsSpan()));
        return key;
    }
}
