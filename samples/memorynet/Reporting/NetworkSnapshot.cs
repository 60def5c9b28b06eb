using Tari.Dht.Dataflow.Discovery.Network;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>How a network is doing. The nodes were asked one after the other, while they went on.</summary>
/// <param name="Elapsed">The time on the network's clock since the run began.</param>
/// <param name="Nodes">Nodes that were started.</param>
/// <param name="Running">Those that run.</param>
/// <param name="States">Running nodes by what their network discovery does; states without any are left out.</param>
/// <param name="Pools">The pools of connections of all running nodes together.</param>
/// <param name="KnownPeers">Peers in the stores of running nodes; null without any.</param>
/// <param name="Connected">Nodes that running nodes are connected to; null without any.</param>
/// <param name="Connections">Connections between running nodes, each counted once.</param>
/// <param name="Rounds">Rounds of network discovery that have ended on running nodes.</param>
/// <param name="Events">What the network carried and lost since the run began.</param>
internal sealed record NetworkSnapshot(
    TimeSpan Elapsed,
    int Nodes,
    int Running,
    IReadOnlyList<(NetworkDiscoveryState State, int Nodes)> States,
    PoolTotals Pools,
    Spread? KnownPeers,
    Spread? Connected,
    int Connections,
    long Rounds,
    IReadOnlyList<EventCount> Events);
