namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The settings of the pool of connections; every default is the reference's.</summary>
public sealed record DhtConnectivityConfig
{
    /// <summary>Time between two looks at the pool. Default 2 min.</summary>
    public TimeSpan UpdateInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between two refreshes of the random part. Default 2 h.</summary>
    public TimeSpan RandomPoolRefreshInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The pause after many failures. Default 45 s.</summary>
    public TimeSpan HighFailureRateCooldown { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>The share of TCP over IPv4 below which it is logged; 0 for never. Default 0.1.</summary>
    public float MinimumDesiredTcpv4NodeRatio { get; init; } = 0.1f;

    /// <summary>Percent of the pool that a refresh replaces. Default 10.</summary>
    public int ChurnRate { get; init; } = 10;

    /// <summary>The share of the pool below which it starves. Default 0.5.</summary>
    public float PoolStarvedThresholdRatio { get; init; } = 0.5f;

    /// <summary>Looks in a row at a starving pool until something is done. Default 3.</summary>
    public int PoolStarvedTicks { get; init; } = 3;

    /// <summary>The first pause between two rebootstraps. Default 10 min.</summary>
    public TimeSpan RebootstrapCooldownMin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest pause between two rebootstraps. Default 2 h.</summary>
    public TimeSpan RebootstrapCooldownMax { get; init; } = TimeSpan.FromHours(2);
}
