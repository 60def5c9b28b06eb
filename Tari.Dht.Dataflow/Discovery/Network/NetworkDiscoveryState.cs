namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What network discovery does.</summary>
public enum NetworkDiscoveryState
{
    /// <summary>It waits until the node is online, and counts the peers that are known.</summary>
    Initializing,

    /// <summary>It asks seeds.</summary>
    SeedStrap,

    /// <summary>It decides what to do next; never lasts.</summary>
    Ready,

    /// <summary>It asks nodes that it knows.</summary>
    Discovering,

    /// <summary>It waits.</summary>
    Waiting,

    /// <summary>It asks each peer that connects, because enough are known.</summary>
    OnConnect,

    /// <summary>It asks seeds and connected peers, because the pool of connections starves.</summary>
    Rebootstrap,

    /// <summary>It has ended.</summary>
    Shutdown,
}
