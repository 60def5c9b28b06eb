using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>A node at the end of the run.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Id">Its id.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="IsSeed">Others knew it from the start.</param>
/// <param name="State">What churn did to it.</param>
/// <param name="KnownPeers">Peers in its store.</param>
internal sealed record NodeFinding(int Index, NodeId Id, string Address, bool IsSeed, NodeState State, int KnownPeers);

/// <summary>A connection when the first message set out, between two nodes' numbers, the smaller one first.</summary>
internal readonly record struct ConnectionFinding(int From, int To);

/// <summary>A join.</summary>
/// <param name="Node">Whose.</param>
/// <param name="At">When, on the network's clock.</param>
/// <param name="IsSent">False if nobody took it.</param>
/// <param name="KnownBy">How many other nodes knew the node when all joins were through.</param>
internal sealed record JoinFinding(int Node, TimeSpan At, bool IsSent, int KnownBy);

/// <summary>A search of one node for another.</summary>
/// <param name="From">Who looked.</param>
/// <param name="To">For whom.</param>
/// <param name="Attempts">How often.</param>
/// <param name="IsFound">Whether the last attempt found it.</param>
/// <param name="Latency">How long that attempt took.</param>
internal sealed record DiscoveryFinding(int From, int To, int Attempts, bool IsFound, TimeSpan Latency);

/// <summary>The first arrival of a propagated message at a node.</summary>
/// <param name="Node">Where.</param>
/// <param name="From">Who passed it on.</param>
/// <param name="Hops">Over how many connections it came.</param>
/// <param name="Delay">How long after it set out.</param>
internal sealed record Receipt(int Node, int From, int Hops, TimeSpan Delay);

/// <summary>A message that was to reach all.</summary>
/// <param name="Name">Which.</param>
/// <param name="Origin">Whose.</param>
/// <param name="Expected">Nodes to reach, the origin not counted.</param>
/// <param name="Isolated">Nodes that had no connection when it set out.</param>
/// <param name="Receipts">Those reached, in the order of arrival.</param>
/// <param name="Duplicates">Copies that nodes had already and discarded.</param>
internal sealed record PropagationFinding(
    string Name, int Origin, int Expected, int Isolated, IReadOnlyList<Receipt> Receipts, long Duplicates)
{
    /// <summary>Whether all were reached.</summary>
    public bool IsComplete => Receipts.Count == Expected;
}

/// <summary>All that a run found.</summary>
/// <param name="Nodes">The nodes, by number.</param>
/// <param name="Connections">The connections when the first message set out.</param>
/// <param name="Joins">The joins.</param>
/// <param name="Discoveries">The searches.</param>
/// <param name="Propagations">The message before churn, and the one after.</param>
/// <param name="Elapsed">The time of the network's clock.</param>
/// <param name="Messages">Messages delivered by the transport.</param>
/// <param name="Tasks">Steps of the virtual scheduler, and those of them that came from elsewhere; null in real time.</param>
internal sealed record Findings(
    IReadOnlyList<NodeFinding> Nodes,
    IReadOnlyList<ConnectionFinding> Connections,
    IReadOnlyList<JoinFinding> Joins,
    IReadOnlyList<DiscoveryFinding> Discoveries,
    IReadOnlyList<PropagationFinding> Propagations,
    TimeSpan Elapsed,
    long Messages,
    (long Run, long Foreign)? Tasks = null);
