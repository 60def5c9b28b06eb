using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

public sealed partial class MemoryComms
{
    // Beyond this many, bans that are over are dropped.
    private const int TrackedBans = 1024;

    private readonly Dictionary<NodeId, MemoryConnection> _pool = [];
    private readonly Dictionary<NodeId, BanRecord> _bans = [];
    private readonly HashSet<NodeId> _allowed = [];

    // The nodes of the pool in no order: choosing shuffles a part of it in place.
    private readonly List<NodeId> _nodes = [];
    private readonly List<TaskCompletionSource<bool>> _onlineWaiters = [];

    // Connections that the peer has closed, with messages of it that wait for the graph.
    private readonly List<MemoryConnection> _ending = [];
    private SeededRandom _selection;
    private ConnectivityStatus _status;

    /// <inheritdoc/>
    public ConnectivityStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<NodeId> excluded = selection.Excluded ?? [];
        lock (_gate)
        {
            int count = Math.Max(0, selection.Count ?? int.MaxValue);
            var chosen = new List<NodeId>(Math.Min(count, _nodes.Count));
            for (int i = 0; i < _nodes.Count && chosen.Count < count; i++)
            {
                if (selection.Count is not null)
                {
                    int other = i + _selection.Next(_nodes.Count - i);
                    (_nodes[i], _nodes[other]) = (_nodes[other], _nodes[i]);
                }

                if (!IsExcluded(excluded, _nodes[i]))
                {
                    chosen.Add(_nodes[i]);
                }
            }

            return ValueTask.FromResult<IReadOnlyList<NodeId>>(chosen);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Live(peer) is { } connection && !IsBannedHere(peer) ? connection.Acquire(strength) : null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default)
    {
        List<PeerConnectionHandle> handles = [];
        foreach (MemoryConnection connection in Connections())
        {
            if (connection.IsConnected)
            {
                handles.Add(connection.Acquire(ConnectionStrength.Weak));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>(handles);
    }

    /// <inheritdoc/>
    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(reason);
        if (!_isRunning)
        {
            return ValueTask.FromException(Error(ConnectivityError.ActorDisconnected, "The node has ended."));
        }

        Network.Turns.Post(new Turn(this, BanTurn, new BanRequest(peer, duration, reason, null)));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _allowed.Add(peer);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _allowed.Remove(peer);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_allowed.Contains(peer));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<NodeId>>([.. _allowed]);
        }
    }

    /// <inheritdoc/>
    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<bool> waiter;
        lock (_gate)
        {
            if (!_isRunning)
            {
                return ValueTask.FromException(Error(ConnectivityError.ActorDisconnected, "The node has ended."));
            }

            if (_status.State == ConnectivityState.Online)
            {
                return ValueTask.CompletedTask;
            }

            waiter = new TaskCompletionSource<bool>();
            _onlineWaiters.Add(waiter);
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            Network.Turns.PostAt(Network.Turns.Now + timeout, new Turn(this, OnlineTimeoutTurn, waiter));
        }

        return new ValueTask(cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Task);
    }

    /// <inheritdoc/>
    public EventSubscription<ConnectivityEvent> Subscribe() => _events.Subscribe();

    /// <summary>A connection that was in use has ended, and the other end knows or will notice.</summary>
    internal void OnConnectionEnded(MemoryConnection connection, bool isMinimized)
    {
        if (connection.HasArrived)
        {
            _ending.Add(connection);
        }

        // A connection that another one has replaced is nobody's loss.
        if (Forget(connection))
        {
            Network.Trace(MemoryTraceKind.Disconnected, Identity.NodeId, connection.Peer);
            _events.Publish(new ConnectivityEvent.PeerDisconnected(connection.Peer, isMinimized));
            UpdateStatus();
        }
    }

    private static bool IsExcluded(IReadOnlyList<NodeId> excluded, in NodeId id)
    {
        for (int i = 0; i < excluded.Count; i++)
        {
            if (excluded[i] == id)
            {
                return true;
            }
        }

        return false;
    }

    private MemoryConnection? Live(NodeId peer)
    {
        lock (_gate)
        {
            return _pool.TryGetValue(peer, out MemoryConnection? connection) && connection.IsConnected ? connection : null;
        }
    }

    private MemoryConnection[] Connections()
    {
        lock (_gate)
        {
            return [.. _pool.Values];
        }
    }

    /// <summary>Takes a new connection into the pool, or closes it.</summary>
    private void Take(MemoryConnection connection)
    {
        if (IsBannedHere(connection.Peer))
        {
            CloseQuietly(connection);
            return;
        }

        MemoryConnection? existing = Live(connection.Peer);
        if (existing is not null && existing.Direction != connection.Direction && !WinsTie(connection))
        {
            CloseQuietly(connection);
        }
        else
        {
            lock (_gate)
            {
                if (_pool.TryGetValue(connection.Peer, out MemoryConnection? replaced))
                {
                    existing = replaced;
                    _nodes.Remove(connection.Peer);
                }

                _pool[connection.Peer] = connection;
                if (IsNode(connection))
                {
                    _nodes.Add(connection.Peer);
                }
            }

            connection.PoolHandle = connection.Acquire(ConnectionStrength.Weak);
            if (existing is not null)
            {
                CloseQuietly(existing);
            }

            _events.Publish(new ConnectivityEvent.PeerConnected(connection));
            UpdateStatus();
        }

        if (connection.Direction == ConnectionDirection.Inbound)
        {
            CancelDial(connection.Peer);
        }
    }

    // Of two connections in opposite directions both nodes keep the same: the one that the node with the smaller id has dialled.
    private bool WinsTie(MemoryConnection connection) =>
        connection.Direction == ConnectionDirection.Outbound
            ? connection.Peer > Identity.NodeId
            : Identity.NodeId > connection.Peer;

    private static bool IsNode(MemoryConnection connection) => connection.Features == PeerFeatures.CommunicationNode;

    private static void CloseQuietly(MemoryConnection connection)
    {
        connection.Close();
        connection.PoolHandle?.Dispose();
    }

    /// <summary>Takes a connection out of the pool.</summary>
    /// <returns>Whether it was there.</returns>
    private bool Forget(MemoryConnection connection)
    {
        lock (_gate)
        {
            if (!_pool.TryGetValue(connection.Peer, out MemoryConnection? pooled) || !ReferenceEquals(pooled, connection))
            {
                return false;
            }

            _pool.Remove(connection.Peer);
            _nodes.Remove(connection.Peer);
        }

        connection.PoolHandle?.Dispose();
        return true;
    }

    private void UpdateStatus()
    {
        ConnectivityStatus before, now;
        List<TaskCompletionSource<bool>>? online = null;
        lock (_gate)
        {
            before = _status;
            int nodes = _nodes.Count;
            var state = nodes >= Options.MinConnectivity ? ConnectivityState.Online
                : _pool.Count > 0 ? ConnectivityState.Degraded
                : ConnectivityState.Offline;
            now = new ConnectivityStatus(state, nodes);
            _status = now;
            if (state == ConnectivityState.Online && _onlineWaiters.Count > 0)
            {
                online = [.. _onlineWaiters];
                _onlineWaiters.Clear();
            }
        }

        // While online the number may change without a word.
        if (before.State != now.State || (now.State == ConnectivityState.Degraded && before.Nodes != now.Nodes))
        {
            _events.Publish(new ConnectivityEvent.StateChanged(now));
        }

        foreach (TaskCompletionSource<bool> waiter in online ?? [])
        {
            Network.Complete(waiter, true);
        }
    }

    private void OnOnlineTimeout(TaskCompletionSource<bool> waiter)
    {
        bool isWaiting;
        lock (_gate)
        {
            isWaiting = _onlineWaiters.Remove(waiter);
        }

        if (isWaiting)
        {
            Network.Fail(waiter, Error(ConnectivityError.OnlineWaitTimeout, $"The node is not online; it is connected to {Status.Nodes} nodes."));
        }
    }

    private void OnBan(BanRequest request)
    {
        NodeId peer = request.Peer;
        DateTimeOffset now = UtcNow;
        long generation;
        try
        {
            generation = Peers.BanGeneration(peer);
        }
        catch (ObjectDisposedException)
        {
            // The store has ended before the node: the ban lasts as long as the node does.
            generation = 0;
        }

        lock (_gate)
        {
            if (!_isRunning || _allowed.Contains(peer))
            {
                return;
            }

            if (_bans.Count >= TrackedBans)
            {
                DropEndedBans(now);
            }

            _bans[peer] = new BanRecord(PeerTimes.After(now, request.Duration), generation);
        }

        try
        {
            if (request.PublicKey is { } key)
            {
                Peers.BanPeer(key, request.Duration, request.Reason);
            }
            else
            {
                Peers.BanPeerByNodeId(peer, request.Duration, request.Reason);
            }
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            // An unknown peer is banned in memory alone.
            Network.Trace(MemoryTraceKind.NotStored, Identity.NodeId, peer);
        }

        Network.Trace(MemoryTraceKind.Banned, Identity.NodeId, peer);
        _events.Publish(new ConnectivityEvent.PeerBanned(peer));
        if (Live(peer) is { } connection && connection.Close())
        {
            OnConnectionEnded(connection, isMinimized: true);
        }
    }

    private void DropEndedBans(DateTimeOffset now)
    {
        List<NodeId> ended = [];
        foreach ((NodeId peer, BanRecord record) in _bans)
        {
            if (record.Until <= now)
            {
                ended.Add(peer);
            }
        }

        foreach (NodeId peer in ended)
        {
            _bans.Remove(peer);
        }
    }

    /// <summary>Whether this node has banned a peer, and the ban was not lifted in the store.</summary>
    private bool IsBannedHere(NodeId peer)
    {
        BanRecord record;
        lock (_gate)
        {
            if (_bans.Count == 0 || !_bans.TryGetValue(peer, out record))
            {
                return false;
            }
        }

        if (UtcNow < record.Until)
        {
            try
            {
                return Peers.TryGetBanGeneration(peer, out long generation) && generation == record.Generation;
            }
            catch (ObjectDisposedException)
            {
                // Nobody can lift it any more.
                return true;
            }
        }

        return false;
    }

    private readonly record struct BanRecord(DateTimeOffset Until, long Generation);

    private sealed record BanRequest(NodeId Peer, TimeSpan Duration, string Reason, CommsPublicKey? PublicKey);
}
