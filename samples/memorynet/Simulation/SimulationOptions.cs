namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>What is simulated.</summary>
/// <param name="Nodes">How many nodes, at least 3.</param>
/// <param name="Joins">How many of them send a join, up to all.</param>
/// <param name="FanOut">To how many nodes a node passes a message on.</param>
/// <param name="Seed">What keys, links and choices follow from.</param>
/// <param name="IsVirtual">On a clock of its own, at full speed on one thread.</param>
/// <param name="IsCold">All nodes start at the same instant with one seed, and have to find each other by themselves.</param>
internal sealed record SimulationOptions(int Nodes, int Joins, int FanOut, ulong Seed, bool IsVirtual, bool IsCold = false)
{
    public const int MinNodes = 3;
    public const int MaxNodes = 5000;

    /// <summary>Nodes that the others know from the start: the first ones.</summary>
    public int Seeds => IsCold ? 1 : Math.Max(1, Nodes / 25);

    /// <summary>Nodes that crash, and nodes that start again.</summary>
    public int Churn => Math.Max(1, Nodes / 10);

    /// <summary>Pairs of which one node looks for the other.</summary>
    public int Discoveries => Math.Min(20, Nodes / 2);
}
