using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Health;

/// <summary>How dials went, of the peers that were dialled lately.</summary>
/// <remarks>
/// A peer is forgotten when its last dial neither counts any more nor keeps it from being dialled. Beyond <see cref="MaxPeers"/>, the one
/// whose last dial is the longest ago makes room. Not thread safe.
/// </remarks>
internal sealed class DialHealth(ConnectivityConfig config)
{
    /// <summary>Peers remembered at most.</summary>
    public const int MaxPeers = 4096;

    /// <summary>The score of a peer of which nothing is known.</summary>
    public const double UnknownScore = 0.5;

    private const double LowestRate = 0.1;
    private const double UnknownRate = 0.25;

    private readonly Dictionary<NodeId, PeerHealth> _peers = [];
    private readonly List<NodeId> _stale = [];

    /// <summary>Peers remembered.</summary>
    public int Count => _peers.Count;

    /// <summary>The mean of the peers' rates of success, 0.1 to 1; a quarter without peers.</summary>
    public double MeanSuccessRate
    {
        get
        {
            if (_peers.Count == 0)
            {
                return UnknownRate;
            }

            double sum = 0;
            foreach (PeerHealth health in _peers.Values)
            {
                sum += health.SuccessRate;
            }

            return Math.Clamp(sum / _peers.Count, LowestRate, 1);
        }
    }

    /// <summary>What is known of a peer; null for nothing.</summary>
    public PeerHealth? Find(in NodeId peer) => _peers.GetValueOrDefault(peer);

    /// <summary>What a peer is worth among candidates, 0 to 1.</summary>
    public double ScoreOf(in NodeId peer) => Find(peer)?.Score ?? UnknownScore;

    /// <summary>Whether a dial that nobody asked for may be made.</summary>
    public bool MayDial(in NodeId peer, TimeSpan now) => Find(peer)?.MayDial(now, config.CircuitBreakerRetryInterval) ?? true;

    public void OnDialStarted(in NodeId peer, TimeSpan now) => Find(peer)?.OnDialStarted(now, config.CircuitBreakerRetryInterval);

    public void OnSuccess(in NodeId peer, TimeSpan now) => Of(peer).OnSuccess(now);

    public void OnFailure(in NodeId peer, TimeSpan now) => Of(peer).OnFailure(now, config.CircuitBreakerFailureThreshold);

    /// <summary>Forgets dials that no longer count, and with them peers.</summary>
    public void Prune(TimeSpan now)
    {
        TimeSpan since = now - config.SuccessRateTrackingWindow;
        TimeSpan kept = config.SuccessRateTrackingWindow > config.CircuitBreakerRetryInterval
            ? config.SuccessRateTrackingWindow
            : config.CircuitBreakerRetryInterval;
        foreach ((NodeId peer, PeerHealth health) in _peers)
        {
            if (now - health.LastAttempt > kept)
            {
                _stale.Add(peer);
            }
            else
            {
                health.Forget(since);
            }
        }

        foreach (NodeId peer in _stale)
        {
            _peers.Remove(peer);
        }

        _stale.Clear();
    }

    private PeerHealth Of(in NodeId peer)
    {
        if (_peers.TryGetValue(peer, out PeerHealth? health))
        {
            return health;
        }

        if (_peers.Count >= MaxPeers)
        {
            DropOldest();
        }

        health = new PeerHealth();
        _peers.Add(peer, health);
        return health;
    }

    private void DropOldest()
    {
        NodeId oldest = default;
        TimeSpan? at = null;
        foreach ((NodeId peer, PeerHealth health) in _peers)
        {
            if (at is null || health.LastAttempt < at)
            {
                oldest = peer;
                at = health.LastAttempt;
            }
        }

        _peers.Remove(oldest);
    }
}
