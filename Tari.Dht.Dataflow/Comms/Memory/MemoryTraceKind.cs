namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>What can happen in a network in one process.</summary>
public enum MemoryTraceKind
{
    /// <summary>A node began.</summary>
    Started,

    /// <summary>A node ended, and told its peers.</summary>
    Stopped,

    /// <summary>A node ended, and told nobody.</summary>
    Crashed,

    /// <summary>A dial succeeded.</summary>
    Connected,

    /// <summary>A dial failed.</summary>
    ConnectFailed,

    /// <summary>A node let a connection go, or noticed its end.</summary>
    Disconnected,

    /// <summary>A node banned another.</summary>
    Banned,

    /// <summary>A node's peer store did not take something: it doesn't know the peer, or has ended.</summary>
    NotStored,

    /// <summary>A message left.</summary>
    Sent,

    /// <summary>A message was lost on the way.</summary>
    Lost,

    /// <summary>A message was doubled on the way.</summary>
    Duplicated,

    /// <summary>A message reached the other node.</summary>
    Delivered,
}
