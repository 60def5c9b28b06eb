using System.Collections.Immutable;
using Tari.Dht.Dataflow.Configuration.Settings;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The settings of a DHT node; every default is the reference's.</summary>
/// <remarks>
/// Immutable, thread safe. In files, names are in snake case (<c>ban_duration_short</c>) and durations in whole seconds. Where no range
/// is given, a count may be any number from 0 on, a time that something waits is at most 49 days (more is more than timers hold), and
/// any other time at most 36 500 days.
/// </remarks>
public sealed partial record DhtConfig
{
    private const string InMemory = ":memory:";

    /// <summary>The version in the headers of own messages and in what is signed: 1 or 2. Default 2.</summary>
    public DhtProtocolVersion ProtocolVersion { get; init; } = DhtProtocolVersion.V2;

    /// <summary>
    /// The database file of the DHT; <c>:memory:</c> (the default) for none, and <c>file:NAME?mode=memory</c> for one in memory that has
    /// a name.
    /// </summary>
    public string DatabaseUrl { get; init; } = InMemory;

    /// <summary>
    /// A part of the pool's size, in peers; also the fan-out of a propagation with a destination. Default 6, at most 1 000 000.
    /// </summary>
    public int NumNeighbouringNodes { get; init; } = 6;

    /// <summary>The other part of the pool's size, in peers. Default 6, at most 1 000 000.</summary>
    public int NumRandomNodes { get; init; } = 6;

    /// <summary>Drops connections beyond the pool. Default false.</summary>
    public bool MinimizeConnections { get; init; }

    /// <summary>Peers that a broadcast goes to. Default 8; with 0 it goes to nobody.</summary>
    public int BroadcastFactor { get; init; } = 8;

    /// <summary>Peers that a propagation goes to. Default 20; with 0 it goes to nobody.</summary>
    public int PropagationFactor { get; init; } = 20;

    /// <summary>
    /// Entries of the duplicate cache that are kept once they expired. Default 50 000, at most 1 000 000; with 0 a trim removes all that
    /// expired.
    /// </summary>
    public int DedupCacheCapacity { get; init; } = 50_000;

    /// <summary>Time between trims of the duplicate cache. Default 12 h, at least 1 s, at most 49 days.</summary>
    public TimeSpan DedupCacheTrimInterval { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How often a message may be received and still pass. Default 1; with 0 no message passes.</summary>
    public int DedupAllowedMessageOccurrences { get; init; } = 1;

    /// <summary>How long a caller waits for a discovery. Default 2 min, at most 49 days.</summary>
    public TimeSpan DiscoveryRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Joins when the node comes online. Default false.</summary>
    public bool AutoJoin { get; init; }

    /// <summary>The least time between two automatic joins. Default 10 min; 0 for none.</summary>
    public TimeSpan JoinCooldownInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The pool of connections.</summary>
    public DhtConnectivityConfig Connectivity { get; init; } = new();

    /// <summary>How peers are found.</summary>
    public NetworkDiscoveryConfig NetworkDiscovery { get; init; } = new();

    /// <summary>The ban for what is bad (<see cref="OffenceSeverity.High"/>). Default 2 h, at most 36 500 days.</summary>
    public TimeSpan BanDuration { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The ban for what is less bad, and for floods. Default 10 min, at most 36 500 days.</summary>
    public TimeSpan BanDurationShort { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Messages of a peer within <see cref="FloodBanTimespan"/> that are still allowed. Default 1000.</summary>
    /// <remarks>
    /// Nothing is passed on of a peer that is above it, nor of anybody to a peer that has got nine tenths of it from this node: neighbours are
    /// taken to count alike, and would ban this node for the flood of another.
    /// </remarks>
    public int FloodBanMaxMsgCount { get; init; } = 1000;

    /// <summary>The time that flood protection looks back. Default 60 s.</summary>
    public TimeSpan FloodBanTimespan { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Read, and used by nothing, as in the reference. Default 24 h.</summary>
    public TimeSpan OfflinePeerCooldown { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Claims that one peer may have. Default 5.</summary>
    public int MaxPermittedPeerClaims { get; init; } = 5;

    /// <summary>What a peer may say of itself.</summary>
    public PeerValidatorConfig PeerValidatorConfig { get; init; } = new();

    /// <summary>Addresses that are never dialled. Default none.</summary>
    public ImmutableArray<DialAddressRange> ExcludedDialAddresses { get; init; } = [];

    /// <summary>Passes on what is encrypted for others. Default false.</summary>
    public bool EnableForwarding { get; init; }

    /// <summary>The settings for the main network: the defaults.</summary>
    public static DhtConfig DefaultMainnet { get; } = new();

    /// <summary>The settings for a test network: the defaults.</summary>
    public static DhtConfig DefaultTestnet { get; } = new();

    /// <summary>
    /// The settings for tests on one machine: no network discovery, addresses that nobody elsewhere can reach, forwarding.
    /// </summary>
    public static DhtConfig DefaultLocalTest { get; } = new()
    {
        NetworkDiscovery = new NetworkDiscoveryConfig { Enabled = false },
        PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = true },
        EnableForwarding = true,
    };

    /// <summary>Whether <see cref="DatabaseUrl"/> names no file: the database is in memory and ends with its users.</summary>
    public bool IsDatabaseInMemory =>
        DatabaseUrl is { } url
        && (url == InMemory
            || (url.StartsWith("file:", StringComparison.Ordinal) && url.Contains("mode=memory", StringComparison.Ordinal)));

    /// <summary>These settings with the database file in a folder, if its path is relative; a database in memory stays there.</summary>
    /// <param name="basePath">The folder.</param>
    public DhtConfig WithBasePath(string basePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(basePath);
        return IsDatabaseInMemory ? this : this with { DatabaseUrl = Path.Combine(basePath, DatabaseUrl) };
    }

    /// <summary>How long a peer is banned.</summary>
    /// <param name="severity">For what.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such severity.</exception>
    public TimeSpan BanDurationFor(OffenceSeverity severity) => severity switch
    {
        OffenceSeverity.Low or OffenceSeverity.Medium => BanDurationShort,
        OffenceSeverity.High => BanDuration,
        _ => throw new ArgumentOutOfRangeException(nameof(severity), severity, "No such severity."),
    };

    /// <summary>Brings the settings of rebootstrapping into their ranges, as a node does when it starts.</summary>
    /// <remarks>
    /// <see cref="DhtConnectivityConfig.PoolStarvedThresholdRatio"/> becomes 0.5 unless it is above 0 and at most 1,
    /// <see cref="DhtConnectivityConfig.PoolStarvedTicks"/> at least 1,
    /// <see cref="DhtConnectivityConfig.RebootstrapCooldownMin"/> 1 min to 1 day,
    /// <see cref="DhtConnectivityConfig.RebootstrapCooldownMax"/> at most 1 day and at least the shortest one,
    /// <see cref="NetworkDiscoveryConfig.RebootstrapConnectedPeers"/> and <see cref="NetworkDiscoveryConfig.MaxSeedPeerSyncCount"/>
    /// at most 20, and <see cref="NetworkDiscoveryConfig.OnConnectResyncTtl"/> at least 1 min.
    /// </remarks>
    public ClampedConfig ClampRebootstrapSettings() => RebootstrapClamp.Clamp(this);

    /// <summary>
    /// Checks every setting, also those of the parts. What <see cref="ClampRebootstrapSettings"/> brings into range may still be out of it.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is missing or out of its range; the message names it and the range.</exception>
    public void Validate() => DhtSettings.Dht.Validate(this);
}
