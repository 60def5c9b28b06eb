using Tari.Dht.Dataflow.Configuration.Settings;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The settings of the pool of connections; every default is the reference's.</summary>
/// <remarks>Immutable, thread safe. Ranges that are not given here are those of <see cref="DhtConfig"/>.</remarks>
public sealed record DhtConnectivityConfig
{
    /// <summary>Time between two looks at the pool. Default 2 min, at least 1 s, at most 49 days.</summary>
    public TimeSpan UpdateInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The least time between two refreshes of the random part. Default 2 h; 0 for none.</summary>
    public TimeSpan RandomPoolRefreshInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The pause after many failures. Default 45 s, at most 49 days. The reference never starts it.</summary>
    public TimeSpan HighFailureRateCooldown { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>The share of TCP over IPv4 below which it is logged, 0 to 1; 0 for never. Default 0.1.</summary>
    public float MinimumDesiredTcpv4NodeRatio { get; init; } = 0.1f;

    /// <summary>Percent of the pool that a refresh replaces, which is one peer at least. Default 10, at most 1000.</summary>
    public int ChurnRate { get; init; } = 10;

    /// <summary>The share of the pool below which it starves: above 0, at most 1; all else is clamped to the default, 0.5.</summary>
    public float PoolStarvedThresholdRatio { get; init; } = 0.5f;

    /// <summary>Looks in a row at a starving pool until something is done. Default 3; 0 is clamped to 1.</summary>
    public int PoolStarvedTicks { get; init; } = 3;

    /// <summary>The first pause between two rebootstraps. Default 10 min; clamped to 1 min to 1 day.</summary>
    public TimeSpan RebootstrapCooldownMin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The longest pause between two rebootstraps. Default 2 h; clamped to <see cref="RebootstrapCooldownMin"/> to 1 day.
    /// </summary>
    public TimeSpan RebootstrapCooldownMax { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// Checks every setting. What <see cref="DhtConfig.ClampRebootstrapSettings"/> brings into range may still be out of it.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names it and the range.</exception>
    public void Validate() => DhtSettings.Connectivity.Validate(this);
}
