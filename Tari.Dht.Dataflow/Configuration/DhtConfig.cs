using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The settings of a DHT node; every default is the reference's.</summary>
public sealed record DhtConfig
{
    /// <summary>The version in headers and in what is signed. Default 2.</summary>
    public DhtProtocolVersion ProtocolVersion { get; init; } = DhtProtocolVersion.V2;

    /// <summary>The database file of the DHT; <c>:memory:</c> (the default) for none.</summary>
    public string DatabaseUrl { get; init; } = ":memory:";

    /// <summary>A part of the pool's size; also the fan-out of a propagation with a destination. Default 6.</summary>
    public int NumNeighbouringNodes { get; init; } = 6;

    /// <summary>The other part of the pool's size. Default 6.</summary>
    public int NumRandomNodes { get; init; } = 6;

    /// <summary>Drops connections beyond the pool. Default false.</summary>
    public bool MinimizeConnections { get; init; }

    /// <summary>Peers that a broadcast goes to. Default 8.</summary>
    public int BroadcastFactor { get; init; } = 8;

    /// <summary>Peers that a propagation goes to. Default 20.</summary>
    public int PropagationFactor { get; init; } = 20;

    /// <summary>Entries of the duplicate cache. Default 50 000.</summary>
    public int DedupCacheCapacity { get; init; } = 50_000;

    /// <summary>Time between trims of the duplicate cache. Default 12 h.</summary>
    public TimeSpan DedupCacheTrimInterval { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How often a message may be received and still pass. Default 1.</summary>
    public int DedupAllowedMessageOccurrences { get; init; } = 1;

    /// <summary>How long a caller waits for a discovery. Default 2 min.</summary>
    public TimeSpan DiscoveryRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Joins when the node comes online. Default false.</summary>
    public bool AutoJoin { get; init; }

    /// <summary>The least time between two automatic joins. Default 10 min.</summary>
    public TimeSpan JoinCooldownInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The pool of connections.</summary>
    public DhtConnectivityConfig Connectivity { get; init; } = new();

    /// <summary>How peers are found.</summary>
    public NetworkDiscoveryConfig NetworkDiscovery { get; init; } = new();

    /// <summary>The ban for what is bad. Default 2 h.</summary>
    public TimeSpan BanDuration { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The ban for what is less bad. Default 10 min.</summary>
    public TimeSpan BanDurationShort { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Messages of a peer within <see cref="FloodBanTimespan"/> that are still allowed. Default 1000.</summary>
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
}
