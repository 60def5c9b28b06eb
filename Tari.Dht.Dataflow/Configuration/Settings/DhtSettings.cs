using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>The settings there are: their names, kinds and ranges. What they mean is written at the properties.</summary>
internal static class DhtSettings
{
    // The pool's two parts and the percentage of it that is replaced are such that their product stays a number of 32 bits.
    private static readonly CountType s_poolPart = new(1_000_000);
    private static readonly CountType s_percent = new(1_000);

    // What the duplicate cache takes.
    private static readonly CountType s_cacheEntries = new(1_000_000);

    public static SettingTable<PeerValidatorConfig> PeerValidator { get; } = new(
        Of<PeerValidatorConfig, int>(
            nameof(PeerValidatorConfig.MaxUserAgentByteLength),
            CountType.Any, c => c.MaxUserAgentByteLength, (c, v) => c with { MaxUserAgentByteLength = v }),
        Of<PeerValidatorConfig, int>(
            nameof(PeerValidatorConfig.MaxPermittedPeerAddressesPerClaim),
            CountType.Any, c => c.MaxPermittedPeerAddressesPerClaim, (c, v) => c with { MaxPermittedPeerAddressesPerClaim = v }),
        Of<PeerValidatorConfig, int>(
            nameof(PeerValidatorConfig.MaxSupportedProtocols),
            CountType.Any, c => c.MaxSupportedProtocols, (c, v) => c with { MaxSupportedProtocols = v }),
        Of<PeerValidatorConfig, int>(
            nameof(PeerValidatorConfig.MaxProtocolIdLength),
            CountType.Any, c => c.MaxProtocolIdLength, (c, v) => c with { MaxProtocolIdLength = v }),
        Of<PeerValidatorConfig, bool>(
            nameof(PeerValidatorConfig.AllowTestAddresses),
            FlagType.Instance, c => c.AllowTestAddresses, (c, v) => c with { AllowTestAddresses = v }),
        new RemovedSetting<PeerValidatorConfig>("MinPeerVersion"));

    public static SettingTable<DhtConnectivityConfig> Connectivity { get; } = new(
        Of<DhtConnectivityConfig, TimeSpan>(
            nameof(DhtConnectivityConfig.UpdateInterval),
            DurationType.Interval, c => c.UpdateInterval, (c, v) => c with { UpdateInterval = v }),
        Of<DhtConnectivityConfig, TimeSpan>(
            nameof(DhtConnectivityConfig.RandomPoolRefreshInterval),
            DurationType.Span, c => c.RandomPoolRefreshInterval, (c, v) => c with { RandomPoolRefreshInterval = v }),
        Of<DhtConnectivityConfig, TimeSpan>(
            nameof(DhtConnectivityConfig.HighFailureRateCooldown),
            DurationType.Wait, c => c.HighFailureRateCooldown, (c, v) => c with { HighFailureRateCooldown = v }),
        Of<DhtConnectivityConfig, float>(
            nameof(DhtConnectivityConfig.MinimumDesiredTcpv4NodeRatio),
            RatioType.Instance, c => c.MinimumDesiredTcpv4NodeRatio, (c, v) => c with { MinimumDesiredTcpv4NodeRatio = v }),
        Of<DhtConnectivityConfig, int>(
            nameof(DhtConnectivityConfig.ChurnRate),
            s_percent, c => c.ChurnRate, (c, v) => c with { ChurnRate = v }),
        Of<DhtConnectivityConfig, float>(
            nameof(DhtConnectivityConfig.PoolStarvedThresholdRatio),
            RatioType.Instance, c => c.PoolStarvedThresholdRatio, (c, v) => c with { PoolStarvedThresholdRatio = v }),
        Of<DhtConnectivityConfig, int>(
            nameof(DhtConnectivityConfig.PoolStarvedTicks),
            CountType.Any, c => c.PoolStarvedTicks, (c, v) => c with { PoolStarvedTicks = v }),
        Of<DhtConnectivityConfig, TimeSpan>(
            nameof(DhtConnectivityConfig.RebootstrapCooldownMin),
            DurationType.Clamped, c => c.RebootstrapCooldownMin, (c, v) => c with { RebootstrapCooldownMin = v }),
        Of<DhtConnectivityConfig, TimeSpan>(
            nameof(DhtConnectivityConfig.RebootstrapCooldownMax),
            DurationType.Clamped, c => c.RebootstrapCooldownMax, (c, v) => c with { RebootstrapCooldownMax = v }));

    public static SettingTable<NetworkDiscoveryConfig> NetworkDiscovery { get; } = new(
        Of<NetworkDiscoveryConfig, bool>(
            nameof(NetworkDiscoveryConfig.Enabled),
            FlagType.Instance, c => c.Enabled, (c, v) => c with { Enabled = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.MinDesiredPeers),
            CountType.Any, c => c.MinDesiredPeers, (c, v) => c with { MinDesiredPeers = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.IdlePeriod),
            DurationType.Wait, c => c.IdlePeriod, (c, v) => c with { IdlePeriod = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.IdleAfterNumRounds),
            CountType.Any, c => c.IdleAfterNumRounds, (c, v) => c with { IdleAfterNumRounds = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.OnFailureIdlePeriod),
            DurationType.Wait, c => c.OnFailureIdlePeriod, (c, v) => c with { OnFailureIdlePeriod = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.MaxSyncPeers),
            CountType.Any, c => c.MaxSyncPeers, (c, v) => c with { MaxSyncPeers = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.MaxPeersToSyncPerRound),
            new CountType(largestGiven: uint.MaxValue), c => c.MaxPeersToSyncPerRound, (c, v) => c with { MaxPeersToSyncPerRound = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.MaxSeedPeerSyncCount),
            CountType.Any, c => c.MaxSeedPeerSyncCount, (c, v) => c with { MaxSeedPeerSyncCount = v }),
        Of<NetworkDiscoveryConfig, TimeSpan?>(
            nameof(NetworkDiscoveryConfig.InitialPeerSyncDelay),
            OptionalDurationType.Wait, c => c.InitialPeerSyncDelay, (c, v) => c with { InitialPeerSyncDelay = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.SeedPeerMinInitialSyncPeersNeeded),
            CountType.Any, c => c.SeedPeerMinInitialSyncPeersNeeded, (c, v) => c with { SeedPeerMinInitialSyncPeersNeeded = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.MinSuccessfulSeedContactsForEarlyExit),
            CountType.Any, c => c.MinSuccessfulSeedContactsForEarlyExit, (c, v) => c with { MinSuccessfulSeedContactsForEarlyExit = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.BootstrapDialPeerTimeout),
            DurationType.Wait, c => c.BootstrapDialPeerTimeout, (c, v) => c with { BootstrapDialPeerTimeout = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.BootstrapRpcConnectTimeout),
            DurationType.Wait, c => c.BootstrapRpcConnectTimeout, (c, v) => c with { BootstrapRpcConnectTimeout = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.BootstrapRpcGetPeersStreamTimeout),
            DurationType.Wait, c => c.BootstrapRpcGetPeersStreamTimeout, (c, v) => c with { BootstrapRpcGetPeersStreamTimeout = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.BootstrapRpcStreamingTimeout),
            DurationType.Wait, c => c.BootstrapRpcStreamingTimeout, (c, v) => c with { BootstrapRpcStreamingTimeout = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.BootstrapTimeout),
            DurationType.Wait, c => c.BootstrapTimeout, (c, v) => c with { BootstrapTimeout = v }),
        Of<NetworkDiscoveryConfig, TimeSpan>(
            nameof(NetworkDiscoveryConfig.OnConnectResyncTtl),
            DurationType.Span, c => c.OnConnectResyncTtl, (c, v) => c with { OnConnectResyncTtl = v }),
        Of<NetworkDiscoveryConfig, int>(
            nameof(NetworkDiscoveryConfig.RebootstrapConnectedPeers),
            CountType.Any, c => c.RebootstrapConnectedPeers, (c, v) => c with { RebootstrapConnectedPeers = v }));

    // After its tables: statics are made in the order in which they are written.
    public static SettingTable<DhtConfig> Dht { get; } = new(
        Of<DhtConfig, Protocol.Envelopes.DhtProtocolVersion>(
            nameof(DhtConfig.ProtocolVersion),
            ProtocolVersionType.Instance, c => c.ProtocolVersion, (c, v) => c with { ProtocolVersion = v }),
        Of<DhtConfig, string>(
            nameof(DhtConfig.DatabaseUrl), TextType.Instance, c => c.DatabaseUrl, (c, v) => c with { DatabaseUrl = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.NumNeighbouringNodes),
            s_poolPart, c => c.NumNeighbouringNodes, (c, v) => c with { NumNeighbouringNodes = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.NumRandomNodes),
            s_poolPart, c => c.NumRandomNodes, (c, v) => c with { NumRandomNodes = v }),
        Of<DhtConfig, bool>(
            nameof(DhtConfig.MinimizeConnections),
            FlagType.Instance, c => c.MinimizeConnections, (c, v) => c with { MinimizeConnections = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.BroadcastFactor),
            CountType.Any, c => c.BroadcastFactor, (c, v) => c with { BroadcastFactor = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.PropagationFactor),
            CountType.Any, c => c.PropagationFactor, (c, v) => c with { PropagationFactor = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.DedupCacheCapacity),
            s_cacheEntries, c => c.DedupCacheCapacity, (c, v) => c with { DedupCacheCapacity = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.DedupCacheTrimInterval),
            DurationType.Interval, c => c.DedupCacheTrimInterval, (c, v) => c with { DedupCacheTrimInterval = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.DedupAllowedMessageOccurrences),
            CountType.Any, c => c.DedupAllowedMessageOccurrences, (c, v) => c with { DedupAllowedMessageOccurrences = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.DiscoveryRequestTimeout),
            DurationType.Wait, c => c.DiscoveryRequestTimeout, (c, v) => c with { DiscoveryRequestTimeout = v }),
        Of<DhtConfig, bool>(
            nameof(DhtConfig.AutoJoin), FlagType.Instance, c => c.AutoJoin, (c, v) => c with { AutoJoin = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.JoinCooldownInterval),
            DurationType.Span, c => c.JoinCooldownInterval, (c, v) => c with { JoinCooldownInterval = v }),
        Of(nameof(DhtConfig.Connectivity), Connectivity, c => c.Connectivity, (c, v) => c with { Connectivity = v }),
        Of(nameof(DhtConfig.NetworkDiscovery), NetworkDiscovery, c => c.NetworkDiscovery, (c, v) => c with { NetworkDiscovery = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.BanDuration),
            DurationType.Span, c => c.BanDuration, (c, v) => c with { BanDuration = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.BanDurationShort),
            DurationType.Span, c => c.BanDurationShort, (c, v) => c with { BanDurationShort = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.FloodBanMaxMsgCount),
            CountType.Any, c => c.FloodBanMaxMsgCount, (c, v) => c with { FloodBanMaxMsgCount = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.FloodBanTimespan),
            DurationType.Span, c => c.FloodBanTimespan, (c, v) => c with { FloodBanTimespan = v }),
        Of<DhtConfig, TimeSpan>(
            nameof(DhtConfig.OfflinePeerCooldown),
            DurationType.Span, c => c.OfflinePeerCooldown, (c, v) => c with { OfflinePeerCooldown = v }),
        Of<DhtConfig, int>(
            nameof(DhtConfig.MaxPermittedPeerClaims),
            CountType.Any, c => c.MaxPermittedPeerClaims, (c, v) => c with { MaxPermittedPeerClaims = v }),
        Of(nameof(DhtConfig.PeerValidatorConfig), PeerValidator, c => c.PeerValidatorConfig, (c, v) => c with { PeerValidatorConfig = v }),
        Of<DhtConfig, System.Collections.Immutable.ImmutableArray<Peers.Addresses.DialAddressRange>>(
            nameof(DhtConfig.ExcludedDialAddresses),
            AddressRangesType.Instance, c => c.ExcludedDialAddresses, (c, v) => c with { ExcludedDialAddresses = v }),
        Of<DhtConfig, bool>(
            nameof(DhtConfig.EnableForwarding),
            FlagType.Instance, c => c.EnableForwarding, (c, v) => c with { EnableForwarding = v }));

    private static ValueSetting<TConfig, T> Of<TConfig, T>(
        string property, SettingType<T> type, Func<TConfig, T> get, Func<TConfig, T, TConfig> with) => new(property, type, get, with);

    private static TableSetting<DhtConfig, T> Of<T>(
        string property, SettingTable<T> table, Func<DhtConfig, T?> get, Func<DhtConfig, T, DhtConfig> with)
        where T : class => new(property, table, get, with);
}
