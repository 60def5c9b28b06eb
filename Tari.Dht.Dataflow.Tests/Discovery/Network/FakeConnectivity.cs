using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Connections to peers that answer dials, don't, or never say. Every answer takes 10 ms.</summary>
internal sealed class FakeConnectivity(TimeProvider time) : IConnectivity
{
    private static readonly TimeSpan s_latency = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<NodeId, FakeConnection> _live = [];
    private readonly Dictionary<NodeId, List<TaskCompletionSource<PeerConnectionHandle>>> _waiting = [];
    private int _connections;

    public ConnectivityStatus Status { get; set; } = new(ConnectivityState.Online, 1);

    /// <summary>What waiting to be online ends with, beside success; null for none.</summary>
    public ConnectivityError? OnlineError { get; set; }

    /// <summary>Peers that take dials.</summary>
    public HashSet<NodeId> Dialable { get; } = [];

    /// <summary>Peers whose dials never end.</summary>
    public HashSet<NodeId> Pending { get; } = [];

    /// <summary>Peers whose dials make the transport fail in a way that it should not.</summary>
    public HashSet<NodeId> Faulty { get; } = [];

    /// <summary>What closing a connection fails with, after a while; null for nothing.</summary>
    public Exception? DisconnectFault { get; set; }

    /// <summary>Whether requests to close a connection never end.</summary>
    public bool DisconnectsHang { get; set; }

    public List<NodeId> Dials { get; } = [];

    /// <summary>Whose connections were closed by request, with <c>isMinimized</c>.</summary>
    public List<(NodeId Peer, bool IsMinimized)> Disconnects { get; } = [];

    public EventPublisher<ConnectivityEvent> Events { get; } = new(500);

    public List<FakeConnection> All { get; } = [];

    /// <summary>Handles out, the pool's own left aside.</summary>
    public int HandlesOut => All.Sum(connection => connection.HandleCount - (connection.IsConnected ? 1 : 0));

    public FakeConnection Connect(
        NodeId peer,
        ConnectionDirection direction = ConnectionDirection.Outbound,
        PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        var connection = new FakeConnection(this, ++_connections, peer, direction, features);
        _live[peer] = connection;
        All.Add(connection);
        return connection;
    }

    /// <summary>Lets the dials of a pending peer end.</summary>
    public void Land(NodeId peer)
    {
        FakeConnection connection = Connect(peer);
        foreach (var waiter in _waiting.GetValueOrDefault(peer) ?? [])
        {
            PeerConnectionHandle handle = connection.Acquire(ConnectionStrength.Weak);
            if (!waiter.TrySetResult(handle))
            {
                handle.Dispose();
            }
        }
    }

    public async ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        Dials.Add(peer);
        await Task.Delay(s_latency, time, cancellationToken);
        if (_live.GetValueOrDefault(peer) is { IsConnected: true } live)
        {
            return live.Acquire(strength);
        }

        if (Faulty.Contains(peer))
        {
            throw new InvalidOperationException("The transport has a fault.");
        }

        if (Pending.Contains(peer))
        {
            var waiter = new TaskCompletionSource<PeerConnectionHandle>();
            if (!_waiting.TryGetValue(peer, out var waiting))
            {
                _waiting.Add(peer, waiting = []);
            }

            waiting.Add(waiter);
            return await waiter.Task;
        }

        return Dialable.Contains(peer)
            ? Connect(peer).Acquire(strength)
            : throw new ConnectivityException(ConnectivityError.ConnectFailedMaximumAttemptsReached, "Nobody answers.");
    }

    public void RequestManyDials(ReadOnlySpan<NodeId> peers) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(
        ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        await Task.Delay(s_latency, time, cancellationToken);
        return _live.GetValueOrDefault(peer) is { IsConnected: true } live ? live.Acquire(strength) : null;
    }

    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>(
            [
                .. _live.Values
                    .Where(connection => connection.IsConnected).Select(connection => connection.Acquire(ConnectionStrength.Weak)),
            ]);

    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ConnectivityError? error = OnlineError ?? (Status.State == ConnectivityState.Online ? null : ConnectivityError.OnlineWaitTimeout);
        return error is { } some ? ValueTask.FromException(new ConnectivityException(some, "Not online.")) : ValueTask.CompletedTask;
    }

    public EventSubscription<ConnectivityEvent> Subscribe() => Events.Subscribe();

    private async ValueTask FailAsync(Exception fault)
    {
        await Task.Delay(s_latency, time);
        throw fault;
    }

    /// <summary>A connection; a handle of the pool keeps it open.</summary>
    internal sealed class FakeConnection : PeerConnectionBase
    {
        private readonly FakeConnectivity _owner;
        private readonly PeerConnectionHandle _pool;
        private bool _closed;

        public FakeConnection(FakeConnectivity owner, long id, NodeId peer, ConnectionDirection direction, PeerFeatures features)
            : base(id, peer, features, Multiaddr.Parse("/ip4/1.2.3.4/tcp/1"), direction, DateTimeOffset.UnixEpoch)
        {
            _owner = owner;
            _pool = Acquire(ConnectionStrength.Weak);
        }

        public override bool IsConnected => !_closed;

        /// <summary>The connection ends without anybody's request.</summary>
        public void Break()
        {
            _closed = true;
            _pool.Dispose();
        }

        public override ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default)
        {
            _owner.Disconnects.Add((Peer, isMinimized));
            Break();
            return _owner.DisconnectsHang ? new ValueTask(new TaskCompletionSource().Task)
                : _owner.DisconnectFault is { } fault ? _owner.FailAsync(fault)
                : ValueTask.CompletedTask;
        }

        protected override void OnUnheld() => _closed = true;
    }
}
