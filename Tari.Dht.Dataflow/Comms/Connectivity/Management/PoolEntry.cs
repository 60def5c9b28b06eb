using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>What a manager knows of a peer that is or was connected. Used with the manager's lock held.</summary>
internal sealed class PoolEntry(NodeId peer)
{
    public NodeId Peer => peer;

    public PeerConnectionState State { get; set; }

    /// <summary>The connection; null once it has ended.</summary>
    public IPeerConnection? Connection { get; set; }

    /// <summary>The pool's own handle.</summary>
    public PeerConnectionHandle? Handle { get; set; }

    /// <summary>Whether this refresh has asked it to close.</summary>
    public bool IsClosing { get; set; }

    /// <summary>The connection if it can be used.</summary>
    public IPeerConnection? Live => Connection is { IsConnected: true } connection ? connection : null;

    public bool IsNode => Connection?.Features == PeerFeatures.CommunicationNode;
}
