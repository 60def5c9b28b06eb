using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A public key as it travels: 32 bytes, compared as bytes.</summary>
/// <remarks>
/// Only the length is checked. Whether the bytes are a canonical Ristretto255 point is found out where arithmetic needs it.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct CommsPublicKey : IEquatable<CommsPublicKey>
{
    /// <summary>Bytes of an encoded key.</summary>
    public const int Length = 32;

    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    /// <summary>Copies a key of 32 bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">The length is not 32.</exception>
    public CommsPublicKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A public key has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        }

        this = MemoryMarshal.Read<CommsPublicKey>(bytes);
    }

    /// <summary>The 32 bytes of the key.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<CommsPublicKey>(in this));

    /// <summary>Reads a key from 64 hexadecimal digits.</summary>
    /// <param name="hex">The digits, of either case.</param>
    /// <exception cref="FormatException">Not 64 hexadecimal digits.</exception>
    public static CommsPublicKey FromHex(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return bytes.Length == Length
            ? new CommsPublicKey(bytes)
            : throw new FormatException($"A public key has {Length * 2} hexadecimal digits, not {hex.Length}.");
    }

    /// <inheritdoc/>
    public bool Equals(CommsPublicKey other) =>
        ((_w0 ^ other._w0) | (_w1 ^ other._w1) | (_w2 ^ other._w2) | (_w3 ^ other._w3)) == 0;

    /// <summary>Byte equality with an encoded key; false for any other length.</summary>
    /// <param name="bytes">The bytes to compare with.</param>
    public bool Equals(ReadOnlySpan<byte> bytes) => Bytes.SequenceEqual(bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CommsPublicKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_w0, _w1, _w2, _w3);

    /// <summary>64 lowercase hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(CommsPublicKey left, CommsPublicKey right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(CommsPublicKey left, CommsPublicKey right) => !left.Equals(right);
}
