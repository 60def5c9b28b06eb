using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>How a node keeps its connections; every default is the reference's.</summary>
/// <remarks>Immutable, thread safe. Two settings of the reference that it never reads do not exist here.</remarks>
public sealed record ConnectivityConfig
{
    /// <summary>Nodes that have to be connected for the status online. Default 1; 0 is always online.</summary>
    public int MinConnectivity { get; init; } = 1;

    /// <summary>Time between two looks at the pool. Default 60 s, above zero, at most 49 days.</summary>
    public TimeSpan ConnectionPoolRefreshInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether connections that nobody uses are closed when there are too many. Default true.</summary>
    public bool IsConnectionReapingEnabled { get; init; } = true;

    /// <summary>Connections that this node dialled above which idle ones are closed. Default 50.</summary>
    public int ReaperMinConnectionThreshold { get; init; } = 50;

    /// <summary>Connections that peers dialled above which idle ones are closed. Default 400.</summary>
    public int ReaperInboundSoftLimit { get; init; } = 400;

    /// <summary>The age from which an unused connection counts as idle. Default 20 min.</summary>
    public TimeSpan ReaperMinInactiveAge { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Nodes whose connections are kept, the closest ones; others are closed when nobody uses them. Default null, all.</summary>
    public int? MaintainNClosestConnectionsOnly { get; init; }

    /// <summary>A peer that was reached within this time comes before others, and is kept in the store. Default 24 h.</summary>
    public TimeSpan ExpirePeerLastSeenDuration { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Whether the node dials peers by itself while it has few. Default true.</summary>
    public bool ProactiveDialingEnabled { get; init; } = true;

    /// <summary>Connected nodes below which it does. Default 8; must stay below the size of the DHT's pool.</summary>
    public int ProactiveDialingFloor { get; init; } = 8;

    /// <summary>Dials per missing node, before the rate of success is taken into account. Default 2.5, 0 or more.</summary>
    public double DialingMultiplier { get; init; } = 2.5;

    /// <summary>How long a dial counts in the rate of success. Default 5 min, above zero.</summary>
    public TimeSpan SuccessRateTrackingWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Failures in a row after which a peer is left alone. Default 3, at least 1.</summary>
    public int CircuitBreakerFailureThreshold { get; init; } = 3;

    /// <summary>How long it is left alone before one dial tries it again. Default 2 min.</summary>
    public TimeSpan CircuitBreakerRetryInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The age at which a connection to a seed is closed, so that the seed has room for others. Default 15 min.</summary>
    public TimeSpan MaxSeedPeerAge { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MinConnectivity);
        CheckWait(ConnectionPoolRefreshInterval, nameof(ConnectionPoolRefreshInterval));
        ArgumentOutOfRangeException.ThrowIfNegative(ReaperMinConnectionThreshold);
        ArgumentOutOfRangeException.ThrowIfNegative(ReaperInboundSoftLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReaperMinInactiveAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaintainNClosestConnectionsOnly ?? 0, 0, nameof(MaintainNClosestConnectionsOnly));
        ArgumentOutOfRangeException.ThrowIfLessThan(ExpirePeerLastSeenDuration, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(ProactiveDialingFloor);
        if (!double.IsFinite(DialingMultiplier) || DialingMultiplier < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(DialingMultiplier), DialingMultiplier, "A number, 0 or more.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SuccessRateTrackingWindow, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CircuitBreakerFailureThreshold, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CircuitBreakerRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSeedPeerAge, TimeSpan.Zero);
    }

    private static void CheckWait(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimerLimit.Longest)
        {
            throw new ArgumentOutOfRangeException(name, value, "Above zero, at most 49 days.");
        }
    }
}
