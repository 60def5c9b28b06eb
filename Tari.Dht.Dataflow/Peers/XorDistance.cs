using System.Buffers.Binary;
using System.Globalization;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>How far apart two node ids are: their XOR, read as a big-endian number.</summary>
/// <remarks>
/// A value of 128 bits, of which two ids of 13 bytes fill 104. The network neither orders nor selects peers by it; it serves an
/// application that wants the peers closest to a key. Written in decimal digits and read from hexadecimal ones, which is why what reads
/// a text is not called Parse.
/// </remarks>
public readonly struct XorDistance : IEquatable<XorDistance>, IComparable<XorDistance>
{
    /// <summary>Bytes of a distance.</summary>
    public const int Length = 16;

    private readonly UInt128 _value;

    private XorDistance(UInt128 value) => _value = value;

    /// <summary>The distance of an id to itself.</summary>
    public static XorDistance Zero => default;

    /// <summary>The largest distance there is, 2^128 − 1; no two node ids are that far apart.</summary>
    public static XorDistance MaxValue => new(UInt128.MaxValue);

    /// <summary>The bucket that the distance falls into: the i with 2^i ≤ distance &lt; 2^(i+1), and 0 for no distance.</summary>
    public int BucketIndex => Math.Max(0, 127 - (int)UInt128.LeadingZeroCount(_value));

    /// <summary>The distance between two ids.</summary>
    /// <param name="left">An id.</param>
    /// <param name="right">Another one.</param>
    public static XorDistance Between(in NodeId left, in NodeId right) => new(NodeId.Xor(left, right));

    /// <summary>Reads a distance from big-endian bytes.</summary>
    /// <param name="bytes">At most 16 bytes; what is missing of them in front is zero.</param>
    /// <exception cref="ArgumentException">More than 16 bytes.</exception>
    public static XorDistance FromBytes(ReadOnlySpan<byte> bytes) => TryFromBytes(bytes, out XorDistance distance)
        ? distance
        : throw new ArgumentException($"A distance has at most {Length} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Reads a distance from big-endian bytes.</summary>
    /// <param name="bytes">At most 16 bytes; what is missing of them in front is zero.</param>
    /// <param name="distance">The distance; zero when the answer is false.</param>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out XorDistance distance)
    {
        distance = default;
        if (bytes.Length > Length)
        {
            return false;
        }

        Span<byte> padded = stackalloc byte[Length];
        padded.Clear();
        bytes.CopyTo(padded[(Length - bytes.Length)..]);
        distance = new XorDistance(BinaryPrimitives.ReadUInt128BigEndian(padded));
        return true;
    }

    /// <summary>Reads a distance from hexadecimal digits, not from the decimal ones that <see cref="ToString"/> writes.</summary>
    /// <param name="hex">The digits of at most 16 whole bytes.</param>
    /// <exception cref="FormatException">Not that.</exception>
    public static XorDistance FromHex(ReadOnlySpan<char> hex) => TryFromHex(hex, out XorDistance distance)
        ? distance
        : throw new FormatException($"A distance has an even number of hexadecimal digits, at most {Length * 2}.");

    /// <summary>Reads a distance from hexadecimal digits, not from the decimal ones that <see cref="ToString"/> writes.</summary>
    /// <param name="hex">Untrusted text.</param>
    /// <param name="distance">The distance; zero when the answer is false.</param>
    public static bool TryFromHex(ReadOnlySpan<char> hex, out XorDistance distance)
    {
        distance = default;
        Span<byte> bytes = stackalloc byte[Length];
        return HexText.TryDecode(hex, bytes, out int length) && TryFromBytes(bytes[..length], out distance);
    }

    /// <summary>Writes the distance as 16 big-endian bytes.</summary>
    /// <param name="destination">At least 16 bytes.</param>
    /// <exception cref="ArgumentException">Less than 16 bytes.</exception>
    public void WriteBytes(Span<byte> destination)
    {
        if (!BinaryPrimitives.TryWriteUInt128BigEndian(destination, _value))
        {
            throw new ArgumentException($"A distance takes {Length} bytes, not {destination.Length}.", nameof(destination));
        }
    }

    /// <inheritdoc/>
    public bool Equals(XorDistance other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is XorDistance other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <summary>Order of the numbers.</summary>
    /// <param name="other">The distance to compare with.</param>
    public int CompareTo(XorDistance other) => _value.CompareTo(other._value);

    /// <summary>Decimal digits.</summary>
    public override string ToString() => _value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of the numbers.</summary>
    public static bool operator ==(XorDistance left, XorDistance right) => left.Equals(right);

    /// <summary>Inequality of the numbers.</summary>
    public static bool operator !=(XorDistance left, XorDistance right) => !left.Equals(right);

    /// <summary>Order of the numbers.</summary>
    public static bool operator <(XorDistance left, XorDistance right) => left._value < right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator <=(XorDistance left, XorDistance right) => left._value <= right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >(XorDistance left, XorDistance right) => left._value > right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >=(XorDistance left, XorDistance right) => left._value >= right._value;
}
