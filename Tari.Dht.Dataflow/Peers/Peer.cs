using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A peer this node knows.</summary>
/// <remarks>Immutable; shared by all messages of the peer.</remarks>
public sealed class Peer
{
    /// <summary>Describes a peer by its key.</summary>
    /// <param name="publicKey">The peer's public key, which determines its node id.</param>
    /// <param name="features">What the peer offers.</param>
    public Peer(CommsPublicKey publicKey, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        PublicKey = publicKey;
        NodeId = NodeId.FromPublicKey(publicKey);
        Features = features;
    }

    /// <summary>The peer's public key.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The peer's place in the network.</summary>
    public NodeId NodeId { get; }

    /// <summary>What the peer offers.</summary>
    public PeerFeatures Features { get; }
}
