using System.Buffers.Binary;
using System.Net;
using System.Text;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>What an address says about where it leads; decided by its first component.</summary>
/// <remarks>Pure functions, thread safe.</remarks>
public static class AddressRules
{
    /// <summary>Whether an address can be reached from anywhere. Allocates nothing.</summary>
    /// <param name="address">The address.</param>
    /// <remarks>
    /// The empty address cannot. Of the rest only addresses of IP and the names <c>dns4</c>, <c>dns6</c> and <c>dnsaddr</c> are looked
    /// at, so that <c>memory</c> and plain <c>dns</c> count as reachable: peers select addresses by this, so it is the reference's rule.
    /// </remarks>
    public static bool IsExternal(this in Multiaddr address)
    {
        if (!address.TryGetFirst(out MultiaddrComponent first))
        {
            return false;
        }

        return first.Protocol switch
        {
            MultiaddrProtocol.Ip4 => IsExternalIp4(BinaryPrimitives.ReadUInt32BigEndian(first.Value)),
            MultiaddrProtocol.Ip6 => IsExternalIp6(first.Value),
            MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr => IsExternalName(first.Value),
            _ => true,
        };
    }

    /// <summary>Whether an address of IP can be reached from anywhere. Allocates nothing.</summary>
    /// <param name="address">The address.</param>
    /// <exception cref="ArgumentNullException">The address is null.</exception>
    public static bool IsExternal(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return IsExternal(bytes[..length]);
    }

    /// <summary>Whether an address of IP can be reached from anywhere.</summary>
    /// <param name="ipBytes">The 4 or 16 bytes of the address.</param>
    /// <exception cref="ArgumentException">The address has neither 4 nor 16 bytes.</exception>
    public static bool IsExternal(ReadOnlySpan<byte> ipBytes) =>
        ipBytes.Length switch
        {
            4 => IsExternalIp4(BinaryPrimitives.ReadUInt32BigEndian(ipBytes)),
            16 => IsExternalIp6(ipBytes),
            _ => throw new ArgumentException("An address of IP has 4 or 16 bytes.", nameof(ipBytes)),
        };

    /// <summary>A text shared by addresses that may well have one owner; dial candidates are spread over these groups.</summary>
    /// <param name="address">The address.</param>
    /// <remarks>Two octets of IPv4, two groups of IPv6, two labels of a name; what cannot be grouped is a group of its own.</remarks>
    public static string NetworkGroup(this in Multiaddr address)
    {
        if (!address.TryGetFirst(out MultiaddrComponent first))
        {
            return "";
        }

        if (address.IsExternal())
        {
            switch (first.Protocol)
            {
                case MultiaddrProtocol.Ip4:
                    return $"ip4:{first.Value[0]}.{first.Value[1]}";

                case MultiaddrProtocol.Ip6 when IpText.IsIp4Mapped(first.Value):
                    return $"ip4:{first.Value[12]}.{first.Value[13]}";

                case MultiaddrProtocol.Ip6:
                    return $"ip6:{IpText.Group(first.Value, 0):x}:{IpText.Group(first.Value, 1):x}";

                case MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr:
                    return NameGroup(first.Value);

                case MultiaddrProtocol.Onion3:
                    return "onion3:" + Convert.ToHexStringLower(first.Value[..OnionAddress.Length]);
            }
        }

        return "other:" + address.ToString();
    }

    /// <summary>
    /// The kind that a dial uses: exactly one, and <see cref="TransportKinds.Ipv4"/> for all that has no other, names included.
    /// </summary>
    /// <param name="address">The address.</param>
    public static TransportKinds DialKind(this in Multiaddr address) =>
        address.TryGetFirst(out MultiaddrComponent first)
            ? first.Protocol switch
            {
                MultiaddrProtocol.Ip6 => TransportKinds.Ipv6,
                MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3 => TransportKinds.Onion,
                MultiaddrProtocol.Memory => TransportKinds.Memory,
                _ => TransportKinds.Ipv4,
            }
            : TransportKinds.Ipv4;

    /// <summary>
    /// The kind by which the store filters: by the start of the text, so that names have <see cref="TransportKinds.None"/>.
    /// </summary>
    /// <param name="address">The address.</param>
    public static TransportKinds FilterKind(this in Multiaddr address) =>
        address.TryGetFirst(out MultiaddrComponent first)
            ? first.Protocol switch
            {
                MultiaddrProtocol.Ip4 => TransportKinds.Ipv4,

                // The text of a zone starts with /ip6 as well.
                MultiaddrProtocol.Ip6 or MultiaddrProtocol.Ip6Zone => TransportKinds.Ipv6,
                MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3 => TransportKinds.Onion,
                MultiaddrProtocol.Memory => TransportKinds.Memory,
                _ => TransportKinds.None,
            }
            : TransportKinds.None;

    private static bool IsExternalIp4(uint address) =>
        (address >> 24) switch
        {
            0 or 10 or 127 or >= 224 => false,
            100 => (address & 0xFFC00000) != 0x64400000,
            169 => address >> 16 != 0xA9FE,
            172 => (address & 0xFFF00000) != 0xAC100000,
            192 => address >> 16 != 0xC0A8 && address >> 8 is not (0xC00002 or 0xC05863),
            198 => (address & 0xFFFE0000) != 0xC6120000 && address >> 8 != 0xC63364,
            203 => address >> 8 != 0xCB0071,
            _ => true,
        };

    private static bool IsExternalIp6(ReadOnlySpan<byte> address)
    {
        if (IpText.IsIp4Mapped(address) || IpText.IsIp4Compatible(address))
        {
            // With :: and ::1, which have an IPv4 address of 0/8.
            return IsExternalIp4(BinaryPrimitives.ReadUInt32BigEndian(address[12..]));
        }

        ulong high = BinaryPrimitives.ReadUInt64BigEndian(address);
        return high >> 57 != 0xFC >> 1 // fc00::/7
            && high >> 54 is not (0xFE80 >> 6 or 0xFEC0 >> 6) // fe80::/10, fec0::/10
            && high >> 56 != 0xFF
            && high != 0x0100_0000_0000_0000
            && high >> 32 is not (0x2001_0000 or 0x2001_0DB8)
            && high >> 48 != 0x2002;
    }

    private static bool IsExternalName(ReadOnlySpan<byte> name)
    {
        name = name.TrimEnd((byte)'.');
        Span<byte> ip = stackalloc byte[16];
        if (IpText.TryParseIp4(name, ip))
        {
            return IsExternalIp4(BinaryPrimitives.ReadUInt32BigEndian(ip));
        }

        if (IpText.TryParseIp6(name, ip))
        {
            return IsExternalIp6(ip);
        }

        return !IsWithin(name, "localhost"u8) && !IsWithin(name, "local"u8) && !IsWithin(name, "localdomain"u8)
            && !IsWithin(name, "internal"u8) && !IsWithin(name, "lan"u8) && !IsWithin(name, "home.arpa"u8);
    }

    private static bool IsWithin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> domain)
    {
        int start = name.Length - domain.Length;
        return start >= 0 && Ascii.EqualsIgnoreCase(name[start..], domain) && (start == 0 || name[start - 1] == (byte)'.');
    }

    private static string NameGroup(ReadOnlySpan<byte> name)
    {
        name = name.TrimEnd((byte)'.');
        int lastDot = name.LastIndexOf((byte)'.');
        if (lastDot >= 0)
        {
            name = name[(name[..lastDot].LastIndexOf((byte)'.') + 1)..];
        }

        return "dns:" + ToLowerAscii(Encoding.UTF8.GetString(name));
    }

    private static string ToLowerAscii(string text) =>
        string.Create(text.Length, text, static (lower, source) =>
        {
            for (int i = 0; i < lower.Length; i++)
            {
                lower[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
            }
        });
}
