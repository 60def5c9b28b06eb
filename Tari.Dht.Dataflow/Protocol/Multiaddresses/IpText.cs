using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Addresses of IP as text, strictly: no brackets, zones, ports, short, octal or hexadecimal IPv4.</summary>
/// <remarks>The platform's parser takes all of these, the reference's takes none.</remarks>
internal static class IpText
{
    private const int Ip6Groups = 8;

    /// <summary>Reads four decimal octets without leading zeros.</summary>
    /// <param name="text">All of the text, UTF-8.</param>
    /// <param name="destination">4 bytes.</param>
    public static bool TryParseIp4(ReadOnlySpan<byte> text, Span<byte> destination) =>
        TryTakeIp4(ref text, destination) && text.IsEmpty;

    /// <summary>
    /// Reads groups of one to four hexadecimal digits, with one <c>::</c> for one group or more, and the last two perhaps as IPv4.
    /// </summary>
    /// <param name="text">All of the text, UTF-8.</param>
    /// <param name="destination">16 bytes.</param>
    public static bool TryParseIp6(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        destination[..16].Clear();
        int head = TakeGroups(ref text, destination, Ip6Groups, out bool endsInIp4);
        if (head == Ip6Groups)
        {
            return text.IsEmpty;
        }

        if (endsInIp4 || !text.StartsWith("::"u8))
        {
            return false;
        }

        text = text[2..];
        Span<byte> tail = stackalloc byte[16];
        int groups = TakeGroups(ref text, tail, Ip6Groups - 1 - head, out _);
        tail[..(2 * groups)].CopyTo(destination[(16 - (2 * groups))..]);
        return text.IsEmpty;
    }

    /// <summary>Writes four decimal octets.</summary>
    public static void AppendIp4(ref ByteBuilder text, ReadOnlySpan<byte> address)
    {
        for (int i = 0; i < 4; i++)
        {
            if (i > 0)
            {
                text.Append((byte)'.');
            }

            text.AppendDecimal(address[i]);
        }
    }

    /// <summary>Writes the form of RFC 5952, an IPv4-mapped address with its last part as IPv4.</summary>
    public static void AppendIp6(ref ByteBuilder text, ReadOnlySpan<byte> address)
    {
        if (IsIp4Mapped(address))
        {
            text.Append("::ffff:"u8);
            AppendIp4(ref text, address[12..]);
            return;
        }

        (int zerosAt, int zeros) = LongestZeros(address);
        for (int i = 0; i < Ip6Groups; i++)
        {
            if (i == zerosAt)
            {
                text.Append("::"u8);
                i += zeros - 1;
                continue;
            }

            if (i > 0 && i != zerosAt + zeros)
            {
                text.Append((byte)':');
            }

            AppendHex(ref text, Group(address, i));
        }
    }

    /// <summary>Writes a group of an IPv6 address without leading zeros.</summary>
    public static void AppendHex(ref ByteBuilder text, ushort group)
    {
        bool started = false;
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            int digit = (group >> shift) & 0xF;
            started |= digit != 0 || shift == 0;
            if (started)
            {
                text.Append("0123456789abcdef"u8[digit]);
            }
        }
    }

    /// <summary>A group of an IPv6 address.</summary>
    public static ushort Group(ReadOnlySpan<byte> address, int index) => BinaryPrimitives.ReadUInt16BigEndian(address[(2 * index)..]);

    /// <summary>Whether the 16 bytes are <c>::ffff:a.b.c.d</c>.</summary>
    public static bool IsIp4Mapped(ReadOnlySpan<byte> address) =>
        BinaryPrimitives.ReadUInt64BigEndian(address) == 0 && BinaryPrimitives.ReadUInt32BigEndian(address[8..]) == 0xFFFF;

    /// <summary>Whether the 16 bytes are <c>::a.b.c.d</c>, which <c>::</c> and <c>::1</c> are as well.</summary>
    public static bool IsIp4Compatible(ReadOnlySpan<byte> address) =>
        BinaryPrimitives.ReadUInt64BigEndian(address) == 0 && BinaryPrimitives.ReadUInt32BigEndian(address[8..]) == 0;

    // The first of the longest runs of at least two groups; where there is none, at a place that no group has.
    private static (int At, int Count) LongestZeros(ReadOnlySpan<byte> address)
    {
        int at = -2;
        int count = 1;
        for (int i = 0; i < Ip6Groups; i++)
        {
            int end = i;
            while (end < Ip6Groups && Group(address, end) == 0)
            {
                end++;
            }

            if (end - i > count)
            {
                at = i;
                count = end - i;
            }

            i = Math.Max(i, end);
        }

        return (at, count);
    }

    private static bool TryTakeIp4(ref ReadOnlySpan<byte> text, scoped Span<byte> destination)
    {
        ReadOnlySpan<byte> rest = text;
        for (int i = 0; i < 4; i++)
        {
            if (i > 0)
            {
                if (rest.IsEmpty || rest[0] != (byte)'.')
                {
                    return false;
                }

                rest = rest[1..];
            }

            int value = 0;
            int digits = 0;
            while (digits < rest.Length && digits < 4 && char.IsAsciiDigit((char)rest[digits]))
            {
                value = (value * 10) + (rest[digits] - '0');
                digits++;
            }

            if (digits is 0 or 4 || value > byte.MaxValue || (digits > 1 && rest[0] == (byte)'0'))
            {
                return false;
            }

            destination[i] = (byte)value;
            rest = rest[digits..];
        }

        text = rest;
        return true;
    }

    // Groups with a colon between each two; leaves a colon that no group follows.
    private static int TakeGroups(ref ReadOnlySpan<byte> text, scoped Span<byte> destination, int limit, out bool endsInIp4)
    {
        endsInIp4 = false;
        int count = 0;
        while (count < limit)
        {
            ReadOnlySpan<byte> rest = text;
            if (count > 0)
            {
                if (rest.IsEmpty || rest[0] != (byte)':')
                {
                    break;
                }

                rest = rest[1..];
            }

            if (limit - count >= 2 && TryTakeIp4(ref rest, destination.Slice(2 * count, 4)))
            {
                text = rest;
                endsInIp4 = true;
                return count + 2;
            }

            int value = 0;
            int digits = 0;
            while (digits < rest.Length && digits < 5 && char.IsAsciiHexDigit((char)rest[digits]))
            {
                value = (value << 4) | HexValue(rest[digits]);
                digits++;
            }

            if (digits is 0 or 5)
            {
                break;
            }

            BinaryPrimitives.WriteUInt16BigEndian(destination[(2 * count)..], (ushort)value);
            text = rest[digits..];
            count++;
        }

        return count;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
