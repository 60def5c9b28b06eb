using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

public sealed partial class ConnectivityManager
{
    // Candidates asked for per dial to be made, so that the breaker and the scores have a choice.
    private const int CandidatesPerDial = 3;

    private static readonly TimeSpan s_collectionInterval = TimeSpan.FromMinutes(10);

    private readonly List<NodeId> _gone = [];
    private readonly List<PoolEntry> _chosen = [];
    private TimeSpan? _lastCollection;
    private volatile bool _isCollecting;

    /// <summary>Who was reached since then is worth more than others.</summary>
    private DateTimeOffset ReachedSince
    {
        get
        {
            DateTimeOffset now = UtcNow;
            TimeSpan age = _config.ExpirePeerLastSeenDuration;
            return age < now - DateTimeOffset.MinValue ? now - age : DateTimeOffset.MinValue;
        }
    }

    /// <summary>Looks after the pool once. One at a time.</summary>
    internal void Refresh()
    {
        try
        {
            bool collects;
            int dials;
            lock (_gate)
            {
                if (_hasEnded)
                {
                    return;
                }

                // What is left of a refresh that failed is over.
                _gone.Clear();
                _chosen.Clear();
                DateTimeOffset now = UtcNow;
                _health.Prune(_deadlines.Now);
                _bans.Prune(now);
                DropDead();
                AgeSeeds(now);
                Reap(now);
                collects = IsCollectionDue();
                Minimise();
                dials = DialsNeeded();
            }

            Act();
            if (collects)
            {
                Collect();
            }

            if (dials > 0)
            {
                DialProactively(dials);
            }

            lock (_gate)
            {
                UpdateStatus();
            }
        }
        catch (Exception error)
        {
            // The store ends before the node or can't answer, or a connection has a fault: the connections there are stay.
            _logger.ConnectivityRefreshFailed(error);
        }

        Act();
    }

    /// <summary>Forgets peers without a connection, and notes ends that were not reported.</summary>
    private void DropDead()
    {
        foreach (PoolEntry entry in _pool.Values)
        {
            if (entry.Connection is null)
            {
                _gone.Add(entry.Peer);
            }
            else if (!entry.Connection.IsConnected)
            {
                Lose(entry, isMinimized: false);
                _gone.Add(entry.Peer);
            }
            else
            {
                entry.IsClosing = false;
            }
        }

        foreach (NodeId peer in _gone)
        {
            _pool.Remove(peer);
        }

        _gone.Clear();
    }

    /// <summary>Lets connections to seeds go after a while, so that seeds have room for nodes that know nobody yet.</summary>
    /// <remarks>
    /// A strong handle does not protect them, as whoever keeps a pool would hold seeds for ever; a call that is under way does, until the
    /// next refresh.
    /// </remarks>
    private void AgeSeeds(DateTimeOffset now)
    {
        int left = _nodes.Count;
        foreach (PoolEntry entry in _pool.Values)
        {
            if (left <= _config.MinConnectivity)
            {
                break;
            }

            if (entry.Live is { } connection
                && now - connection.ConnectedAt > _config.MaxSeedPeerAge
                && connection.RpcSessionCount == 0
                && _peers.Find(entry.Peer) is { IsSeed: true })
            {
                left -= entry.IsNode ? 1 : 0;
                _chosen.Add(entry);
            }
        }

        CloseChosen("seeds were connected long enough");
    }

    private void Reap(DateTimeOffset now)
    {
        if (_config.IsConnectionReapingEnabled)
        {
            Reap(ConnectionDirection.Outbound, _config.ReaperMinConnectionThreshold, now);
            Reap(ConnectionDirection.Inbound, _config.ReaperInboundSoftLimit, now);
        }
    }

    private void Reap(ConnectionDirection direction, int threshold, DateTimeOffset now)
    {
        if (_connected <= threshold)
        {
            return;
        }

        foreach (PoolEntry entry in _pool.Values)
        {
            if (!entry.IsClosing && entry.Live?.Direction == direction)
            {
                _chosen.Add(entry);
            }
        }

        Reaper.KeepThoseToClose(_chosen, _chosen.Count - threshold, now, _config.ReaperMinInactiveAge);
        CloseChosen("too many");
    }

    /// <summary>Lets all but the closest nodes go, where nobody uses them.</summary>
    private void Minimise()
    {
        if (_config.MaintainNClosestConnectionsOnly is not { } kept || _nodes.Count <= kept)
        {
            return;
        }

        foreach (PoolEntry node in _nodes)
        {
            if (!node.IsClosing && node.Live is { IsStronglyHeld: false } && !_allowed.Contains(node.Peer))
            {
                _chosen.Add(node);
            }
        }

        _chosen.Sort((left, right) => XorDistance.Between(_ownId, left.Peer).CompareTo(XorDistance.Between(_ownId, right.Peer)));
        for (int i = kept; i < _chosen.Count; i++)
        {
            // In use it stays, in the pool too.
            Do(EffectKind.DisconnectIfUnused, _chosen[i].Connection!);
        }

        _chosen.Clear();
    }

    private void CloseChosen(string reason)
    {
        if (_chosen.Count == 0)
        {
            return;
        }

        foreach (PoolEntry entry in _chosen)
        {
            // It stays in the pool until its end is reported.
            entry.IsClosing = true;
            Do(EffectKind.Disconnect, entry.Connection!, s_minimized);
        }

        Do(EffectKind.Note, reason, _chosen.Count);
        _chosen.Clear();
    }

    private bool IsCollectionDue()
    {
        TimeSpan now = _deadlines.Now;
        if (_isCollecting || now - _lastCollection < s_collectionInterval)
        {
            return false;
        }

        _lastCollection = now;
        return true;
    }

    /// <summary>Clears the peer store of what is too much, in the background.</summary>
    private void Collect()
    {
        _isCollecting = true;
        BackgroundWork.Start(static state => ((ConnectivityManager)state!).CollectNow(), this, _options.TaskScheduler);
    }

    private void CollectNow()
    {
        try
        {
            HashSet<NodeId> connected = [];
            lock (_gate)
            {
                foreach (PoolEntry entry in _pool.Values)
                {
                    if (entry.Connection is not null)
                    {
                        connected.Add(entry.Peer);
                    }
                }
            }

            _peers.CollectGarbage(connected, ReachedSince);
        }
        catch (Exception error)
        {
            _logger.PeerCollectionFailed(error);
        }
        finally
        {
            _isCollecting = false;
        }
    }

    /// <summary>How many peers to dial because few nodes are connected.</summary>
    private int DialsNeeded()
    {
        int needed = _config.ProactiveDialingFloor - _nodes.Count;
        return _config.ProactiveDialingEnabled && needed > 0
            ? DialCount.Of(needed, _health.MeanSuccessRate, _config.DialingMultiplier)
            : 0;
    }

    private void DialProactively(int count)
    {
        List<Peer> candidates = ChooseCandidates(_peers, CandidatesPerDial * count, Unwanted(), ReachedSince);
        int nodes, begun = 0;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            TimeSpan now = _deadlines.Now;
            candidates.RemoveAll(peer => !_health.MayDial(peer.NodeId, now));
            SortByScore(candidates);
            nodes = _nodes.Count;
            for (int i = 0; i < candidates.Count && begun < count && _dials.Count < MaxDials; i++)
            {
                Peer peer = candidates[i];
                if (!_dials.ContainsKey(peer.NodeId) && Usable(peer.NodeId) is null && !IsBannedHere(peer.NodeId))
                {
                    Begin(peer);
                    begun++;
                }
            }
        }

        _logger.ProactiveDialsBegun(begun, nodes);
        Act();
    }

    /// <summary>Whom not to dial: who is connected, this node, and seeds unless there is too little else.</summary>
    private HashSet<NodeId> Unwanted()
    {
        HashSet<NodeId> unwanted = [_ownId];
        bool withSeeds;
        lock (_gate)
        {
            withSeeds = _nodes.Count < _config.MinConnectivity;
            foreach (PoolEntry entry in _pool.Values)
            {
                if (entry.Connection is not null)
                {
                    unwanted.Add(entry.Peer);
                }
            }
        }

        if (!withSeeds)
        {
            foreach (Peer seed in _peers.GetSeedPeers())
            {
                unwanted.Add(seed.NodeId);
            }
        }

        return unwanted;
    }

    /// <summary>
    /// Peers to dial: those that did not fail, and if these are too few, some that did, spread over the networks' groups together.
    /// </summary>
    /// <param name="peers">The store.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="excluded">Whom not; the chosen are added.</param>
    /// <param name="seenSince">Who was reached since then comes first.</param>
    internal static List<Peer> ChooseCandidates(PeerManager peers, int count, HashSet<NodeId> excluded, DateTimeOffset seenSince)
    {
        var query = new DialCandidatesQuery
        {
            Limit = count,
            Excluded = excluded,
            ExcludeFailed = true,
            Randomize = true,
            SeenSince = seenSince,
        };
        List<Peer> chosen = [.. peers.DialCandidates(query)];
        if (chosen.Count < count)
        {
            Dictionary<string, int> groups = [];
            foreach (Peer peer in chosen)
            {
                excluded.Add(peer.NodeId);
                foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
                {
                    string group = entry.Address.NetworkGroup();
                    groups[group] = groups.GetValueOrDefault(group) + 1;
                }
            }

            chosen.AddRange(peers.DialCandidates(query with { Limit = count - chosen.Count, ExcludeFailed = false, GroupsTaken = groups }));
        }

        return chosen;
    }

    /// <summary>The best first; equals keep their order.</summary>
    private void SortByScore(List<Peer> candidates)
    {
        double[] scores = new double[candidates.Count];
        for (int i = 0; i < candidates.Count; i++)
        {
            Peer candidate = candidates[i];
            double score = _health.ScoreOf(candidate.NodeId);
            int place = i;
            for (; place > 0 && scores[place - 1] < score; place--)
            {
                scores[place] = scores[place - 1];
                candidates[place] = candidates[place - 1];
            }

            scores[place] = score;
            candidates[place] = candidate;
        }
    }
}
