namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What to do next.</summary>
internal enum ReadyOutcome
{
    /// <summary>Ask nodes that were not asked lately.</summary>
    BeginDiscovery,

    /// <summary>Ask nodes again, because too few peers are known.</summary>
    AskAgain,

    /// <summary>Ask a seed, because too few peers are known and no node may be asked.</summary>
    AskSeed,

    /// <summary>Wait for a while, because too few peers are known and nobody may be asked.</summary>
    Pause,

    /// <summary>Ask peers as they connect, because enough are known.</summary>
    OnConnectMode,

    /// <summary>Wait for a long time.</summary>
    Idle,
}
