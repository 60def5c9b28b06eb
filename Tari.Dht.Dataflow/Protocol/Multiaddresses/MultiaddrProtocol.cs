namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>What a component of a multiaddress is; the values are the codes of the binary form, integers in it are big-endian.</summary>
public enum MultiaddrProtocol
{
    /// <summary>An IPv4 address, 4 bytes.</summary>
    Ip4 = 4,

    /// <summary>A TCP port, 2 bytes.</summary>
    Tcp = 6,

    /// <summary>A DCCP port, 2 bytes.</summary>
    Dccp = 33,

    /// <summary>An IPv6 address, 16 bytes.</summary>
    Ip6 = 41,

    /// <summary>The zone of the IPv6 address that follows, UTF-8.</summary>
    Ip6Zone = 42,

    /// <summary>The prefix length of a network, 1 byte.</summary>
    IpCidr = 43,

    /// <summary>A name, UTF-8.</summary>
    Dns = 53,

    /// <summary>A name that stands for an IPv4 address, UTF-8.</summary>
    Dns4 = 54,

    /// <summary>A name that stands for an IPv6 address, UTF-8.</summary>
    Dns6 = 55,

    /// <summary>A name that stands for multiaddresses, UTF-8.</summary>
    DnsAddr = 56,

    /// <summary>An SCTP port, 2 bytes.</summary>
    Sctp = 132,

    /// <summary>A UDP port, 2 bytes.</summary>
    Udp = 273,

    /// <summary>Without a value.</summary>
    P2pWebRtcStar = 275,

    /// <summary>Without a value.</summary>
    P2pWebRtcDirect = 276,

    /// <summary>Without a value.</summary>
    P2pStardust = 277,

    /// <summary>Without a value.</summary>
    WebRtcDirect = 280,

    /// <summary>Without a value.</summary>
    WebRtc = 281,

    /// <summary>Without a value.</summary>
    P2pCircuit = 290,

    /// <summary>Without a value.</summary>
    Udt = 301,

    /// <summary>Without a value.</summary>
    Utp = 302,

    /// <summary>A path, UTF-8.</summary>
    Unix = 400,

    /// <summary>A libp2p peer id, a multihash.</summary>
    P2p = 421,

    /// <summary>Without a value.</summary>
    Https = 443,

    /// <summary>A Tor address of version 2: 10 bytes and a port.</summary>
    Onion = 444,

    /// <summary>A Tor address of version 3: a key of 32 bytes, a checksum of 2, a version byte, a port.</summary>
    Onion3 = 445,

    /// <summary>An I2P destination.</summary>
    Garlic64 = 446,

    /// <summary>An I2P address.</summary>
    Garlic32 = 447,

    /// <summary>Without a value.</summary>
    Tls = 448,

    /// <summary>A server name, UTF-8.</summary>
    Sni = 449,

    /// <summary>Without a value.</summary>
    Noise = 454,

    /// <summary>Without a value.</summary>
    Quic = 460,

    /// <summary>Without a value.</summary>
    QuicV1 = 461,

    /// <summary>Without a value.</summary>
    WebTransport = 465,

    /// <summary>The hash of a certificate, a multihash.</summary>
    CertHash = 466,

    /// <summary>Without a value.</summary>
    Ws = 477,

    /// <summary>Without a value.</summary>
    Wss = 478,

    /// <summary>Without a value.</summary>
    P2pWebSocketStar = 479,

    /// <summary>Without a value.</summary>
    Http = 480,

    /// <summary>A number of an in-memory transport, 8 bytes.</summary>
    Memory = 777,

    /// <summary>WebSocket with a path, UTF-8.</summary>
    WsWithPath = 4770,

    /// <summary>WebSocket over TLS with a path, UTF-8.</summary>
    WssWithPath = 4780,
}
