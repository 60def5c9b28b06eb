using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What came of collecting the answer to a request for peers.</summary>
/// <param name="Peers">The peers in the order in which they came, none of them checked; none after a failure.</param>
/// <param name="Unconvertible">Responses with a peer whose fields are no peer; 0 after a failure.</param>
/// <param name="Failure">Why the answer is worth nothing; null if it isn't.</param>
internal readonly record struct PeerStreamResult(
    IReadOnlyList<UnvalidatedPeerInfo> Peers, int Unconvertible = 0, NetworkDiscoveryFailure? Failure = null)
{
    /// <summary>Responses with a peer of any worth: whoever sent one has answered.</summary>
    public int Count => Peers.Count + Unconvertible;
}
