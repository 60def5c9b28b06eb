using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>A peer of the pool: connected, being dialled, or neither any more.</summary>
/// <param name="peer">Who it is.</param>
internal sealed class PoolMember(NodeId peer)
{
    /// <summary>How long a dial may take before the peer's place is given to another.</summary>
    public static readonly TimeSpan DialGrace = TimeSpan.FromSeconds(60);

    /// <summary>Who it is.</summary>
    public NodeId Peer => peer;

    /// <summary>The pool's hold on the connection; may be of one that has ended.</summary>
    public PeerConnectionHandle? Handle { get; set; }

    /// <summary>When the dial began; null once there was a connection.</summary>
    public TimeSpan? DialledAt { get; set; }

    /// <summary>Whether the connection is up.</summary>
    public bool IsLive => Handle is { Connection.IsConnected: true };

    /// <summary>Whether the connection is up and this node has dialled.</summary>
    public bool IsLiveOutbound => Handle is { Connection: { IsConnected: true, Direction: ConnectionDirection.Outbound } };

    /// <summary>Whether the connection may still come.</summary>
    /// <param name="now">The time.</param>
    public bool IsPending(TimeSpan now) => !IsLive && DialledAt is { } at && now - at < DialGrace;
}
