using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>What a destination means among peers.</summary>
public static class NodeDestinationExtensions
{
    /// <summary>The node id that belongs to the destination's key; null for an unknown destination.</summary>
    /// <param name="destination">The destination.</param>
    public static NodeId? ToDerivedNodeId(this in NodeDestination destination) =>
        destination.TryGetPublicKey(out CommsPublicKey key) ? NodeId.FromPublicKey(key) : null;
}
