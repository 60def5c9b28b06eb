using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

public sealed partial class ConnectivityManager
{
    // An argument of a disconnect that is for tidiness.
    private static readonly object s_minimized = new();

    private readonly Dictionary<NodeId, PoolEntry> _pool = [];

    // The nodes of the pool in no order: choosing shuffles a part of it in place.
    private readonly List<PoolEntry> _nodes = [];
    private readonly Func<IEnumerable<Measurement<int>>> _measureConnections;
    private readonly Func<Measurement<long>> _measureUptime;
    private SeededRandom _selection;

    // Entries with a connection.
    private int _connected;

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

                PoolEntry node = _nodes[i];
                if (node.Live is not null && !IsExcluded(excluded, node.Peer))
                {
                    chosen.Add(node.Peer);
                }
            }

            return ValueTask.FromResult<IReadOnlyList<NodeId>>(chosen);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Usable(peer)?.Acquire(strength));
        }
    }

    /// <summary>The connection to a peer that may be used now, without a handle: for a transport that sends a message at once.</summary>
    /// <param name="peer">The peer.</param>
    /// <returns>Null without one, and while the peer is banned.</returns>
    public IPeerConnection? FindConnection(NodeId peer)
    {
        lock (_gate)
        {
            return Usable(peer);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            List<PeerConnectionHandle> handles = new(_connected);
            foreach (PoolEntry entry in _pool.Values)
            {
                if (entry.Live is { } connection)
                {
                    handles.Add(connection.Acquire(ConnectionStrength.Weak));
                }
            }

            return ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>(handles);
        }
    }

    /// <summary>All entries of the pool, those without a connection too.</summary>
    public IReadOnlyList<PeerConnectionReport> GetConnectionStates()
    {
        lock (_gate)
        {
            List<PeerConnectionReport> reports = new(_pool.Count);
            foreach (PoolEntry entry in _pool.Values)
            {
                reports.Add(new PeerConnectionReport(entry.Peer, entry.State, entry.Connection));
            }

            return reports;
        }
    }

    /// <summary>The seeds in the peer store; none if it has ended.</summary>
    public IReadOnlyList<Peer> GetSeeds()
    {
        try
        {
            return _peers.GetSeedPeers();
        }
        catch (ObjectDisposedException)
        {
            return [];
        }
    }

    /// <summary>A peer's record; null if it is not known.</summary>
    /// <param name="peer">The peer.</param>
    public Peer? FindPeer(NodeId peer) => _peers.Find(peer);

    /// <summary>A connection has ended. One that is not in the pool, as another has replaced it, ends without a word.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isMinimized">Whether this node closed it for tidiness.</param>
    public void ReportDisconnected(IPeerConnection connection, bool isMinimized)
    {
        ArgumentNullException.ThrowIfNull(connection);
        lock (_gate)
        {
            if (!_pool.TryGetValue(connection.Peer, out PoolEntry? entry) || entry.Connection?.Id != connection.Id)
            {
                return;
            }

            Lose(entry, isMinimized);
            UpdateStatus();
        }

        Act();
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

    /// <summary>Takes a new connection into the pool, or lets it close. Called with the lock held.</summary>
    private void Take(IPeerConnection connection)
    {
        if (IsBannedHere(connection.Peer))
        {
            Do(EffectKind.WatchBan, new BanWatch(this, connection));
            return;
        }

        if (!connection.IsConnected)
        {
            // It ended before it was reported.
            return;
        }

        if (!_pool.TryGetValue(connection.Peer, out PoolEntry? entry))
        {
            entry = new PoolEntry(connection.Peer);
            _pool.Add(connection.Peer, entry);
        }
        else if (entry.Live is { } existing && existing.Direction != connection.Direction && !WinsTie(connection))
        {
            Do(EffectKind.Disconnect, connection, s_minimized);
            return;
        }

        if (entry.Connection is { } replaced)
        {
            Do(EffectKind.Disconnect, replaced, s_minimized);
            Remove(entry);
        }

        entry.State = PeerConnectionState.Connected;
        entry.Connection = connection;
        entry.Handle = connection.Acquire(ConnectionStrength.Weak);
        entry.IsClosing = false;
        _connected++;
        if (entry.IsNode)
        {
            _nodes.Add(entry);
        }

        Do(EffectKind.Publish, new ConnectivityEvent.PeerConnected(connection));
        UpdateStatus();
    }

    // Of two connections in opposite directions both nodes keep the same: the one that the node with the smaller id has dialled.
    private bool WinsTie(IPeerConnection connection) =>
        connection.Direction == ConnectionDirection.Outbound ? connection.Peer > _ownId : _ownId > connection.Peer;

    /// <summary>A connection of the pool has ended.</summary>
    private void Lose(PoolEntry entry, bool isMinimized)
    {
        Remove(entry);
        entry.State = isMinimized ? PeerConnectionState.Minimized : PeerConnectionState.Disconnected;
        Do(EffectKind.Publish, new ConnectivityEvent.PeerDisconnected(entry.Peer, isMinimized));
    }

    /// <summary>Takes the connection from an entry.</summary>
    private void Remove(PoolEntry entry)
    {
        if (entry.IsNode)
        {
            _nodes.Remove(entry);
        }

        _connected--;
        Do(EffectKind.Release, entry.Handle!);
        entry.Handle = null;
        entry.Connection = null;
    }

    private IEnumerable<Measurement<int>> MeasureConnections()
    {
        int inbound = 0, outbound = 0;
        lock (_gate)
        {
            foreach (PoolEntry entry in _pool.Values)
            {
                if (entry.Live is { } connection)
                {
                    _ = connection.Direction == ConnectionDirection.Inbound ? inbound++ : outbound++;
                }
            }
        }

        return
        [
            new Measurement<int>(inbound, new KeyValuePair<string, object?>("direction", "inbound")),
            new Measurement<int>(outbound, new KeyValuePair<string, object?>("direction", "outbound")),
        ];
    }

    private Measurement<long> MeasureUptime() => new((long)Uptime.TotalSeconds);
}
