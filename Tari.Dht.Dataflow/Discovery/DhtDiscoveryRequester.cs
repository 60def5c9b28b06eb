using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Finds the contact details of a key: an encrypted question travels the network, the peer itself answers.</summary>
/// <remarks>
/// Thread safe. Nothing is asked twice: a question that is lost ends with the timeout. Requests for the same key are independent of each
/// other, but the first answer serves them all.
/// </remarks>
public sealed class DhtDiscoveryRequester : IPeerDiscoverer, IDiscoveryResponseTarget
{
    private readonly DhtDiscoveryService _service;

    internal DhtDiscoveryRequester(DhtDiscoveryService service, TimeSpan timeout)
    {
        _service = service;
        Timeout = timeout;
    }

    /// <summary>How long a request waits, from the call.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Asks the network for a peer.</summary>
    /// <param name="publicKey">Whom.</param>
    /// <param name="destination">Where the question goes: the key, as a question with any other destination reaches nobody.</param>
    /// <param name="cancellationToken">Ends the waiting; a question that has not gone out by then does not any more.</param>
    /// <returns>The peer as it is in the store. It may be banned there.</returns>
    /// <exception cref="DhtDiscoveryException">The peer was not found, for the reason given.</exception>
    public ValueTask<Peer> DiscoverPeerAsync(
        CommsPublicKey publicKey, NodeDestination destination, CancellationToken cancellationToken = default) =>
        new(_service.DiscoverAsync(publicKey, destination, Timeout, cancellationToken));

    ValueTask<bool> IDiscoveryResponseTarget.NotifyAsync(ReceivedDiscoveryResponse response, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_service.Notify(response));
}
