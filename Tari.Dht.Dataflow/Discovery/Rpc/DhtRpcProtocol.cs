using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>What both sides of the peer-sharing protocol agree on.</summary>
internal static class DhtRpcProtocol
{
    /// <summary>The number of the only method, which streams peers.</summary>
    public const uint GetPeers = 10;

    /// <summary>Objects that decoding one message may make.</summary>
    public const int MaxDecodeItems = 65_536;

    /// <summary>The protocol's name.</summary>
    public static ProtocolId Name { get; } = new("t/dht/1"u8);
}
