namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>What went wrong with a call, other than a status that the peer answered with.</summary>
internal enum DhtRpcFault
{
    /// <summary>A response is not what the protocol says.</summary>
    DecodeError,

    /// <summary>A response makes more objects than the protocol allows.</summary>
    DecodeBudgetExceeded,

    /// <summary>The session was not opened: the peer refused it, kept silent, or the connection has ended.</summary>
    Handshake,

    /// <summary>A ping was answered with something else. Nothing that a peer is blamed for.</summary>
    BadPing,
}
