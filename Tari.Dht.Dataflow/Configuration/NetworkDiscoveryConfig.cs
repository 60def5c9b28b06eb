using Tari.Dht.Dataflow.Configuration.Settings;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>The settings of network discovery; every default is the reference's.</summary>
/// <remarks>
/// Immutable, thread safe. Ranges that are not given here are those of <see cref="DhtConfig"/>; pauses and time limits are at most 49
/// days.
/// </remarks>
public sealed record NetworkDiscoveryConfig
{
    /// <summary>Whether peers are looked for. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Below this many known peers discovery is eager. Default 50; with 0 it never is.</summary>
    public int MinDesiredPeers { get; init; } = 50;

    /// <summary>The pause once enough is known. Default 30 min.</summary>
    public TimeSpan IdlePeriod { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Rounds in a row until the pause. Default 10.</summary>
    public int IdleAfterNumRounds { get; init; } = 10;

    /// <summary>The pause after a failure. Default 5 s.</summary>
    public TimeSpan OnFailureIdlePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Peers asked in a round. Default 5.</summary>
    public int MaxSyncPeers { get; init; } = 5;

    /// <summary>Peers that each peer is asked for in a round; also the most that are handed to one who asks. Default 500.</summary>
    public int MaxPeersToSyncPerRound { get; init; } = 500;

    /// <summary>Seeds asked at once. Default 5; clamped to 20 at most.</summary>
    public int MaxSeedPeerSyncCount { get; init; } = 5;

    /// <summary>A pause before the first round. Default null, none.</summary>
    public TimeSpan? InitialPeerSyncDelay { get; init; }

    /// <summary>New peers after which seeds may be left early; 0 for never. Default 15.</summary>
    public int SeedPeerMinInitialSyncPeersNeeded { get; init; } = 15;

    /// <summary>Seeds that have to answer before that. Default 5.</summary>
    public int MinSuccessfulSeedContactsForEarlyExit { get; init; } = 5;

    /// <summary>How long a seed's dial may take. Default 30 s.</summary>
    public TimeSpan BootstrapDialPeerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long opening a session for calls may take. Default 10 s.</summary>
    public TimeSpan BootstrapRpcConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the first answer may take. Default 5 s.</summary>
    public TimeSpan BootstrapRpcGetPeersStreamTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long each further answer may take. Default 5 s.</summary>
    public TimeSpan BootstrapRpcStreamingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the first bootstrap may take, and each rebootstrap (30 s at least). Default 5 min.</summary>
    public TimeSpan BootstrapTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A peer is asked again when it connects after this. Default 1 h; clamped to 1 min at least.</summary>
    public TimeSpan OnConnectResyncTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Connected peers asked in a rebootstrap. Default 5; 0 for none, clamped to 20 at most.</summary>
    public int RebootstrapConnectedPeers { get; init; } = 5;

    /// <summary>
    /// Checks every setting. What <see cref="DhtConfig.ClampRebootstrapSettings"/> brings into range may still be out of it.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names it and the range.</exception>
    public void Validate() => DhtSettings.NetworkDiscovery.Validate(this);
}
