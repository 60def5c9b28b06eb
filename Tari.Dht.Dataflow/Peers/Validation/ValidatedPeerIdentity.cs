using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What a peer said about itself when a connection started, checked.</summary>
/// <param name="Claim">The whole claim as it was signed, also with addresses that are not permitted.</param>
/// <param name="PermittedAddresses">The addresses to keep, in the claim's order; possibly none.</param>
/// <param name="UserAgent">What the peer says it runs: printable ASCII, possibly empty. Not signed.</param>
/// <param name="SupportedProtocols">The protocols it says it speaks: printable ASCII without commas. Not signed.</param>
public sealed record ValidatedPeerIdentity(
    PeerIdentityClaim Claim,
    ImmutableArray<Multiaddr> PermittedAddresses,
    string UserAgent,
    ImmutableArray<ProtocolId> SupportedProtocols);
