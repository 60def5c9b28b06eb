namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>How the pool of connections of a node is doing. Immutable; as of the end of the pool's last turn.</summary>
public sealed record PoolStatus
{
    /// <summary>Connections wanted: <c>num_neighbouring_nodes</c> and <c>num_random_nodes</c> together.</summary>
    public int Size { get; init; }

    /// <summary>Members that this node dialled and is connected to. Too few of them starve the pool.</summary>
    public int ConnectedOutbound { get; init; }

    /// <summary>Members that dialled this node.</summary>
    public int ConnectedInbound { get; init; }

    /// <summary>Members that are being dialled.</summary>
    public int Pending { get; init; }

    /// <summary>Peers that could not be reached and have to wait.</summary>
    public int BackedOff { get; init; }

    /// <summary>Peers that a rebootstrap brought and that wait to be dialled.</summary>
    public int LearnedQueued { get; init; }

    /// <summary>Looks in a row at which the pool was starved.</summary>
    public int StarvedTicks { get; init; }

    /// <summary>Whether it has been starved at <c>pool_starved_ticks</c> looks in a row: help is asked for then, or a look later.</summary>
    public bool IsStarving { get; init; }

    /// <summary>Until when no rebootstrap is asked for again; null when one may be.</summary>
    public DateTimeOffset? CooldownUntil { get; init; }

    /// <summary>When members were exchanged last, or the pool was filled; null before.</summary>
    public DateTimeOffset? LastRefresh { get; init; }

    /// <summary>When the pool is looked at next; null once it has ended.</summary>
    public DateTimeOffset? NextTick { get; init; }

    /// <summary>Members that are connected.</summary>
    public int Connected => ConnectedOutbound + ConnectedInbound;
}
