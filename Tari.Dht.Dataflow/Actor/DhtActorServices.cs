using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>What a <see cref="DhtActor"/> works with. All of it is borrowed and has to outlive the actor.</summary>
internal sealed record DhtActorServices
{
    /// <summary>Who this node is.</summary>
    public required NodeIdentity Identity { get; init; }

    /// <summary>The known peers.</summary>
    public required PeerManager Peers { get; init; }

    /// <summary>The connections.</summary>
    public required IConnectivity Connectivity { get; init; }

    /// <summary>Turns strategies into peers; the one of the outbound graph.</summary>
    public required IPeerSelector Selector { get; init; }

    /// <summary>Counts messages; the one of the graphs.</summary>
    public required IDedupCache DedupCache { get; init; }

    /// <summary>What is kept from one run to the next.</summary>
    public required DhtMetadataStore Metadata { get; init; }

    /// <summary>Sends joins.</summary>
    public required OutboundMessageRequester Outbound { get; init; }

    /// <summary>Finds unknown peers.</summary>
    public required IPeerDiscoverer Discoverer { get; init; }
}
