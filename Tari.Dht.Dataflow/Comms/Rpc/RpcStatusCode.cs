namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>How a call ended. The numbers are the network's; one that is not here counts as an error too.</summary>
public enum RpcStatusCode
{
    /// <summary>It succeeded.</summary>
    Ok = 0,

    /// <summary>The request makes no sense.</summary>
    BadRequest = 1,

    /// <summary>There is no such method.</summary>
    UnsupportedMethod = 2,

    /// <summary>The method exists, and does nothing yet.</summary>
    NotImplemented = 3,

    /// <summary>The deadline passed.</summary>
    Timeout = 4,

    /// <summary>The response makes no sense.</summary>
    MalformedResponse = 5,

    /// <summary>Something else failed.</summary>
    General = 6,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 7,

    /// <summary>The protocol was not kept.</summary>
    ProtocolError = 8,

    /// <summary>The caller may not.</summary>
    Forbidden = 9,

    /// <summary>It contradicts what is there.</summary>
    Conflict = 10,
}
