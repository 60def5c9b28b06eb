using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A public key as it travels: 32 bytes, compared as bytes.</summary>
/// <remarks>
/// Only the length is checked. Whether the bytes are a canonical Ristretto255 point is found out where arithmetic needs it. As text, and
/// so in JSON, a key is 64 hexadecimal digits: written in lower case, read in either, also with white space around or a leading <c>0x</c>.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
[JsonConverter(typeof(CommsPublicKeyJsonConverter))]
public readonly struct CommsPublicKey : IEquatable<CommsPublicKey>, IComparable<CommsPublicKey>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>Bytes of an encoded key.</summary>
    public const int Length = 32;

    /// <summary>Characters of a key as text.</summary>
    public const int TextLength = Length * 2;

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

    /// <summary>Copies a key, if it has the right length.</summary>
    /// <param name="bytes">Untrusted bytes.</param>
    /// <param name="key">The key; 32 zero bytes when the answer is false.</param>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out CommsPublicKey key)
    {
        bool fits = bytes.Length == Length;
        key = fits ? new CommsPublicKey(bytes) : default;
        return fits;
    }

    /// <summary>Reads a key from 64 hexadecimal digits, as <see cref="Parse"/> does.</summary>
    /// <param name="hex">The text.</param>
    /// <exception cref="KeyFormatException">Not 64 hexadecimal digits.</exception>
    public static CommsPublicKey FromHex(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return Parse(hex);
    }

    /// <summary>Reads a key from its text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="KeyFormatException">Not 64 hexadecimal digits.</exception>
    public static CommsPublicKey Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out CommsPublicKey key) ? key : throw new KeyFormatException(KeyFormatError.NotHexadecimal);

    /// <summary>Reads a key from its text.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="key">The key; 32 zero bytes when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out CommsPublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = HexText.TryDecode(text, bytes);
        key = read ? new CommsPublicKey(bytes) : default;
        return read;
    }

    /// <summary>Reads a key from its text in UTF-8.</summary>
    /// <param name="utf8Text">Untrusted bytes, which need not be UTF-8.</param>
    /// <param name="key">The key; 32 zero bytes when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, out CommsPublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bool read = HexText.TryDecode(utf8Text, bytes);
        key = read ? new CommsPublicKey(bytes) : default;
        return read;
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

    /// <summary>Order of the bytes, first byte first.</summary>
    /// <param name="other">The key to compare with.</param>
    public int CompareTo(CommsPublicKey other)
    {
        int order = Order(_w0, other._w0);
        order = order != 0 ? order : Order(_w1, other._w1);
        order = order != 0 ? order : Order(_w2, other._w2);
        return order != 0 ? order : Order(_w3, other._w3);

        static int Order(ulong left, ulong right) => BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReverseEndianness(left).CompareTo(BinaryPrimitives.ReverseEndianness(right))
            : left.CompareTo(right);
    }

    /// <summary>64 lowercase hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>64 lowercase hexadecimal digits.</summary>
    /// <param name="format">Null or empty.</param>
    /// <param name="formatProvider">Not used.</param>
    /// <exception cref="FormatException">There is no other format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        ThrowIfFormat(format);
        return ToString();
    }

    /// <summary>Writes the 64 lowercase hexadecimal digits.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="charsWritten"><see cref="TextLength"/>, or 0 when that does not fit.</param>
    /// <param name="format">Empty.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">There is no other format.</exception>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        ThrowIfFormat(format);
        return Convert.TryToHexStringLower(Bytes, destination, out charsWritten);
    }

    /// <summary>Writes the 64 lowercase hexadecimal digits.</summary>
    /// <param name="utf8Destination">Where to.</param>
    /// <param name="bytesWritten"><see cref="TextLength"/>, or 0 when that does not fit.</param>
    /// <param name="format">Empty.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">There is no other format.</exception>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        ThrowIfFormat(format);
        return Convert.TryToHexStringLower(Bytes, utf8Destination, out bytesWritten);
    }

    /// <summary>Byte equality.</summary>
    public static bool operator ==(CommsPublicKey left, CommsPublicKey right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(CommsPublicKey left, CommsPublicKey right) => !left.Equals(right);

    /// <summary>Order of the bytes.</summary>
    public static bool operator <(CommsPublicKey left, CommsPublicKey right) => left.CompareTo(right) < 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator <=(CommsPublicKey left, CommsPublicKey right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >(CommsPublicKey left, CommsPublicKey right) => left.CompareTo(right) > 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >=(CommsPublicKey left, CommsPublicKey right) => left.CompareTo(right) >= 0;

    private static void ThrowIfFormat(ReadOnlySpan<char> format)
    {
        if (!format.IsEmpty)
        {
            throw new FormatException("A public key has no other format than hexadecimal digits.");
        }
    }
}
