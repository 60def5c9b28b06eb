namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>The members of a pool by what they are.</summary>
/// <param name="Outbound">Connected, dialled by this node.</param>
/// <param name="Inbound">Connected, dialled by the peer.</param>
/// <param name="Pending">Being dialled.</param>
internal readonly record struct PoolCounts(int Outbound, int Inbound, int Pending)
{
    /// <summary>Connected ones.</summary>
    public int Connected => Outbound + Inbound;
}
