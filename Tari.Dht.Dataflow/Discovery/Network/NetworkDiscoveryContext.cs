using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What the states of network discovery have in common.</summary>
/// <remarks>
/// The work of one state uses it at a time, but for <see cref="Now"/>, <see cref="Draw"/> and what is thread safe by itself.
/// </remarks>
internal sealed class NetworkDiscoveryContext
{
    private static readonly TimeSpan s_shortestRun = TimeSpan.FromSeconds(30);

    private readonly Lock _drawing = new();
    private readonly DateTimeOffset _startedAt;
    private readonly long _start;

    public NetworkDiscoveryContext(NetworkDiscoveryServices services, NetworkDiscoveryOptions options)
    {
        Services = services;
        Options = options;
        Logger = GuardedLogger.Of(options.Logger);
        Relayed = new RelayedPeers(services.Identity, services.Peers, services.Validator);
        NetworkDiscoveryConfig config = Config;
        Machine = new NetworkDiscoveryMachine(config);
        Asked = new AskedPeers(config.OnConnectResyncTtl, Machine.AskAgain.First, Machine.AskAgain.Longest);
        OnConnect = new OnConnectMemory(config.OnConnectResyncTtl);
        _startedAt = options.TimeProvider.GetUtcNow();
        _start = options.TimeProvider.GetTimestamp();
    }

    public NetworkDiscoveryServices Services { get; }

    public NetworkDiscoveryOptions Options { get; }

    public ILogger Logger { get; }

    public NetworkDiscoveryConfig Config => Options.Config.NetworkDiscovery;

    public RelayedPeers Relayed { get; }

    /// <summary>The machine; the loop alone changes it.</summary>
    public NetworkDiscoveryMachine Machine { get; set; }

    /// <summary>Whom this node has asked lately.</summary>
    public AskedPeers Asked { get; }

    /// <summary>Whom it has asked lately because they connected.</summary>
    public OnConnectMemory OnConnect { get; }

    /// <summary>Whom peers suggested that had dialled this node, as rebootstraps found out.</summary>
    public SuggestedPeers Suggested { get; } = new();

    /// <summary>The time since the start. Not the wall clock's, which may be set.</summary>
    public TimeSpan Now => Options.TimeProvider.GetElapsedTime(_start);

    /// <summary>A time of <see cref="Now"/> on a calendar.</summary>
    public DateTimeOffset DateOf(TimeSpan now) => _startedAt + now;

    /// <summary>How long something that asks several peers, or one without limits of its own, may take.</summary>
    public TimeSpan LongestRun => Config.BootstrapTimeout > s_shortestRun ? Config.BootstrapTimeout : s_shortestRun;

    /// <summary>A random number from 0 to 1.</summary>
    public double Draw()
    {
        lock (_drawing)
        {
            return Options.Random.NextDouble();
        }
    }

    public void Shuffle<T>(List<T> items)
    {
        lock (_drawing)
        {
            Options.Random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items));
        }
    }

    /// <summary>Seeds with an address that may be asked: not banned, not deleted, not this node.</summary>
    public List<Peer> Seeds()
    {
        DateTimeOffset now = Options.TimeProvider.GetUtcNow();
        var seeds = new List<Peer>();
        foreach (Peer seed in Services.Peers.GetSeedPeers())
        {
            if (IsUsable(seed, now))
            {
                seeds.Add(seed);
            }
        }

        return seeds;
    }

    /// <summary>Whether a peer may be asked: it is not banned, not deleted, not this node.</summary>
    public bool IsUsable(Peer peer, DateTimeOffset now) =>
        !peer.IsBanned(now) && !peer.IsDeleted && peer.NodeId != Services.Identity.NodeId;

    /// <summary>Reports an offence, if it is one.</summary>
    public void Report(in NodeId peer, OffenceSeverity? severity, string reason)
    {
        if (severity is not { } some)
        {
            return;
        }

        if (Services.Peers.Find(peer) is { } record)
        {
            Services.Offences.Report(record.PublicKey, some, reason);
        }
        else
        {
            Logger.OffenderUnknown(peer, reason);
        }
    }
}
