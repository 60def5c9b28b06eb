namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The header's protocol version. Both are read alike; the number only enters the binding hash.</summary>
public enum DhtProtocolVersion : uint
{
    /// <summary>Version 1.</summary>
    V1 = 1,

    /// <summary>Version 2, which own messages have unless configured otherwise.</summary>
    V2 = 2,
}
