namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Where an address came from. The values are stored.</summary>
public enum PeerAddressSourceKind : byte
{
    /// <summary>The configuration; the only kind without a claim.</summary>
    Config = 0,

    /// <summary>This node's own identity.</summary>
    FromNodeIdentity = 1,

    /// <summary>The exchange of identities on a connection.</summary>
    FromPeerConnection = 2,

    /// <summary>A discovery, a join, or another peer's list.</summary>
    FromDiscovery = 3,

    /// <summary>Another peer, which is named. No longer made, only read.</summary>
    FromAnotherPeer = 4,

    /// <summary>A join message. No longer made, only read.</summary>
    FromJoinMessage = 5,
}
