namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Names and value lengths of the protocols.</summary>
internal static class ProtocolTable
{
    /// <summary>Stands for the length of a value with a length prefix.</summary>
    public const int Variable = -1;

    /// <summary>Stands for the length of a value of an unknown protocol.</summary>
    public const int Unknown = -2;

    // The protocols in use first: names are looked up from the start.
    private static readonly (MultiaddrProtocol Protocol, byte[] Name)[] s_names =
    [
        (MultiaddrProtocol.Ip4, "ip4"u8.ToArray()),
        (MultiaddrProtocol.Tcp, "tcp"u8.ToArray()),
        (MultiaddrProtocol.Dns4, "dns4"u8.ToArray()),
        (MultiaddrProtocol.Ip6, "ip6"u8.ToArray()),
        (MultiaddrProtocol.Onion3, "onion3"u8.ToArray()),
        (MultiaddrProtocol.Memory, "memory"u8.ToArray()),
        (MultiaddrProtocol.Dccp, "dccp"u8.ToArray()),
        (MultiaddrProtocol.Ip6Zone, "ip6zone"u8.ToArray()),
        (MultiaddrProtocol.IpCidr, "ipcidr"u8.ToArray()),
        (MultiaddrProtocol.Dns, "dns"u8.ToArray()),
        (MultiaddrProtocol.Dns6, "dns6"u8.ToArray()),
        (MultiaddrProtocol.DnsAddr, "dnsaddr"u8.ToArray()),
        (MultiaddrProtocol.Sctp, "sctp"u8.ToArray()),
        (MultiaddrProtocol.Udp, "udp"u8.ToArray()),
        (MultiaddrProtocol.P2pWebRtcStar, "p2p-webrtc-star"u8.ToArray()),
        (MultiaddrProtocol.P2pWebRtcDirect, "p2p-webrtc-direct"u8.ToArray()),
        (MultiaddrProtocol.P2pStardust, "p2p-stardust"u8.ToArray()),
        (MultiaddrProtocol.WebRtcDirect, "webrtc-direct"u8.ToArray()),
        (MultiaddrProtocol.WebRtc, "webrtc"u8.ToArray()),
        (MultiaddrProtocol.P2pCircuit, "p2p-circuit"u8.ToArray()),
        (MultiaddrProtocol.Udt, "udt"u8.ToArray()),
        (MultiaddrProtocol.Utp, "utp"u8.ToArray()),
        (MultiaddrProtocol.Unix, "unix"u8.ToArray()),
        (MultiaddrProtocol.P2p, "p2p"u8.ToArray()),
        (MultiaddrProtocol.Https, "https"u8.ToArray()),
        (MultiaddrProtocol.Onion, "onion"u8.ToArray()),
        (MultiaddrProtocol.Garlic64, "garlic64"u8.ToArray()),
        (MultiaddrProtocol.Garlic32, "garlic32"u8.ToArray()),
        (MultiaddrProtocol.Tls, "tls"u8.ToArray()),
        (MultiaddrProtocol.Sni, "sni"u8.ToArray()),
        (MultiaddrProtocol.Noise, "noise"u8.ToArray()),
        (MultiaddrProtocol.Quic, "quic"u8.ToArray()),
        (MultiaddrProtocol.QuicV1, "quic-v1"u8.ToArray()),
        (MultiaddrProtocol.WebTransport, "webtransport"u8.ToArray()),
        (MultiaddrProtocol.CertHash, "certhash"u8.ToArray()),
        (MultiaddrProtocol.Ws, "ws"u8.ToArray()),
        (MultiaddrProtocol.Wss, "wss"u8.ToArray()),
        (MultiaddrProtocol.P2pWebSocketStar, "p2p-websocket-star"u8.ToArray()),
        (MultiaddrProtocol.Http, "http"u8.ToArray()),
        (MultiaddrProtocol.WsWithPath, "x-parity-ws"u8.ToArray()),
        (MultiaddrProtocol.WssWithPath, "x-parity-wss"u8.ToArray()),
        (MultiaddrProtocol.P2p, "ipfs"u8.ToArray()),
    ];

    /// <summary>Bytes of a value, <see cref="Variable"/> or <see cref="Unknown"/>.</summary>
    public static int ValueLength(MultiaddrProtocol protocol) =>
        protocol switch
        {
            MultiaddrProtocol.Ip4 => 4,
            MultiaddrProtocol.Tcp or MultiaddrProtocol.Dccp or MultiaddrProtocol.Sctp or MultiaddrProtocol.Udp => 2,
            MultiaddrProtocol.Ip6 => 16,
            MultiaddrProtocol.Ip6Zone or MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or
                MultiaddrProtocol.DnsAddr or MultiaddrProtocol.Unix or MultiaddrProtocol.P2p or MultiaddrProtocol.Garlic64 or
                MultiaddrProtocol.Garlic32 or MultiaddrProtocol.Sni or MultiaddrProtocol.CertHash or MultiaddrProtocol.WsWithPath or
                MultiaddrProtocol.WssWithPath => Variable,
            MultiaddrProtocol.Memory => 8,
            MultiaddrProtocol.Onion3 => 37,
            MultiaddrProtocol.Onion => 12,
            MultiaddrProtocol.IpCidr => 1,
            MultiaddrProtocol.P2pWebRtcStar or MultiaddrProtocol.P2pWebRtcDirect or MultiaddrProtocol.P2pStardust or
                MultiaddrProtocol.WebRtcDirect or MultiaddrProtocol.WebRtc or MultiaddrProtocol.P2pCircuit or
                MultiaddrProtocol.Udt or MultiaddrProtocol.Utp or MultiaddrProtocol.Https or MultiaddrProtocol.Tls or
                MultiaddrProtocol.Noise or MultiaddrProtocol.Quic or MultiaddrProtocol.QuicV1 or MultiaddrProtocol.WebTransport or
                MultiaddrProtocol.Ws or MultiaddrProtocol.Wss or MultiaddrProtocol.P2pWebSocketStar or MultiaddrProtocol.Http => 0,
            _ => Unknown,
        };

    /// <summary>The name in the text form.</summary>
    public static string Name(MultiaddrProtocol protocol) =>
        protocol switch
        {
            MultiaddrProtocol.Ip4 => "ip4",
            MultiaddrProtocol.Tcp => "tcp",
            MultiaddrProtocol.Dccp => "dccp",
            MultiaddrProtocol.Ip6 => "ip6",
            MultiaddrProtocol.Ip6Zone => "ip6zone",
            MultiaddrProtocol.IpCidr => "ipcidr",
            MultiaddrProtocol.Dns => "dns",
            MultiaddrProtocol.Dns4 => "dns4",
            MultiaddrProtocol.Dns6 => "dns6",
            MultiaddrProtocol.DnsAddr => "dnsaddr",
            MultiaddrProtocol.Sctp => "sctp",
            MultiaddrProtocol.Udp => "udp",
            MultiaddrProtocol.P2pWebRtcStar => "p2p-webrtc-star",
            MultiaddrProtocol.P2pWebRtcDirect => "p2p-webrtc-direct",
            MultiaddrProtocol.P2pStardust => "p2p-stardust",
            MultiaddrProtocol.WebRtcDirect => "webrtc-direct",
            MultiaddrProtocol.WebRtc => "webrtc",
            MultiaddrProtocol.P2pCircuit => "p2p-circuit",
            MultiaddrProtocol.Udt => "udt",
            MultiaddrProtocol.Utp => "utp",
            MultiaddrProtocol.Unix => "unix",
            MultiaddrProtocol.P2p => "p2p",
            MultiaddrProtocol.Https => "https",
            MultiaddrProtocol.Onion => "onion",
            MultiaddrProtocol.Onion3 => "onion3",
            MultiaddrProtocol.Garlic64 => "garlic64",
            MultiaddrProtocol.Garlic32 => "garlic32",
            MultiaddrProtocol.Tls => "tls",
            MultiaddrProtocol.Sni => "sni",
            MultiaddrProtocol.Noise => "noise",
            MultiaddrProtocol.Quic => "quic",
            MultiaddrProtocol.QuicV1 => "quic-v1",
            MultiaddrProtocol.WebTransport => "webtransport",
            MultiaddrProtocol.CertHash => "certhash",
            MultiaddrProtocol.Ws => "ws",
            MultiaddrProtocol.Wss => "wss",
            MultiaddrProtocol.P2pWebSocketStar => "p2p-websocket-star",
            MultiaddrProtocol.Http => "http",
            MultiaddrProtocol.Memory => "memory",
            MultiaddrProtocol.WsWithPath => "x-parity-ws",
            MultiaddrProtocol.WssWithPath => "x-parity-wss",
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol in use."),
        };

    /// <summary>Finds a protocol by its name, in UTF-8; case matters.</summary>
    public static bool TryFind(ReadOnlySpan<byte> name, out MultiaddrProtocol protocol)
    {
        foreach ((MultiaddrProtocol candidate, byte[] candidateName) in s_names)
        {
            if (name.SequenceEqual(candidateName))
            {
                protocol = candidate;
                return true;
            }
        }

        protocol = default;
        return false;
    }
}
