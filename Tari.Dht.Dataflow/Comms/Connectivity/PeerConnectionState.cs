namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What became of a peer that is or was in the pool.</summary>
public enum PeerConnectionState
{
    /// <summary>There is a connection.</summary>
    Connected,

    /// <summary>The connection ended, and a dial failed since.</summary>
    Failed,

    /// <summary>The connection ended.</summary>
    Disconnected,

    /// <summary>The connection was closed for tidiness.</summary>
    Minimized,
}
