using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What a peer said about itself when a connection started, checked.</summary>
/// <remarks>Immutable, thread safe. An address that a peer claims was not seen for that: nothing here marks any as seen.</remarks>
/// <param name="PublicKey">The key that the connection has proved.</param>
/// <param name="Claim">The whole claim as it was signed, also with addresses that are not permitted.</param>
/// <param name="PermittedAddresses">The addresses to keep, in the claim's order; possibly none.</param>
/// <param name="UserAgent">What the peer says it runs: printable ASCII, possibly empty. Not signed.</param>
/// <param name="SupportedProtocols">The protocols it says it speaks: printable ASCII without commas. Not signed.</param>
public sealed record ValidatedPeerIdentity(
    CommsPublicKey PublicKey,
    PeerIdentityClaim Claim,
    ImmutableArray<Multiaddr> PermittedAddresses,
    string UserAgent,
    ImmutableArray<ProtocolId> SupportedProtocols)
{
    /// <summary>The whole claim as it was signed, also with addresses that are not permitted.</summary>
    public PeerIdentityClaim Claim { get; init; } = Claim ?? throw new ArgumentNullException(nameof(Claim));

    /// <summary>The addresses to keep, in the claim's order; possibly none.</summary>
    public ImmutableArray<Multiaddr> PermittedAddresses { get; init; } = PermittedAddresses.IsDefault ? [] : PermittedAddresses;

    /// <summary>What the peer says it runs: printable ASCII, possibly empty. Not signed.</summary>
    public string UserAgent { get; init; } = UserAgent ?? throw new ArgumentNullException(nameof(UserAgent));

    /// <summary>The protocols it says it speaks: printable ASCII without commas. Not signed.</summary>
    public ImmutableArray<ProtocolId> SupportedProtocols { get; init; } = SupportedProtocols.IsDefault ? [] : SupportedProtocols;

    /// <summary>The record to store of a peer that connected to this node.</summary>
    /// <param name="known">What is known of the peer; null for nothing. It stays as it is.</param>
    /// <param name="now">The clock of this node.</param>
    /// <exception cref="ArgumentException"><paramref name="known"/> is another peer.</exception>
    public Peer ToInboundPeer(Peer? known, DateTimeOffset now) =>
        ToOutboundPeer(known ?? new Peer(PublicKey, Claim.Features), now) with { Features = Claim.Features };

    /// <summary>
    /// The record to store of a peer that this node dialled. Its features stay as they were known, as on the network's other nodes.
    /// </summary>
    /// <param name="dialled">The record that was dialled, with the marks of the dial. It stays as it is.</param>
    /// <param name="now">The clock of this node.</param>
    /// <exception cref="ArgumentException"><paramref name="dialled"/> is another peer.</exception>
    public Peer ToOutboundPeer(Peer dialled, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(dialled);
        if (dialled.PublicKey != PublicKey)
        {
            throw new ArgumentException("The record belongs to another peer.", nameof(dialled));
        }

        // A claim that only has local addresses leaves those alone that are known.
        MultiaddressesWithStats addresses = PermittedAddresses.IsEmpty
            ? dialled.Addresses
            : dialled.Addresses.Merge(
                MultiaddressesWithStats.FromAddresses(PermittedAddresses.AsSpan(), PeerAddressSource.FromPeerConnection(Claim)), now);
        return dialled with { Addresses = addresses, UserAgent = UserAgent, SupportedProtocols = SupportedProtocols };
    }
}
