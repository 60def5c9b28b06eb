using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>A component of a multiaddress: a protocol and its value. Borrows the bytes of the address.</summary>
public readonly ref struct MultiaddrComponent
{
    internal MultiaddrComponent(MultiaddrProtocol protocol, ReadOnlySpan<byte> value)
    {
        Protocol = protocol;
        Value = value;
    }

    /// <summary>The protocol.</summary>
    public MultiaddrProtocol Protocol { get; }

    /// <summary>
    /// The value as in the binary form, without its length prefix; see <see cref="MultiaddrProtocol"/> for what it holds.
    /// </summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The name in the text form.</summary>
    /// <remarks>A WebSocket path of one slash has the name of the protocol without a path, as in the reference.</remarks>
    public string Name => ProtocolTable.Name(IsBareWebSocket ? BareProtocol : Protocol);

    /// <summary>Whether this is a name of any of the four kinds: <c>dns</c>, <c>dns4</c>, <c>dns6</c>, <c>dnsaddr</c>.</summary>
    public bool IsName =>
        Protocol is MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr;

    /// <summary>Whether this is an address of IP, of either version.</summary>
    public bool IsIp => Protocol is MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6;

    /// <summary>The port of a transport protocol or an onion address.</summary>
    /// <exception cref="InvalidOperationException">The protocol has no port.</exception>
    public ushort Port =>
        Protocol is MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp or MultiaddrProtocol.Dccp or MultiaddrProtocol.Sctp
            or MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3
            ? BinaryPrimitives.ReadUInt16BigEndian(Value[^2..])
            : throw new InvalidOperationException($"{Protocol} has no port.");

    /// <summary>The number of an in-memory transport.</summary>
    /// <exception cref="InvalidOperationException">The protocol is another.</exception>
    public ulong MemoryPort =>
        Protocol == MultiaddrProtocol.Memory
            ? BinaryPrimitives.ReadUInt64BigEndian(Value)
            : throw new InvalidOperationException($"{Protocol} is not {MultiaddrProtocol.Memory}.");

    /// <summary>A WebSocket component whose path says no more than having none.</summary>
    internal bool IsBareWebSocket =>
        Protocol is MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath && Value.Length == 1 && Value[0] == (byte)'/';

    private MultiaddrProtocol BareProtocol => Protocol == MultiaddrProtocol.WsWithPath ? MultiaddrProtocol.Ws : MultiaddrProtocol.Wss;

    /// <summary>The address of IP.</summary>
    /// <exception cref="InvalidOperationException">The protocol is another.</exception>
    public IPAddress ToIPAddress() => IsIp ? new IPAddress(Value) : throw new InvalidOperationException($"{Protocol} is no address of IP.");

    /// <summary>The value of a protocol whose value is UTF-8, such as a name.</summary>
    /// <exception cref="InvalidOperationException">The protocol is another.</exception>
    public string ToText() =>
        IsName || Protocol is MultiaddrProtocol.Ip6Zone or MultiaddrProtocol.Unix or MultiaddrProtocol.Sni
            or MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath
            ? Encoding.UTF8.GetString(Value)
            : throw new InvalidOperationException($"The value of {Protocol} is not text.");
}
