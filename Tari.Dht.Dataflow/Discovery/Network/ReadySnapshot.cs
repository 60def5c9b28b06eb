using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What a decision about the next step is based on.</summary>
/// <param name="Rounds">Rounds since the last pause.</param>
/// <param name="LastRound">What the last round brought; null before the first.</param>
/// <param name="KnownPeers">Nodes that are known, without seeds and those that are banned or deleted.</param>
/// <param name="Fresh">Nodes to ask that were not asked lately.</param>
/// <param name="MayAskAgain">Whether a pause was made since somebody was asked again.</param>
/// <param name="Again">Nodes that may be asked again.</param>
/// <param name="IsSeedDue">Whether a seed may be asked again.</param>
internal readonly record struct ReadySnapshot(
    int Rounds,
    DiscoveryRoundInfo? LastRound,
    int KnownPeers,
    ImmutableArray<NodeId> Fresh,
    bool MayAskAgain,
    ImmutableArray<NodeId> Again,
    bool IsSeedDue);
