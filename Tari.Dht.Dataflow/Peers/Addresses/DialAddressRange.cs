using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>
/// Addresses that are not to be dialled: one exact address, or IPv4 addresses and TCP ports such as <c>/ip4/10.*.0:9.*/tcp/*</c>.
/// </summary>
/// <remarks>
/// Of a range the first octet is a number; the others and the port are a number, <c>*</c> for all, or <c>low:high</c>, both ends
/// included. Immutable, thread safe. Two ranges are equal when they are of one form and have the same ends.
/// </remarks>
public sealed class DialAddressRange : IEquatable<DialAddressRange>
{
    private const int Octets = 4;

    private readonly Multiaddr? _exact;

    // An octet a byte, as in an address.
    private readonly uint _low;
    private readonly uint _high;
    private readonly ushort _lowPort;
    private readonly ushort _highPort;

    private DialAddressRange(Multiaddr exact) => _exact = exact;

    private DialAddressRange(uint low, uint high, ushort lowPort, ushort highPort)
    {
        _low = low;
        _high = high;
        _lowPort = lowPort;
        _highPort = highPort;
    }

    /// <summary>The addresses that tests use: all of 127/8, <c>/ip4/127.*.*.*/tcp/*</c>.</summary>
    public static DialAddressRange Test { get; } = new(0x7F000000, 0x7FFFFFFF, 0, ushort.MaxValue);

    /// <summary>The address, when the range is one exact address.</summary>
    public Multiaddr? Exact => _exact;

    /// <summary>A range of one address.</summary>
    /// <param name="address">The address.</param>
    public static DialAddressRange FromAddress(Multiaddr address) => new(address);

    /// <summary>Reads a text.</summary>
    /// <param name="text">An exact address, which is tried first, or a range.</param>
    /// <param name="range">The range; null unless the result is <see cref="DialAddressRangeError.None"/>.</param>
    public static DialAddressRangeError TryParse(ReadOnlySpan<char> text, out DialAddressRange? range)
    {
        range = null;
        if (text.IsEmpty)
        {
            return DialAddressRangeError.Empty;
        }

        if (Multiaddr.TryParse(text, out Multiaddr exact) == MultiaddrError.None)
        {
            range = new DialAddressRange(exact);
            return DialAddressRangeError.None;
        }

        // Longer than any range but for one with a great many leading zeros, which is none here.
        Span<byte> utf8 = stackalloc byte[256];
        return Utf8.FromUtf16(text, utf8, out _, out int length, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done
            ? TryParseRange(utf8[..length], out range)
            : DialAddressRangeError.NeitherAddressNorRange;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">An exact address, which is tried first, or a range.</param>
    /// <exception cref="DialAddressRangeException">It is neither.</exception>
    public static DialAddressRange Parse(ReadOnlySpan<char> text)
    {
        DialAddressRangeError error = TryParse(text, out DialAddressRange? range);
        return range ?? throw new DialAddressRangeException(error);
    }

    /// <summary>Reads a list given as single texts, which are taken as they are.</summary>
    /// <param name="items">The texts.</param>
    /// <param name="ranges">The ranges in order; empty unless the result is <see cref="DialAddressRangeError.None"/>.</param>
    /// <param name="failedItem">The index of the first text that is no range; −1 when there is none.</param>
    public static DialAddressRangeError TryParseList(
        ReadOnlySpan<string> items, out ImmutableArray<DialAddressRange> ranges, out int failedItem)
    {
        ImmutableArray<DialAddressRange>.Builder list = ImmutableArray.CreateBuilder<DialAddressRange>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            DialAddressRangeError error = TryParse(items[i], out DialAddressRange? range);
            if (range is null)
            {
                ranges = [];
                failedItem = i;
                return error;
            }

            list.Add(range);
        }

        ranges = list.DrainToImmutable();
        failedItem = -1;
        return DialAddressRangeError.None;
    }

    /// <summary>Reads a list given as one text with commas; white space around an item and blank items do not count.</summary>
    /// <param name="commaSeparated">The text.</param>
    /// <param name="ranges">The ranges in order; empty unless the result is <see cref="DialAddressRangeError.None"/>.</param>
    /// <param name="failedItem">How many commas stand before the first item that is no range; −1 when there is none.</param>
    public static DialAddressRangeError TryParseList(
        ReadOnlySpan<char> commaSeparated, out ImmutableArray<DialAddressRange> ranges, out int failedItem)
    {
        ImmutableArray<DialAddressRange>.Builder list = ImmutableArray.CreateBuilder<DialAddressRange>();
        failedItem = 0;
        foreach (Range part in commaSeparated.Split(','))
        {
            ReadOnlySpan<char> item = commaSeparated[part].Trim();
            if (!item.IsEmpty)
            {
                DialAddressRangeError error = TryParse(item, out DialAddressRange? range);
                if (range is null)
                {
                    ranges = [];
                    return error;
                }

                list.Add(range);
            }

            failedItem++;
        }

        ranges = list.DrainToImmutable();
        failedItem = -1;
        return DialAddressRangeError.None;
    }

    /// <summary>Whether an address is excluded. Allocates nothing.</summary>
    /// <param name="address">The address.</param>
    /// <remarks>
    /// An exact address contains its equal. A range looks at the last <c>ip4</c> and the last <c>tcp</c> component and needs both. An
    /// address that starts with an IPv6 address with an IPv4 address in it is tried as that IPv4 address as well.
    /// </remarks>
    public bool Contains(in Multiaddr address) => Contains(address.Bytes);

    /// <inheritdoc/>
    public bool Equals(DialAddressRange? other) =>
        other is not null && _exact == other._exact && _low == other._low && _high == other._high
        && _lowPort == other._lowPort && _highPort == other._highPort;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DialAddressRange);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_exact, _low, _high, _lowPort, _highPort);

    /// <summary>A text that reads back; ports from 1 on are printed like those from 0 on, as in the reference.</summary>
    public override string ToString()
    {
        if (_exact is { } exact)
        {
            return exact.ToString();
        }

        var text = new StringBuilder("/ip4/");
        for (int i = 0; i < Octets; i++)
        {
            byte low = Octet(_low, i);
            byte high = Octet(_high, i);
            AppendPart(text.Append(i == 0 ? "" : "."), low, high, isAll: low == 0 && high == byte.MaxValue);
        }

        text.Append("/tcp/");
        AppendPart(text, _lowPort, _highPort, isAll: _lowPort <= 1 && _highPort == ushort.MaxValue);
        return text.ToString();
    }

    /// <summary><see cref="Contains(in Multiaddr)"/> for the binary form, which must be sound.</summary>
    internal bool Contains(ReadOnlySpan<byte> address)
    {
        if (Matches(default, address))
        {
            return true;
        }

        if (address.IsEmpty)
        {
            return false;
        }

        MultiaddrBinary.TrySplit(address, out MultiaddrProtocol protocol, out ReadOnlySpan<byte> value, out int length);
        if (protocol != MultiaddrProtocol.Ip6 || !(IpText.IsIp4Mapped(value) || IpText.IsIp4Compatible(value)))
        {
            return false;
        }

        Span<byte> asIp4 = stackalloc byte[1 + Octets];
        asIp4[0] = (byte)MultiaddrProtocol.Ip4;
        value[^Octets..].CopyTo(asIp4[1..]);
        return Matches(asIp4, address[length..]);
    }

    // An address in two parts, of which the first may be made up.
    private bool Matches(ReadOnlySpan<byte> start, ReadOnlySpan<byte> rest)
    {
        if (_exact is { } exact)
        {
            return exact.Bytes.StartsWith(start) && exact.Bytes[start.Length..].SequenceEqual(rest);
        }

        uint? ip = null;
        ushort? port = null;
        Look(start, ref ip, ref port);
        Look(rest, ref ip, ref port);
        return ip is { } address && port is { } number && IsWithin(address) && number >= _lowPort && number <= _highPort;
    }

    private static void Look(ReadOnlySpan<byte> components, ref uint? ip, ref ushort? port)
    {
        var walk = new MultiaddrEnumerator(components);
        while (walk.MoveNext())
        {
            switch (walk.Current.Protocol)
            {
                case MultiaddrProtocol.Ip4:
                    ip = BinaryPrimitives.ReadUInt32BigEndian(walk.Current.Value);
                    break;

                case MultiaddrProtocol.Tcp:
                    port = walk.Current.Port;
                    break;
            }
        }
    }

    private bool IsWithin(uint address)
    {
        for (int i = 0; i < Octets; i++)
        {
            if (Octet(address, i) < Octet(_low, i) || Octet(address, i) > Octet(_high, i))
            {
                return false;
            }
        }

        return true;
    }

    private static byte Octet(uint address, int index) => (byte)(address >> (8 * (Octets - 1 - index)));

    private static void AppendPart(StringBuilder text, ushort low, ushort high, bool isAll)
    {
        if (isAll)
        {
            text.Append('*');
        }
        else if (low == high)
        {
            text.Append(CultureInfo.InvariantCulture, $"{low}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{low}:{high}");
        }
    }

    private static DialAddressRangeError TryParseRange(ReadOnlySpan<byte> text, out DialAddressRange? range)
    {
        range = null;
        ReadOnlySpan<byte> start = "/ip4/"u8;
        ReadOnlySpan<byte> middle = "/tcp/"u8;
        int end = text.StartsWith(start) ? text[start.Length..].IndexOf((byte)'/') : -1;
        if (end < 0)
        {
            return DialAddressRangeError.NeitherAddressNorRange;
        }

        ReadOnlySpan<byte> quad = text.Slice(start.Length, end);
        ReadOnlySpan<byte> port = text[(start.Length + end)..];
        if (!port.StartsWith(middle) || port[middle.Length..].Contains((byte)'/') || quad.Count((byte)'.') != Octets - 1)
        {
            return DialAddressRangeError.NeitherAddressNorRange;
        }

        uint low = 0;
        uint high = 0;
        for (int i = 0; i < Octets; i++)
        {
            int dot = quad.IndexOf((byte)'.');
            ReadOnlySpan<byte> octet = dot < 0 ? quad : quad[..dot];
            quad = quad[(dot + 1)..];
            if (!TryParsePart(octet, byte.MaxValue, out ulong from, out ulong to) || (i == 0 && !IsNumber(octet)))
            {
                return DialAddressRangeError.InvalidOctet;
            }

            if (from > to)
            {
                return DialAddressRangeError.ReversedOctets;
            }

            low = (low << 8) | (uint)from;
            high = (high << 8) | (uint)to;
        }

        if (!TryParsePart(port[middle.Length..], ushort.MaxValue, out ulong fromPort, out ulong toPort))
        {
            return DialAddressRangeError.InvalidPort;
        }

        if (fromPort > toPort)
        {
            return DialAddressRangeError.ReversedPorts;
        }

        range = new DialAddressRange(low, high, (ushort)fromPort, (ushort)toPort);
        return DialAddressRangeError.None;
    }

    private static bool IsNumber(ReadOnlySpan<byte> part) => !part.Contains((byte)':') && !part.Contains((byte)'*');

    private static bool TryParsePart(ReadOnlySpan<byte> part, ulong maximum, out ulong from, out ulong to)
    {
        if (part is [(byte)'*'])
        {
            from = 0;
            to = maximum;
            return true;
        }

        int colon = part.IndexOf((byte)':');
        if (colon < 0)
        {
            bool isNumber = MultiaddrTextReader.TryParseNumber(part, maximum, out from);
            to = from;
            return isNumber;
        }

        to = 0;
        return MultiaddrTextReader.TryParseNumber(part[..colon], maximum, out from)
            && MultiaddrTextReader.TryParseNumber(part[(colon + 1)..], maximum, out to);
    }
}
