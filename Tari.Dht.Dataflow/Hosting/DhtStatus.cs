using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>How a node is doing. Immutable; its values were read one after the other, while the node went on.</summary>
public sealed record DhtStatus
{
    /// <summary>Whether messages are taken from the transport: true until the node stops, or its transport ends.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>How well it is connected.</summary>
    public required ConnectivityStatus Connectivity { get; init; }

    /// <summary>The pool of connections that it keeps.</summary>
    public required PoolStatus Pool { get; init; }

    /// <summary>Where network discovery stands.</summary>
    public required NetworkDiscoveryStatus NetworkDiscovery { get; init; }

    /// <summary>Calls of peers that are being answered.</summary>
    public required int PeerSharingCalls { get; init; }

    /// <summary>Calls of peers that were answered since the start, those included that are being answered.</summary>
    public long PeerSharingCallsAnswered { get; init; }

    /// <summary>Records in the peer store, bans and deleted ones included.</summary>
    public required int Peers { get; init; }

    /// <summary>Where the peer store keeps its records.</summary>
    public required PeerStoreHealth PeerStore { get; init; }

    /// <summary>Entries of the duplicate cache.</summary>
    public required int DedupEntries { get; init; }

    /// <summary>Whether the duplicate cache counts; without it no message passes.</summary>
    public required bool IsDedupAvailable { get; init; }

    /// <summary>Whether what the node remembers of itself, such as when it was last online, can be stored.</summary>
    public required bool IsMetadataAvailable { get; init; }

    /// <summary>Discoveries whose answer may still come.</summary>
    public required int DiscoveriesInFlight { get; init; }

    /// <summary>Messages that wait at each stage of the inbound graph, in the order of the way through.</summary>
    public required IReadOnlyList<(StageName Stage, int Count)> InboundQueues { get; init; }

    /// <summary>Messages that wait at each stage of the outbound graph, in the order of the way through.</summary>
    public required IReadOnlyList<(StageName Stage, int Count)> OutboundQueues { get; init; }

    /// <summary>Messages that ended early since the start, in both graphs together, by reason; reasons without any are left out.</summary>
    public required IReadOnlyList<(DropReason Reason, long Count)> Discards { get; init; }

    /// <summary>Whether every store does what it is for.</summary>
    public bool AreStoresHealthy => PeerStore != PeerStoreHealth.Degraded && IsDedupAvailable && IsMetadataAvailable;
}
