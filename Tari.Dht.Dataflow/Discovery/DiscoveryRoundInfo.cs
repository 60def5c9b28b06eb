using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>What a round of network discovery brought.</summary>
public sealed record DiscoveryRoundInfo
{
    /// <summary>Peers that were not known.</summary>
    public int NewPeers { get; init; }

    /// <summary>Peers that were known.</summary>
    public int DuplicatePeers { get; init; }

    /// <summary>Peers asked that answered as they should.</summary>
    public int Succeeded { get; init; }

    /// <summary>The peers that were asked.</summary>
    public ImmutableArray<NodeId> SyncPeers { get; init; } = [];

    /// <summary>Whom the round asked.</summary>
    public DiscoveryPhase Phase { get; init; }

    /// <summary>Whether it brought anyone new.</summary>
    public bool HasNewPeers => NewPeers > 0;

    /// <summary>Whether anyone answered.</summary>
    public bool IsSuccess => Succeeded > 0;
}
