using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A dial on its way.</summary>
internal sealed class MemoryDial(PeerDial dial, Peer record)
{
    /// <summary>The manager's side of it.</summary>
    public PeerDial Dial => dial;

    /// <summary>The record of the peer, as of the dial's start, with the marks of the dial.</summary>
    public Peer Record { get; set; } = record;

    /// <summary>The addresses to try.</summary>
    public List<Multiaddr> Addresses { get; } = [];

    /// <summary>Addresses tried.</summary>
    public int Tried { get; set; }

    /// <summary>The address that is tried.</summary>
    public Multiaddr Address { get; set; }

    /// <summary>When the address, or the handshake there, began.</summary>
    public TimeSpan Since { get; set; }

    /// <summary>The time until the socket was open.</summary>
    public TimeSpan DialTime { get; set; }
}
