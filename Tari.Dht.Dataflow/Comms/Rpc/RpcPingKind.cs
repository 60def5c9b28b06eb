namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>What came of a ping.</summary>
public enum RpcPingKind
{
    /// <summary>The peer answered it.</summary>
    Answered,

    /// <summary>The peer answered with a status that is an error. No offence.</summary>
    Failed,

    /// <summary>What the peer answered is no answer to a ping. No offence.</summary>
    Malformed,

    /// <summary>No answer came in time. The session stays; an answer that comes later is passed over.</summary>
    TimedOut,

    /// <summary>The session or its connection has ended.</summary>
    ConnectionLost,
}
