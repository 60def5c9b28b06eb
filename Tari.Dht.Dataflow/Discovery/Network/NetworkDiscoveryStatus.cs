namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>How network discovery is doing. Immutable.</summary>
public sealed record NetworkDiscoveryStatus
{
    /// <summary>What it does.</summary>
    public required NetworkDiscoveryState State { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it goes on by itself; null while it works, and at the end.</summary>
    public DateTimeOffset? NextWakeUp { get; init; }

    /// <summary>Rounds since the start.</summary>
    public required long Rounds { get; init; }

    /// <summary>What the last round brought; null before the first.</summary>
    public DiscoveryRoundInfo? LastRound { get; init; }

    /// <summary>Peers that were asked lately, those included that could not be reached.</summary>
    public required int AttemptedPeers { get; init; }

    /// <summary>How the node gets its first peers; null until that is decided.</summary>
    public BootstrapMethod? BootstrapMethod { get; init; }

    /// <summary>Whether the first bootstrap is done.</summary>
    public required bool IsPrimaryBootstrapComplete { get; init; }
}
