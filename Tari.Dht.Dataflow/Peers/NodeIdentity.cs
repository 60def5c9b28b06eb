using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Who this node is: its keys, and what it offers.</summary>
/// <remarks>Owns the secret key, which is zeroed when this is disposed. Immutable, thread safe.</remarks>
public sealed class NodeIdentity : IDisposable
{
    /// <summary>An identity of <paramref name="secretKey"/>.</summary>
    /// <param name="secretKey">The secret key; owned by the identity from here on.</param>
    /// <param name="features">What the node offers.</param>
    public NodeIdentity(CommsSecretKey secretKey, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        ArgumentNullException.ThrowIfNull(secretKey);
        SecretKey = secretKey;
        PublicKey = secretKey.PublicKey;
        NodeId = NodeId.FromPublicKey(PublicKey);
        Features = features;
    }

    /// <summary>The public key.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The place in the network.</summary>
    public NodeId NodeId { get; }

    /// <summary>What the node offers.</summary>
    public PeerFeatures Features { get; }

    internal CommsSecretKey SecretKey { get; }

    /// <summary>A new random identity.</summary>
    /// <param name="features">What the node offers.</param>
    public static NodeIdentity Generate(PeerFeatures features = PeerFeatures.CommunicationNode) => new(CommsSecretKey.Generate(), features);

    /// <summary>Zeroes the secret key.</summary>
    public void Dispose() => SecretKey.Dispose();
}
