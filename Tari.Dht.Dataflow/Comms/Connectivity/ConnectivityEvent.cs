using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What happened to the connections of a node.</summary>
public abstract record ConnectivityEvent
{
    private ConnectivityEvent()
    {
    }

    /// <summary>Connectivity began; once.</summary>
    public sealed record StateInitialized : ConnectivityEvent;

    /// <summary>A connection was taken into the pool.</summary>
    /// <param name="Connection">The connection; take a handle of it to use it.</param>
    public sealed record PeerConnected(IPeerConnection Connection) : ConnectivityEvent;

    /// <summary>A connection of the pool ended.</summary>
    /// <param name="Peer">Whose.</param>
    /// <param name="IsMinimized">Closed for tidiness.</param>
    public sealed record PeerDisconnected(NodeId Peer, bool IsMinimized) : ConnectivityEvent;

    /// <summary>A dial failed.</summary>
    /// <param name="Peer">Who was dialled.</param>
    public sealed record PeerConnectFailed(NodeId Peer) : ConnectivityEvent;

    /// <summary>A ban was decided; a connection is closed after this.</summary>
    /// <param name="Peer">Whose.</param>
    public sealed record PeerBanned(NodeId Peer) : ConnectivityEvent;

    /// <summary>The status changed, or its count while degraded.</summary>
    /// <param name="Status">The new one.</param>
    public sealed record StateChanged(ConnectivityStatus Status) : ConnectivityEvent;
}
