using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>What the turns do with the pool.</summary>
internal sealed partial class DhtConnectivity
{
    // Used within one turn each.
    private readonly List<PeerConnectionHandle> _released = [];
    private bool _isNextLearned;
    private bool _hasFewTcpv4Nodes;

    /// <summary>Brings the pool to its size, as far as peers are known.</summary>
    /// <returns>
    /// False if that failed, which is logged. Nobody new is in the pool then; without an answer to a question it is as it was.
    /// </returns>
    private async ValueTask<bool> TryRefreshAsync()
    {
        if (_fillAt is not null || _pool.Size == 0)
        {
            // What is learned before the first fill serves that one.
            return true;
        }

        try
        {
            await RefreshAsync();
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _logger.RefreshFailed(error);
            return false;
        }
    }

    private async ValueTask RefreshAsync()
    {
        TimeSpan now = Now();
        PoolPlan plan = _pool.Plan(now, IsRefreshDue(now));
        int budget = plan.Target == 0 ? 0 : Math.Max(plan.Target / 2, 1) - _learned.CountDialling(now);
        LearnedSelection learned = _learned.Select(budget, null, now);
        List<NodeId> dialled = learned.Peers;
        int needed = plan.Needed - learned.Peers.Count;
        if (needed > 0)
        {
            dialled = [.. learned.Peers, .. await ChooseStoredAsync(needed, isSeenPreferred: !plan.IsChurn, null)];
        }

        // Nothing has changed up to here, and from here on nothing fails but the dials.
        Apply(plan, dialled, now);
        Dial(dialled);
        if (plan.Shortfall > 0)
        {
            _learned.Take(learned);
        }
        else
        {
            _learned.Clear(now);
        }

        if (plan.IsChurn)
        {
            _lastRefresh = now;
        }
    }

    private bool IsRefreshDue(TimeSpan now) => _lastRefresh is not { } last || now - last >= _config.Connectivity.RandomPoolRefreshInterval;

    /// <summary>
    /// Fills the pool with other peers, as nobody in it is connected or being dialled, or the node was offline; not more often than members
    /// are exchanged.
    /// </summary>
    private async ValueTask RefreshAnewAsync()
    {
        TimeSpan now = Now();
        if (_fillAt is not null || _pool.Size == 0 || !IsRefreshDue(now))
        {
            return;
        }

        PoolPlan plan = _pool.PlanAnew(now);
        List<NodeId> dialled = await ChooseStoredAsync(plan.Needed, isSeenPreferred: true, null);
        Apply(plan, dialled, now);
        Dial(dialled);
        if (dialled.Count > 0)
        {
            _lastRefresh = now;
        }
    }

    private void Apply(PoolPlan plan, List<NodeId> dialled, TimeSpan now)
    {
        _pool.Apply(plan, dialled, now, _released);
        _logger.PoolRefreshed(plan.Connected.Count, _pool.Size, plan.Pending.Count, dialled.Count, plan.Released.Count, plan.IsChurn);
        CloseReleased();
    }

    /// <summary>Dials new members; those that could not even be asked for leave the pool again.</summary>
    private void Dial(List<NodeId> peers)
    {
        if (peers.Count == 0)
        {
            return;
        }

        try
        {
            _services.Connectivity.RequestManyDials(CollectionsMarshal.AsSpan(peers));
        }
        catch
        {
            foreach (NodeId peer in peers)
            {
                _pool.Remove(peer, out _);
            }

            throw;
        }
    }

    /// <summary>Chooses peers of the store that are not in the pool.</summary>
    /// <param name="count">How many at most, above zero.</param>
    /// <param name="isSeenPreferred">Those first that were seen lately.</param>
    /// <param name="excluded">One more that is not chosen.</param>
    private async ValueTask<List<NodeId>> ChooseStoredAsync(int count, bool isSeenPreferred, NodeId? excluded)
    {
        if (count <= 0)
        {
            return [];
        }

        IReadOnlyList<NodeId> allowed = await _services.Connectivity.GetAllowListAsync(_stopping.Token);
        HashSet<NodeId> unwanted = [_services.Self, .. _pool.Peers, .. _learned.Queue, .. allowed];
        _backoff.AddTo(unwanted, Now());
        if (excluded is { } one)
        {
            unwanted.Add(one);
        }

        IReadOnlyList<Peer> chosen = _services.Peers.RandomPeers(count, unwanted, knownGood: isSeenPreferred);
        var ids = new List<NodeId>(chosen.Count);
        foreach (Peer peer in chosen)
        {
            ids.Add(peer.NodeId);
        }

        return ids;
    }

    private async ValueTask<bool> TryStoreLearnedAsync(RebootstrapInfo info)
    {
        try
        {
            IReadOnlyList<NodeId> allowed = await _services.Connectivity.GetAllowListAsync(_stopping.Token);
            DateTimeOffset clock = _options.TimeProvider.GetUtcNow();
            ReadOnlySpan<NodeId> learned = info.LearnedPeers.AsSpan();
            var suitable = new List<NodeId>();
            foreach (NodeId id in learned[..Math.Min(learned.Length, LearnedPeers.MaxQueued)])
            {
                if (_services.Peers.Find(id) is { } peer && !peer.IsBanned(clock) && !peer.IsSeed && !peer.Features.IsClient()
                    && id != _services.Self && !allowed.Contains(id))
                {
                    suitable.Add(id);
                }
            }

            _learned.Store(suitable, info.LearnedFromInbound.AsSpan(), Now());
            _logger.LearnedPeersStored(suitable.Count, learned.Length);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _logger.LearnedPeersNotStored(error);
            return false;
        }
    }

    /// <summary>Deals with the connections there are, of which no event told, or told before this node listened.</summary>
    private async ValueTask AdoptAsync()
    {
        try
        {
            IReadOnlyList<PeerConnectionHandle> handles = await _services.Connectivity.GetActiveConnectionsAsync(_stopping.Token);
            try
            {
                foreach (PeerConnectionHandle handle in handles)
                {
                    IPeerConnection connection = handle.Connection;
                    if (_pool.Find(connection.Peer)?.Handle?.Connection.Id != connection.Id)
                    {
                        await OnConnectedAsync(connection);
                    }
                }
            }
            finally
            {
                foreach (PeerConnectionHandle handle in handles)
                {
                    handle.Dispose();
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _logger.TurnFailed(error, "the connections there are");
        }
    }

    private async ValueTask OnConnectedAsync(IPeerConnection connection)
    {
        NodeId peer = connection.Peer;
        _backoff.Forget(peer);
        if (_pool.Size == 0
            || connection.Features.IsClient()
            || !connection.IsConnected
            || await _services.Connectivity.IsOnAllowListAsync(peer, _stopping.Token))
        {
            return;
        }

        TimeSpan now = Now();
        bool isOutbound = connection.Direction == ConnectionDirection.Outbound;
        if (_pool.Contains(peer))
        {
            _learned.CountMember(peer, now);
            Hold(connection);
        }
        else if (connection.IsStronglyHeld)
        {
            // Somebody else needs it, and decides about it.
        }
        else if (!_learned.TryAdmit(peer, now))
        {
            _logger.ConnectionRefused(peer, "too many were suggested by peers who dialled this node");
            if (isOutbound)
            {
                Close(connection.Acquire(ConnectionStrength.Weak), isMinimized: true);
            }
        }
        else if (isOutbound && _pool.CountMembers(now).Connected >= _pool.Size)
        {
            _logger.ConnectionRefused(peer, "it is full");
            Close(connection.Acquire(ConnectionStrength.Weak), isMinimized: true);
        }
        else
        {
            // A pool that is full takes peers in that have dialled; a refresh releases who is too many.
            Hold(connection);
        }

        if (_config.MinimizeConnections)
        {
            await MinimizeAsync();
        }
    }

    private void Hold(IPeerConnection connection)
    {
        _pool.Hold(connection.Acquire(ConnectionStrength.Weak), _released);
        CloseReleased();
    }

    /// <summary>Takes a member out that is gone, and dials another if the pool needs one.</summary>
    private async ValueTask ReplaceIfGoneAsync(NodeId peer)
    {
        // An event may be of a connection before the one that is up now.
        if (_pool.Find(peer) is not { IsLive: false } || !_pool.Remove(peer, out PeerConnectionHandle? handle))
        {
            return;
        }

        handle?.Dispose();
        TimeSpan now = Now();
        PoolCounts counts = _pool.CountMembers(now);
        if (counts.Connected >= _pool.Size && !_pool.IsStarved(counts.Outbound))
        {
            return;
        }

        _isNextLearned = !_isNextLearned;
        HashSet<NodeId> leaver = [peer];
        LearnedSelection learned = new([], []);
        List<NodeId> stored = [];
        bool mayDialLearned = _learned.CountDialling(now) < Math.Max(_pool.MaxDials / 2, 1);
        if (_isNextLearned && mayDialLearned)
        {
            learned = _learned.Select(1, leaver, now);
        }

        if (learned.Peers.Count == 0 && counts.Pending < _pool.MaxDials)
        {
            stored = await ChooseStoredAsync(1, isSeenPreferred: true, peer);
        }

        if (learned.Peers.Count + stored.Count == 0 && mayDialLearned && !_isNextLearned)
        {
            learned = _learned.Select(1, leaver, now);
        }

        bool isLearned = learned.Peers.Count > 0;
        List<NodeId> dialled = isLearned ? learned.Peers : stored;
        foreach (NodeId next in dialled)
        {
            _pool.AddDialled(next, now);
        }

        Dial(dialled);
        if (isLearned)
        {
            _learned.Take(learned);
        }

        _logger.MemberReplaced(peer, dialled.Count);
    }

    /// <summary>
    /// Drops the connections of those members that are farthest from this node and that nobody else needs, down to the size of the pool.
    /// </summary>
    private async ValueTask MinimizeAsync()
    {
        List<(XorDistance Distance, NodeId Peer)> idle = [];
        foreach (PoolMember member in _pool.Members)
        {
            if (member.IsLive && !member.Handle!.Connection.IsStronglyHeld)
            {
                idle.Add((XorDistance.Between(_services.Self, member.Peer), member.Peer));
            }
        }

        if (idle.Count <= _pool.Size)
        {
            return;
        }

        IReadOnlyList<NodeId> allowed = await _services.Connectivity.GetAllowListAsync(_stopping.Token);
        idle.RemoveAll(member => allowed.Contains(member.Peer));
        idle.Sort(static (one, other) => one.Distance.CompareTo(other.Distance));
        for (int i = _pool.Size; i < idle.Count; i++)
        {
            if (_pool.Remove(idle[i].Peer, out PeerConnectionHandle? handle) && handle is not null)
            {
                Close(handle, isMinimized: true);
            }
        }
    }

    private void CloseReleased()
    {
        foreach (PeerConnectionHandle handle in _released)
        {
            Close(handle, isMinimized: false);
        }

        _released.Clear();
    }

    /// <summary>Closes a connection if it is up, and gives the handle up. Does not wait.</summary>
    private void Close(PeerConnectionHandle handle, bool isMinimized)
    {
        if (handle.Connection.IsConnected)
        {
            InBackground(CloseAsync(handle, isMinimized));
        }
        else
        {
            handle.Dispose();
        }
    }

    private async Task CloseAsync(PeerConnectionHandle handle, bool isMinimized)
    {
        using (handle)
        {
            try
            {
                await handle.Connection.DisconnectHereAsync(isMinimized, _options.TimeProvider, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The end; the transport closes it.
            }
            catch (Exception error)
            {
                _logger.DisconnectFailed(error, handle.Connection.Peer);
            }
        }
    }

    /// <summary>Says when too few connections are TCP over IPv4, and when there are enough again.</summary>
    private void CheckTcpv4Ratio()
    {
        float ratio = _config.Connectivity.MinimumDesiredTcpv4NodeRatio;
        if (ratio == 0)
        {
            return;
        }

        int connected = 0, tcp = 0;
        foreach (PoolMember member in _pool.Members)
        {
            if (member.Handle is { Connection: { IsConnected: true } connection })
            {
                connected++;
                tcp += AddressKinds.IsTcpOverIp4(connection.Address) ? 1 : 0;
            }
        }

        if (connected <= 1)
        {
            return;
        }

        bool isBelow = tcp < ratio * connected;
        if (isBelow && !_hasFewTcpv4Nodes)
        {
            _logger.FewTcpv4Nodes(tcp, connected, ratio);
        }
        else if (!isBelow && _hasFewTcpv4Nodes)
        {
            _logger.EnoughTcpv4Nodes(tcp, connected);
        }

        _hasFewTcpv4Nodes = isBelow;
    }
}
