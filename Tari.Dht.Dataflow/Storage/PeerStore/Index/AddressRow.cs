using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>What the queries of <see cref="PeerIndex"/> ask of one address of a peer.</summary>
internal struct AddressRow
{
    /// <summary>The last success in UTC ticks; <see cref="PeerSlot.Never"/> for none.</summary>
    public long LastSeen;

    /// <summary>The row's place among all rows: rising in the order in which they were added, and kept as long as the row is.</summary>
    public long Number;

    /// <summary>Number of the network group in <see cref="NetworkGroups"/>.</summary>
    public int Group;

    /// <summary>The kind by which queries filter; <see cref="TransportKinds.None"/> for names.</summary>
    public TransportKinds Kind;

    public bool IsExternal;

    public bool IsFailed;

    /// <summary>Whether a filter by kinds lets the row pass; the filter without any kind passes all.</summary>
    public readonly bool IsOf(TransportKinds kinds) => kinds == TransportKinds.None || (Kind & kinds) != 0;
}
