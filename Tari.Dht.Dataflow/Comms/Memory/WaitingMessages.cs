using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Messages to a peer that is dialled for them. What came of the dial is told to the node in a turn.</summary>
internal sealed class WaitingMessages(NodeId peer, Action<WaitingMessages> end) : IDialObserver
{
    public NodeId Peer => peer;

    public Queue<OutboundMessage> Messages { get; } = new();

    /// <summary>The connection, once there is one.</summary>
    public PeerConnectionHandle? Handle { get; private set; }

    public void OnConnected(PeerConnectionHandle handle)
    {
        Handle = handle;
        end(this);
    }

    public void OnFailed(ConnectivityException error) => end(this);
}
