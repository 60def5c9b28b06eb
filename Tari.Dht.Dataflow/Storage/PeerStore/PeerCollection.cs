namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>What a collection has removed.</summary>
/// <param name="NeverSeen">Peers that were not reached.</param>
/// <param name="Banned">Banned peers that have addresses.</param>
/// <param name="AddressLess">Peers without any address.</param>
/// <param name="SoftDeleted">Peers that were deleted long enough ago.</param>
public readonly record struct PeerCollection(int NeverSeen, int Banned, int AddressLess, int SoftDeleted)
{
    /// <summary>All of them.</summary>
    public int Total => NeverSeen + Banned + AddressLess + SoftDeleted;
}
