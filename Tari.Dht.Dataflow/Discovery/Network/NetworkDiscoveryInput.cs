namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What happens to a <see cref="NetworkDiscoveryMachine"/>.</summary>
internal abstract record NetworkDiscoveryInput
{
    private NetworkDiscoveryInput()
    {
    }

    /// <summary>The node is online, and knows too few peers.</summary>
    public sealed record Initialized : NetworkDiscoveryInput;

    /// <summary>The node is online, and knows enough peers.</summary>
    public sealed record InitialPeersSufficient : NetworkDiscoveryInput;

    /// <summary>What to do next was decided.</summary>
    /// <param name="Decision">What.</param>
    public sealed record Decided(ReadyDecision Decision) : NetworkDiscoveryInput;

    /// <summary>A round has ended, well or not.</summary>
    /// <param name="Round">What it brought.</param>
    public sealed record DiscoveryComplete(DiscoveryRoundInfo Round) : NetworkDiscoveryInput;

    /// <summary>A peer that connected was asked.</summary>
    /// <param name="Round">What it brought.</param>
    public sealed record SyncedOnConnect(DiscoveryRoundInfo Round) : NetworkDiscoveryInput;

    /// <summary>What the state does can't go on; the log says why.</summary>
    public sealed record Errored : NetworkDiscoveryInput;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : NetworkDiscoveryInput;

    /// <summary>The pool of connections starves.</summary>
    public sealed record PoolStarved : NetworkDiscoveryInput;

    /// <summary>A rebootstrap has ended, well or not.</summary>
    /// <param name="Info">What it brought.</param>
    public sealed record RebootstrapComplete(RebootstrapInfo Info) : NetworkDiscoveryInput;

    /// <summary>The node or its transport ends.</summary>
    public sealed record Shutdown : NetworkDiscoveryInput;
}
