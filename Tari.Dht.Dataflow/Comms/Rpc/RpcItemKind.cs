namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>What a caller reads from a stream of responses.</summary>
public enum RpcItemKind
{
    /// <summary>A response.</summary>
    Message,

    /// <summary>The end after the last response.</summary>
    End,

    /// <summary>A status that is an error; nothing follows.</summary>
    Failed,

    /// <summary>Nothing came within the time that the reader gave it. What comes later can still be read.</summary>
    TimedOut,

    /// <summary>The session or its connection has ended.</summary>
    ConnectionLost,
}
