using Tari.Dht.Dataflow.Connectivity;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Pools of connections, added up.</summary>
/// <param name="Wanted">Members wanted.</param>
/// <param name="Outbound">Members that the pool's node dialled.</param>
/// <param name="Inbound">Members that dialled the pool's node.</param>
/// <param name="Pending">Members that are being dialled.</param>
/// <param name="BackedOff">Peers that could not be reached and have to wait.</param>
/// <param name="Starving">Pools that starve.</param>
internal readonly record struct PoolTotals(int Wanted, int Outbound, int Inbound, int Pending, int BackedOff, int Starving)
{
    /// <summary>The same with one more pool.</summary>
    public PoolTotals Add(PoolStatus pool) => new(
        Wanted + pool.Size,
        Outbound + pool.ConnectedOutbound,
        Inbound + pool.ConnectedInbound,
        Pending + pool.Pending,
        BackedOff + pool.BackedOff,
        Starving + (pool.IsStarving ? 1 : 0));
}
