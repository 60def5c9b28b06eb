using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Which connected nodes to choose.</summary>
/// <param name="Count">How many at most; null for all.</param>
/// <param name="Excluded">Whom not.</param>
public readonly record struct ConnectivitySelection(int? Count, IReadOnlyList<NodeId> Excluded)
{
    /// <summary>All but the excluded.</summary>
    /// <param name="excluded">Whom not.</param>
    public static ConnectivitySelection AllNodes(IReadOnlyList<NodeId> excluded) => new(null, excluded);

    /// <summary>A uniform sample.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="excluded">Whom not.</param>
    public static ConnectivitySelection RandomNodes(int count, IReadOnlyList<NodeId> excluded) => new(count, excluded);
}
