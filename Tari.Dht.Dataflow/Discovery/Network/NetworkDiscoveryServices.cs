using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What network discovery works with. All of it is borrowed and has to outlive it.</summary>
internal sealed record NetworkDiscoveryServices
{
    /// <summary>Who this node is.</summary>
    public required NodeIdentity Identity { get; init; }

    /// <summary>The known peers.</summary>
    public required PeerManager Peers { get; init; }

    /// <summary>The connections.</summary>
    public required IConnectivity Connectivity { get; init; }

    /// <summary>Asks connected peers.</summary>
    public required IDhtRpcConnector Rpc { get; init; }

    /// <summary>What a peer may say of itself.</summary>
    public required DhtPeerValidator Validator { get; init; }

    /// <summary>Told of what deserves a ban.</summary>
    public required IOffenceReporter Offences { get; init; }

    /// <summary>Where the events go, and <see cref="DhtEvent.PoolStarved"/> comes from.</summary>
    public required EventPublisher<DhtEvent> Events { get; init; }

    /// <summary>Whose connections are left alone.</summary>
    public PoolMembers Pool { get; init; } = new();

    /// <summary>Tells the seeds when the node rebootstraps; null for those in the peer store alone.</summary>
    public ISeedPeerProvider? SeedProvider { get; init; }
}
