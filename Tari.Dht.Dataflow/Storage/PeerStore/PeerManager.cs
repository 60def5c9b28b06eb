using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>All peers that this node knows.</summary>
public sealed class PeerManager : IPeerLookup
{
    /// <inheritdoc/>
    public Peer? Find(in NodeId id) => throw new NotImplementedException();

    /// <summary>Looks a peer up by its key, soft-deleted and banned ones included.</summary>
    /// <param name="publicKey">The peer's key.</param>
    public Peer? Find(in CommsPublicKey publicKey) => throw new NotImplementedException();
}
