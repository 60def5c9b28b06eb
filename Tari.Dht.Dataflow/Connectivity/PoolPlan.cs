namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>What a refresh would do to a pool. Nothing has happened to the pool until the plan is applied.</summary>
internal sealed class PoolPlan
{
    /// <summary>Members that stay and are connected, in the order of the pool unless there were too many.</summary>
    public List<PoolMember> Connected { get; } = [];

    /// <summary>Members that stay and are being dialled.</summary>
    public List<PoolMember> Pending { get; } = [];

    /// <summary>Members that go.</summary>
    public List<PoolMember> Released { get; } = [];

    /// <summary>Connections that this node dialled, those that go included.</summary>
    public int Outbound { get; set; }

    /// <summary>Whether these are too few.</summary>
    public bool IsStarved { get; set; }

    /// <summary>Whether some members are exchanged for others.</summary>
    public bool IsChurn { get; set; }

    /// <summary>Connections that are missing.</summary>
    public int Shortfall { get; set; }

    /// <summary>Dials that should be in flight for them.</summary>
    public int Target { get; set; }

    /// <summary>How many of these are missing.</summary>
    public int Needed => Math.Max(0, Target - Pending.Count);
}
