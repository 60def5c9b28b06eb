using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>What a <see cref="DhtConnectivity"/> works with. All is borrowed.</summary>
internal sealed record DhtConnectivityServices
{
    /// <summary>Who the node is.</summary>
    public required NodeId Self { get; init; }

    /// <summary>The peers it knows.</summary>
    public required PeerManager Peers { get; init; }

    /// <summary>Its connections.</summary>
    public required IConnectivity Connectivity { get; init; }

    /// <summary>What happens to its place in the network; read for what discovery brings, told when the pool starves.</summary>
    public required EventPublisher<DhtEvent> Events { get; init; }

    /// <summary>Told who is in the pool.</summary>
    public required PoolMembers Members { get; init; }

    /// <summary>Called at each tick, and when a peer is gone.</summary>
    public required FloodGuard Floods { get; init; }

    /// <summary>Sends a join. The token ends it.</summary>
    public required Func<CancellationToken, Task> SendJoin { get; init; }
}
