namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>How well a node is connected.</summary>
public enum ConnectivityState
{
    /// <summary>Not known yet.</summary>
    Initializing,

    /// <summary>To as many nodes as it wants at least.</summary>
    Online,

    /// <summary>To fewer nodes, or to clients alone.</summary>
    Degraded,

    /// <summary>To nobody.</summary>
    Offline,
}
