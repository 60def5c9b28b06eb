using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>Brings the settings of rebootstrapping into their ranges.</summary>
internal static class RebootstrapClamp
{
    private const float DefaultRatio = 0.5f;
    private const int MaxPeers = 20;

    private static readonly TimeSpan s_shortestCooldown = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestCooldown = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_shortestResync = TimeSpan.FromMinutes(1);

    public static ClampedConfig Clamp(DhtConfig config)
    {
        ImmutableArray<string>.Builder changed = ImmutableArray.CreateBuilder<string>();
        DhtConnectivityConfig connectivity = config.Connectivity;
        NetworkDiscoveryConfig discovery = config.NetworkDiscovery;

        // Not a number fails both comparisons.
        float ratio = connectivity.PoolStarvedThresholdRatio is > 0 and <= 1 ? connectivity.PoolStarvedThresholdRatio : DefaultRatio;
        int ticks = Math.Max(connectivity.PoolStarvedTicks, 1);
        TimeSpan shortest = Max(connectivity.RebootstrapCooldownMin, s_shortestCooldown);
        shortest = Min(shortest, s_longestCooldown);
        TimeSpan longest = Min(connectivity.RebootstrapCooldownMax, s_longestCooldown);
        longest = Max(longest, shortest);
        int connectedPeers = Math.Min(discovery.RebootstrapConnectedPeers, MaxPeers);
        int seeds = Math.Min(discovery.MaxSeedPeerSyncCount, MaxPeers);
        TimeSpan resync = Max(discovery.OnConnectResyncTtl, s_shortestResync);

        Note(ratio != connectivity.PoolStarvedThresholdRatio, "connectivity.pool_starved_threshold_ratio");
        Note(ticks != connectivity.PoolStarvedTicks, "connectivity.pool_starved_ticks");
        Note(shortest != connectivity.RebootstrapCooldownMin, "connectivity.rebootstrap_cooldown_min");
        Note(longest != connectivity.RebootstrapCooldownMax, "connectivity.rebootstrap_cooldown_max");
        Note(connectedPeers != discovery.RebootstrapConnectedPeers, "network_discovery.rebootstrap_connected_peers");
        Note(seeds != discovery.MaxSeedPeerSyncCount, "network_discovery.max_seed_peer_sync_count");
        Note(resync != discovery.OnConnectResyncTtl, "network_discovery.on_connect_resync_ttl");
        if (changed.Count == 0)
        {
            return new ClampedConfig(config, []);
        }

        DhtConfig clamped = config with
        {
            Connectivity = connectivity with
            {
                PoolStarvedThresholdRatio = ratio,
                PoolStarvedTicks = ticks,
                RebootstrapCooldownMin = shortest,
                RebootstrapCooldownMax = longest,
            },
            NetworkDiscovery = discovery with
            {
                RebootstrapConnectedPeers = connectedPeers,
                MaxSeedPeerSyncCount = seeds,
                OnConnectResyncTtl = resync,
            },
        };
        return new ClampedConfig(clamped, changed.DrainToImmutable());

        void Note(bool isChanged, string name)
        {
            if (isChanged)
            {
                changed.Add(name);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
