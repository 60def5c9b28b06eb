using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A dial on its way, and who waits for it.</summary>
internal sealed class MemoryDial(Peer record)
{
    /// <summary>The record of the peer, as of the dial's start, with the marks of the dial.</summary>
    public Peer Record { get; set; } = record;

    /// <summary>The addresses to try.</summary>
    public List<Multiaddr> Addresses { get; } = [];

    /// <summary>Whether the first address is tried.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Addresses tried.</summary>
    public int Tried { get; set; }

    /// <summary>The address that is tried.</summary>
    public Multiaddr Address { get; set; }

    /// <summary>When the address, or the handshake there, began.</summary>
    public TimeSpan Since { get; set; }

    /// <summary>The time until the socket was open.</summary>
    public TimeSpan DialTime { get; set; }

    /// <summary>Whether it came to an end; what is still on its way for it has no effect.</summary>
    public bool IsOver { get; set; }

    public List<(TaskCompletionSource<PeerConnectionHandle> Reply, ConnectionStrength Strength)> Waiters { get; } = [];

    /// <summary>Messages to send once there is a connection.</summary>
    public Queue<OutboundMessage> Messages { get; } = new();
}
