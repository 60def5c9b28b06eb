using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>What a rebootstrap brought.</summary>
public sealed record RebootstrapInfo
{
    /// <summary>Seeds that were found to ask.</summary>
    public int SeedsResolved { get; init; }

    /// <summary>Seeds that answered.</summary>
    public int SeedsSynced { get; init; }

    /// <summary>Connected peers that answered.</summary>
    public int ConnectedPeersSynced { get; init; }

    /// <summary>Valid peers that seeds told of and that were stored.</summary>
    public int FromSeeds { get; init; }

    /// <summary>Valid peers that connected peers told of and that were stored.</summary>
    public int FromConnected { get; init; }

    /// <summary>The peers to be tried first, best first.</summary>
    public ImmutableArray<NodeId> LearnedPeers { get; init; } = [];

    /// <summary>
    /// Every peer that came from someone who had dialled this node, whether or not it is among <see cref="LearnedPeers"/>. Those are left out that this
    /// node had reached before anybody suggested them: in a small network all would else be suspects, and nobody left to dial.
    /// </summary>
    public ImmutableArray<NodeId> LearnedFromInbound { get; init; } = [];
}
