using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>What peers to dial.</summary>
public sealed record DialCandidatesQuery
{
    /// <summary>How many at most; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Whom to leave out; null for nobody.</summary>
    public IReadOnlySet<NodeId>? Excluded { get; init; }

    /// <summary>Leaves out addresses whose last dial failed.</summary>
    public bool ExcludeFailed { get; init; }

    /// <summary>Chooses among equals at random; otherwise by row and node id.</summary>
    public bool Randomize { get; init; }

    /// <summary>Peers already chosen per network group, which count against the cap; null for none.</summary>
    public IReadOnlyDictionary<string, int>? GroupsTaken { get; init; }

    /// <summary>Peers seen since then come first; null for "ever".</summary>
    public DateTimeOffset? SeenSince { get; init; }

    /// <summary>Candidates per network group; 0 for no cap. The store's options have it.</summary>
    internal int MaxPerGroup { get; init; } = 4;

    /// <summary>Kinds of which an address must be; none for any. The store's options have them.</summary>
    internal TransportKinds Transports { get; init; } = TransportKinds.All;
}
