using System.Numerics;

namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>Protobuf's wire rules as the network's decoders apply them: lenient in form, strict in structure.</summary>
/// <remarks>
/// Rejected: field number 0, a key above 32 bits, wire types 6 and 7, a stray or mismatched end of a group, a varint of more than
/// 10 bytes or 64 bits, a length past the end, and a skipped field below more than <see cref="MaxNesting"/> - 1 enclosing ones.
/// Accepted: varints longer than they need be, and unknown fields, groups among them.
/// </remarks>
internal static class ProtoWire
{
    /// <summary>Bytes of the longest varint.</summary>
    public const int MaxVarintLength = 10;

    /// <summary>How deep fields may nest in a message; a field at the top is at depth 1.</summary>
    public const int MaxNesting = 100;

    /// <summary>Bytes of the shortest varint that holds <paramref name="value"/>, 1 to 10.</summary>
    public static int VarintLength(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) >> 6;

    /// <summary>Bytes of a length prefix and what follows it.</summary>
    public static int DelimitedLength(int length) => VarintLength((uint)length) + length;

    /// <summary>Writes the shortest varint.</summary>
    /// <returns>The bytes written.</returns>
    public static int WriteVarint(Span<byte> destination, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a key: field number and wire type.</summary>
    public static bool TryReadKey<TCursor>(ref TCursor cursor, out uint number, out WireType type)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        bool complete = cursor.TryReadVarint(out ulong key, out _);
        number = (uint)(key >> 3);
        type = (WireType)(key & 7);
        return complete && key <= uint.MaxValue && number != 0 && type <= WireType.Fixed32;
    }

    /// <summary>Reads a length; false when fewer bytes are left than it says.</summary>
    public static bool TryReadLength<TCursor>(ref TCursor cursor, out int length)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        if (cursor.TryReadVarint(out ulong value, out _) && value <= (uint)cursor.Remaining)
        {
            length = (int)value;
            return true;
        }

        length = 0;
        return false;
    }

    /// <summary>Passes over the value of an unknown field.</summary>
    /// <param name="cursor">Stands behind the field's key.</param>
    /// <param name="number">The field's number, which the end of a group must repeat.</param>
    /// <param name="type">The field's wire type.</param>
    /// <param name="depthLeft">How many levels of nesting are left, this field's included: <see cref="MaxNesting"/> at the top.</param>
    public static bool TrySkipValue<TCursor>(ref TCursor cursor, uint number, WireType type, int depthLeft = MaxNesting)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        if (depthLeft == 0)
        {
            return false;
        }

        switch (type)
        {
            case WireType.Varint:
                return cursor.TryReadVarint(out _, out _);
            case WireType.Fixed64:
                return cursor.TrySkip(8);
            case WireType.LengthDelimited:
                return TryReadLength(ref cursor, out int length) && cursor.TrySkip((uint)length);
            case WireType.Fixed32:
                return cursor.TrySkip(4);
            case WireType.StartGroup:
                while (TryReadKey(ref cursor, out uint inner, out WireType innerType))
                {
                    if (innerType == WireType.EndGroup)
                    {
                        return inner == number;
                    }

                    if (!TrySkipValue(ref cursor, inner, innerType, depthLeft - 1))
                    {
                        return false;
                    }
                }

                return false;
            default:
                return false;
        }
    }
}
