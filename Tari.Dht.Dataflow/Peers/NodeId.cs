using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A node's place in the network: 13 bytes, the BLAKE2b digest of that length over its public key.</summary>
/// <remarks>A value of 16 bytes without any allocation; the last three are padding and always zero.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>
{
    /// <summary>Bytes of a node id.</summary>
    public const int Length = 13;

    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Copies an id of 13 bytes.</summary>
    /// <param name="bytes">Exactly 13 bytes.</param>
    /// <exception cref="ArgumentException">The length is not 13.</exception>
    public NodeId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A node id has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        }

        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        bytes.CopyTo(padded);
        this = MemoryMarshal.Read<NodeId>(padded);
    }

    /// <summary>The 13 bytes of the id.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<NodeId>(in this))[..Length];

    /// <summary>The id of the node that owns <paramref name="key"/>.</summary>
    /// <param name="key">Any 32 bytes; they need not be a curve point.</param>
    public static NodeId FromPublicKey(in CommsPublicKey key)
    {
        Span<byte> digest = stackalloc byte[Length];
        Blake2b.Hash(key.Bytes, digest);
        return new NodeId(digest);
    }

    /// <summary>Reads an id from 26 hexadecimal digits.</summary>
    /// <param name="hex">The digits, of either case.</param>
    /// <exception cref="FormatException">Not 26 hexadecimal digits.</exception>
    public static NodeId FromHex(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return bytes.Length == Length
            ? new NodeId(bytes)
            : throw new FormatException($"A node id has {Length * 2} hexadecimal digits, not {hex.Length}.");
    }

    /// <inheritdoc/>
    public bool Equals(NodeId other) => _first == other._first && _second == other._second;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second);

    /// <summary>Order of the bytes, first byte first.</summary>
    /// <param name="other">The id to compare with.</param>
    public int CompareTo(NodeId other)
    {
        int order = Big(_first).CompareTo(Big(other._first));
        return order != 0 ? order : Big(_second).CompareTo(Big(other._second));

        static ulong Big(ulong word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
    }

    /// <summary>The first 8 bytes as 16 lowercase hexadecimal digits, as log lines show it.</summary>
    public string ToShortString() => Convert.ToHexStringLower(Bytes[..8]);

    /// <summary>26 lowercase hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);

    /// <summary>Order of the bytes.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
