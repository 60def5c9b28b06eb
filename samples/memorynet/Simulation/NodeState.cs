namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>What churn did to a node.</summary>
internal enum NodeState
{
    /// <summary>Nothing.</summary>
    Running,

    /// <summary>It ended in good order and started again.</summary>
    Restarted,

    /// <summary>It ended without a word.</summary>
    Crashed,
}
