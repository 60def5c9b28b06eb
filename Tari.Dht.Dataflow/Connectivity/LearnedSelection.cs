using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>A choice among the peers that a rebootstrap brought.</summary>
/// <param name="Peers">Those to dial, in order.</param>
/// <param name="Kept">Those that go on waiting, in order.</param>
internal readonly record struct LearnedSelection(List<NodeId> Peers, List<NodeId> Kept);
