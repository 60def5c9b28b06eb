using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>A key of the duplicate cache: up to 32 bytes, padded with zeros, to be compared together with its length.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct PaddedKey
{
    /// <summary>Bytes of the longest key, which is what the protocol uses.</summary>
    public const int MaxLength = 32;

    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    /// <summary>Copies a key.</summary>
    /// <exception cref="ArgumentException">More than 32 bytes.</exception>
    public PaddedKey(ReadOnlySpan<byte> key)
    {
        if (key.Length == MaxLength)
        {
            this = MemoryMarshal.Read<PaddedKey>(key);
            return;
        }

        if (key.Length > MaxLength)
        {
            throw new ArgumentException($"A key has at most {MaxLength} bytes, not {key.Length}.", nameof(key));
        }

        Span<byte> padded = stackalloc byte[MaxLength];
        padded.Clear();
        key.CopyTo(padded);
        this = MemoryMarshal.Read<PaddedKey>(padded);
    }

    /// <summary>The key with its padding.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Padded => MemoryMarshal.AsBytes(new ReadOnlySpan<PaddedKey>(in this));

    /// <summary>Equality of the padded bytes.</summary>
    public static bool PaddedEquals(in PaddedKey a, in PaddedKey b) =>
        ((a._w0 ^ b._w0) | (a._w1 ^ b._w1) | (a._w2 ^ b._w2) | (a._w3 ^ b._w3)) == 0;

    /// <summary>A hash of all 32 bytes that cannot be foretold without the seed.</summary>
    public uint Hash(in PaddedKey seed)
    {
        // Two folded 64 x 64 multiplications: whoever picks keys, by grinding messages, doesn't know what they are multiplied by.
        ulong high = Math.BigMul(_w0 ^ seed._w0, _w1 ^ seed._w1, out ulong low);
        ulong mixed = high ^ low;
        high = Math.BigMul(_w2 ^ seed._w2, _w3 ^ seed._w3, out low);
        mixed = ulong.RotateLeft(mixed, 29) ^ high ^ low;
        return (uint)(mixed ^ (mixed >> 32));
    }
}
