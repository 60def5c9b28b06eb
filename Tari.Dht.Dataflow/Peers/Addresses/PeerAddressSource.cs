using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Where an address came from, with the claim that announced it.</summary>
/// <remarks>
/// Immutable; one object serves all addresses of a claim. <see cref="Equals(PeerAddressSource)"/> compares the kind alone.
/// </remarks>
public sealed class PeerAddressSource : IEquatable<PeerAddressSource>
{
    private PeerAddressSource(PeerAddressSourceKind kind, PeerIdentityClaim? claim, CommsPublicKey? sourcePeer = null)
    {
        Kind = kind;
        Claim = claim;
        SourcePeer = sourcePeer;
    }

    /// <summary>The configuration.</summary>
    public static PeerAddressSource Config { get; } = new(PeerAddressSourceKind.Config, null);

    /// <summary>The kind.</summary>
    public PeerAddressSourceKind Kind { get; }

    /// <summary>The claim; null for <see cref="Config"/> alone.</summary>
    public PeerIdentityClaim? Claim { get; }

    /// <summary>Who passed the claim on; given for <see cref="PeerAddressSourceKind.FromAnotherPeer"/> alone.</summary>
    public CommsPublicKey? SourcePeer { get; }

    /// <summary>Whether this is the configuration.</summary>
    public bool IsConfig => Kind == PeerAddressSourceKind.Config;

    /// <summary>This node's own identity.</summary>
    /// <param name="claim">The claim.</param>
    public static PeerAddressSource FromNodeIdentity(PeerIdentityClaim claim) => Of(PeerAddressSourceKind.FromNodeIdentity, claim);

    /// <summary>The exchange of identities on a connection.</summary>
    /// <param name="claim">The claim.</param>
    public static PeerAddressSource FromPeerConnection(PeerIdentityClaim claim) => Of(PeerAddressSourceKind.FromPeerConnection, claim);

    /// <summary>A discovery, a join, or another peer's list.</summary>
    /// <param name="claim">The claim.</param>
    public static PeerAddressSource FromDiscovery(PeerIdentityClaim claim) => Of(PeerAddressSourceKind.FromDiscovery, claim);

    /// <summary>Another peer; only stores made elsewhere have these.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="sourcePeer">Who passed it on.</param>
    public static PeerAddressSource FromAnotherPeer(PeerIdentityClaim claim, CommsPublicKey sourcePeer) =>
        Of(PeerAddressSourceKind.FromAnotherPeer, claim, sourcePeer);

    /// <summary>A join message; only stores made elsewhere have these.</summary>
    /// <param name="claim">The claim.</param>
    public static PeerAddressSource FromJoinMessage(PeerIdentityClaim claim) => Of(PeerAddressSourceKind.FromJoinMessage, claim);

    /// <summary>Equality of the kinds; the claims do not matter.</summary>
    /// <param name="other">The source to compare with.</param>
    public bool Equals(PeerAddressSource? other) => other is not null && Kind == other.Kind;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerAddressSource);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Kind;

    /// <summary>The name of the kind.</summary>
    public override string ToString() => Kind.ToString();

    private static PeerAddressSource Of(PeerAddressSourceKind kind, PeerIdentityClaim claim, CommsPublicKey? sourcePeer = null)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return new PeerAddressSource(kind, claim, sourcePeer);
    }
}
