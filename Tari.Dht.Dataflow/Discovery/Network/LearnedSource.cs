using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Who told of peers in a rebootstrap, and of whom.</summary>
/// <param name="Kind">How far it is trusted.</param>
/// <param name="Peers">The peers that were stored, in order.</param>
internal readonly record struct LearnedSource(LearnedSourceKind Kind, IReadOnlyList<NodeId> Peers);
