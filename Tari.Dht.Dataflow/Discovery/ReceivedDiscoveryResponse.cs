using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>A discovery response whose signer is its source and the key it names; its claim is not checked yet.</summary>
/// <param name="PublicKey">Who answers.</param>
/// <param name="Nonce">The number of the question.</param>
/// <param name="ConversionError">What is wrong with the claim's form.</param>
/// <param name="Info">The peer as it describes itself; null unless there is no conversion error.</param>
internal sealed record ReceivedDiscoveryResponse(
    CommsPublicKey PublicKey, ulong Nonce, PeerClaimError ConversionError, UnvalidatedPeerInfo? Info);
