using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>What the queries of <see cref="PeerIndex"/> ask of one peer, without a look at the record itself.</summary>
internal struct PeerSlot
{
    /// <summary>Stands for the absence of a time; earlier than all times.</summary>
    public const long Never = long.MinValue;

    /// <summary>The addresses in row order; null when the slot is free.</summary>
    public AddressRow[]? Rows;

    /// <summary>End of the last ban in UTC ticks; <see cref="Never"/> for none.</summary>
    public long BannedUntil;

    /// <summary>The latest <see cref="AddressRow.LastSeen"/>.</summary>
    public long LastSeen;

    public PeerFeatures Features;

    /// <summary>Index in the <see cref="DrawPool"/> of the slot.</summary>
    public int Position;

    /// <summary>The kinds of all rows.</summary>
    public TransportKinds Kinds;

    public PeerFlags Flags;

    public bool IsDeleted;

    /// <summary>Whether the record has external addresses only, so that it can be handed out as it is.</summary>
    public bool IsAllExternal;

    /// <summary>Set during one draw for those drawn already.</summary>
    public bool IsDrawn;

    /// <summary>Whether the peer can be drawn for messages and dialled, at a time without a ban.</summary>
    public readonly bool IsCandidate =>
        !IsDeleted && (Features & PeerFeatures.CommunicationNode) != 0 && Rows is { Length: > 0 };

    /// <summary>Whether a draw may look for the peer by when it was seen.</summary>
    public readonly bool IsListed => Rows is not null && !IsDeleted && LastSeen != Never;

    /// <summary>Whether there is a ban that ends now or later.</summary>
    public readonly bool IsBanned(long now) => BannedUntil >= now;

    /// <summary>Whether any row passes a filter by kinds.</summary>
    public readonly bool IsOf(TransportKinds kinds) => kinds == TransportKinds.None || (Kinds & kinds) != 0;

    /// <summary>Whether the peer is a client, if that is asked for, or else shares a bit.</summary>
    public readonly bool Has(PeerFeatures features) =>
        features == PeerFeatures.CommunicationClient ? Features == features : (Features & features) != 0;
}
