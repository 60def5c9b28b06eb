namespace Tari.Dht.Dataflow.Discovery;

/// <summary>What happened to a node's place in the network, for the application. More kinds may be added.</summary>
public abstract record DhtEvent
{
    private DhtEvent()
    {
    }

    /// <summary>A round of network discovery, or a connection that was new, brought peers that were not known.</summary>
    /// <param name="Round">What the round brought.</param>
    public sealed record NetworkDiscoveryPeersAdded(DiscoveryRoundInfo Round) : DhtEvent;

    /// <summary>The first bootstrap is done.</summary>
    public sealed record PrimaryBootstrapComplete : DhtEvent;

    /// <summary>How this node gets its first peers was decided.</summary>
    /// <param name="Method">How.</param>
    public sealed record BootstrapMethodDetermined(BootstrapMethod Method) : DhtEvent;

    /// <summary>The pool of connections has had too few members for too long.</summary>
    public sealed record PoolStarved : DhtEvent;

    /// <summary>A rebootstrap has ended.</summary>
    /// <param name="Info">What it brought.</param>
    public sealed record RebootstrapComplete(RebootstrapInfo Info) : DhtEvent;
}
