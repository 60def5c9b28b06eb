namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>Why a server opens no session. The numbers are the network's.</summary>
internal enum RpcRejectReason
{
    /// <summary>Not said, or a number that is not here.</summary>
    Unknown = 0,

    /// <summary>None of the versions that were offered is spoken.</summary>
    UnsupportedVersion = 1,

    /// <summary>The server has as many sessions as it takes.</summary>
    NoServerSessionsAvailable = 2,

    /// <summary>The caller has as many sessions as it may.</summary>
    NoClientSessionsAvailable = 3,

    /// <summary>There is no service of this protocol.</summary>
    ProtocolNotSupported = 4,
}
