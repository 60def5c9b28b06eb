using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Serialization;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A node's place in the network: 13 bytes, the BLAKE2b digest of that length over its public key.</summary>
/// <remarks>
/// <para>A value of 16 bytes without any allocation; the last three are padding and always zero.</para>
/// <para>
/// As text an id is 26 hexadecimal digits: written in lower case, read in either, and with white space around them or a leading <c>0x</c>.
/// Formats: none for these digits, <c>S</c> for the short form of 16 digits, <c>D</c> for <c>NodeId(…)</c> around all of them. In JSON an
/// id by itself is an array of 13 numbers; the records that contain one have its text.
/// </para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
[DebuggerDisplay("NodeId({ToString(),nq})")]
[JsonConverter(typeof(NodeIdJsonConverter))]
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>Bytes of a node id.</summary>
    public const int Length = 13;

    /// <summary>Characters of an id as text.</summary>
    public const int TextLength = Length * 2;

    private const int PaddingLength = 3;
    private const int ShortLength = 8;
    private const string LongStart = "NodeId(";
    private const int LongLength = TextLength + 8;
    private const string UnknownFormat = "Formats of a node id are none, S and D.";

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

    /// <summary>Copies an id, if it has the right length.</summary>
    /// <param name="bytes">Untrusted bytes.</param>
    /// <param name="id">The id; 13 zero bytes when the answer is false.</param>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out NodeId id)
    {
        bool fits = bytes.Length == Length;
        id = fits ? new NodeId(bytes) : default;
        return fits;
    }

    /// <summary>Reads an id from 26 hexadecimal digits, as <see cref="Parse"/> does.</summary>
    /// <param name="hex">The text.</param>
    /// <exception cref="FormatException">Not 26 hexadecimal digits.</exception>
    public static NodeId FromHex(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return Parse(hex);
    }

    /// <summary>Reads an id from its text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">Not 26 hexadecimal digits.</exception>
    public static NodeId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out NodeId id) ? id : throw new FormatException($"A node id has {TextLength} hexadecimal digits.");

    /// <summary>Reads an id from its text.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="id">The id; 13 zero bytes when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out NodeId id)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = HexText.TryDecode(text, bytes);
        id = read ? new NodeId(bytes) : default;
        return read;
    }

    /// <summary>Reads an id from its text in UTF-8.</summary>
    /// <param name="utf8Text">Untrusted bytes, which need not be UTF-8.</param>
    /// <param name="id">The id; 13 zero bytes when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, out NodeId id)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = HexText.TryDecode(utf8Text, bytes);
        id = read ? new NodeId(bytes) : default;
        return read;
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
    }

    /// <summary>The XOR of two ids as a big-endian number of 104 bits.</summary>
    internal static UInt128 Xor(in NodeId left, in NodeId right) =>
        new UInt128(Big(left._first ^ right._first), Big(left._second ^ right._second)) >> (8 * PaddingLength);

    /// <summary>The first 8 bytes as 16 lowercase hexadecimal digits, as log lines show it.</summary>
    public string ToShortString() => Convert.ToHexStringLower(Bytes[..ShortLength]);

    /// <summary>26 lowercase hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>The text in a format.</summary>
    /// <param name="format">Null or empty, <c>S</c> or <c>D</c>.</param>
    /// <param name="formatProvider">Not used.</param>
    /// <exception cref="FormatException">Another format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider) => format switch
    {
        null or "" => ToString(),
        "S" => ToShortString(),
        "D" => $"NodeId({this})",
        _ => throw new FormatException(UnknownFormat),
    };

    /// <summary>Writes the text in a format.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="charsWritten">How much was written; 0 when it does not fit.</param>
    /// <param name="format">Empty, <c>S</c> or <c>D</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>False when it does not fit.</returns>
    /// <exception cref="FormatException">Another format.</exception>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        return format switch
        {
            "" => Convert.TryToHexStringLower(Bytes, destination, out charsWritten),
            "S" => Convert.TryToHexStringLower(Bytes[..ShortLength], destination, out charsWritten),
            "D" => TryFormatLong(destination, out charsWritten),
            _ => throw new FormatException(UnknownFormat),
        };
    }

    /// <summary>Writes the text in a format, in UTF-8.</summary>
    /// <param name="utf8Destination">Where to.</param>
    /// <param name="bytesWritten">How much was written; 0 when it does not fit.</param>
    /// <param name="format">Empty, <c>S</c> or <c>D</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>False when it does not fit.</returns>
    /// <exception cref="FormatException">Another format.</exception>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        return format switch
        {
            "" => Convert.TryToHexStringLower(Bytes, utf8Destination, out bytesWritten),
            "S" => Convert.TryToHexStringLower(Bytes[..ShortLength], utf8Destination, out bytesWritten),
            "D" => TryFormatLong(utf8Destination, out bytesWritten),
            _ => throw new FormatException(UnknownFormat),
        };
    }

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

    // By hand: an interpolated string would box the id until the method is optimised.
    private bool TryFormatLong(Span<char> destination, out int charsWritten)
    {
        charsWritten = 0;
        if (destination.Length < LongLength)
        {
            return false;
        }

        LongStart.CopyTo(destination);
        Convert.TryToHexStringLower(Bytes, destination[LongStart.Length..], out _);
        destination[LongLength - 1] = ')';
        charsWritten = LongLength;
        return true;
    }

    private bool TryFormatLong(Span<byte> utf8Destination, out int bytesWritten)
    {
        Span<char> text = stackalloc char[LongLength];
        TryFormatLong(text, out _);
        return Encoding.UTF8.TryGetBytes(text, utf8Destination, out bytesWritten);
    }

    private static ulong Big(ulong word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
}
