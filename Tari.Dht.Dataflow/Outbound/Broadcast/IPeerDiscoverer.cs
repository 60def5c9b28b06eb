using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Finds a peer that nobody here knows.</summary>
public interface IPeerDiscoverer
{
    /// <summary>Asks the network for a peer.</summary>
    /// <param name="publicKey">Whom.</param>
    /// <param name="destination">Where the question goes; only a key can be reached.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The peer, validated and stored.</returns>
    /// <exception cref="Exception">The peer was not found; the message says why.</exception>
    ValueTask<Peer> DiscoverPeerAsync(CommsPublicKey publicKey, NodeDestination destination, CancellationToken cancellationToken = default);
}
