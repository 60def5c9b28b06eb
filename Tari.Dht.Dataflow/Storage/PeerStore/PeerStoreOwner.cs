using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>The node whose peers a file holds.</summary>
/// <param name="PublicKey">Its key.</param>
/// <param name="NodeId">Its place in the network.</param>
/// <param name="Features">What it offers.</param>
public readonly record struct PeerStoreOwner(CommsPublicKey PublicKey, NodeId NodeId, PeerFeatures Features);
