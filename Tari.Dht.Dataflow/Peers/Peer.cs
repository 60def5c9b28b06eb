using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>What this node knows of a peer.</summary>
/// <remarks>
/// Immutable: what changes a peer answers another one, which the store does not know before it is saved. Equality and hash are those of the
/// public key. Thread safe; one object serves all messages of the peer.
/// </remarks>
public sealed record Peer
{
    private readonly long _id;

    /// <summary>Describes a peer by its key.</summary>
    /// <param name="publicKey">The peer's public key, which determines its node id.</param>
    /// <param name="features">What the peer offers.</param>
    public Peer(CommsPublicKey publicKey, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        PublicKey = publicKey;
        NodeId = NodeId.FromPublicKey(publicKey);
        Features = features;
    }

    /// <summary>Whether the record comes from a store.</summary>
    public bool HasId => _id > 0;

    /// <summary>The row in the store, above 0.</summary>
    /// <exception cref="InvalidOperationException">The record does not come from a store.</exception>
    public long Id
    {
        get => HasId ? _id : throw new InvalidOperationException("The peer was not stored yet, so it has no row.");
        init => _id = value;
    }

    /// <summary>The peer's public key.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The peer's place in the network; follows from the key unless it is given.</summary>
    public NodeId NodeId { get; init; }

    /// <summary>What the peer offers.</summary>
    public PeerFeatures Features { get; init; }

    /// <summary>What this node notes about the peer.</summary>
    public PeerFlags Flags { get; init; }

    /// <summary>Its addresses. As read from a store they are not sorted, and not empty: without any, the empty address stands there.</summary>
    public MultiaddressesWithStats Addresses { get; init; } = MultiaddressesWithStats.Empty;

    /// <summary>The end of the ban, also of one that has ended; null when there was none.</summary>
    public DateTimeOffset? BannedUntil { get; init; }

    /// <summary>Why the peer is, or was, banned; empty for no reason.</summary>
    public string BannedReason { get; init; } = "";

    /// <summary>The protocols that the peer last said it speaks; a hint.</summary>
    public ImmutableArray<ProtocolId> SupportedProtocols { get; init; } = [];

    /// <summary>When the record was made; null before it is stored, when the store's clock is to say.</summary>
    public DateTimeOffset? AddedAt { get; init; }

    /// <summary>What the peer says it runs.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>Notes of the application, by number.</summary>
    public ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> Metadata { get; init; } =
        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty;

    /// <summary>When the record was deleted, which keeps it for a while; null when it was not.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Whether the peer is a seed.</summary>
    public bool IsSeed => (Flags & PeerFlags.Seed) != 0;

    /// <inheritdoc/>
    public bool Equals(Peer? other) => other is not null && PublicKey == other.PublicKey;

    /// <inheritdoc/>
    public override int GetHashCode() => PublicKey.GetHashCode();
}
