using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>A pool of connections whose dials never come to anything, so that each refresh fills the whole pool anew.</summary>
internal sealed class PoolRefreshes : IAsyncDisposable
{
    private static readonly DhtEvent s_found = new DhtEvent.NetworkDiscoveryPeersAdded(new DiscoveryRoundInfo { NewPeers = 1 });

    private readonly PeerManager _peers = PeerManager.Open(new PeerManagerOptions());
    private readonly EventPublisher<DhtEvent> _events = new(100);
    private readonly SilentConnectivity _connectivity = new();
    private readonly SteppingTime _time = new();
    private readonly DhtConnectivity _pool;

    /// <param name="peers">Peers that the store knows.</param>
    public PoolRefreshes(int peers)
    {
        foreach (Peer peer in PeerPopulation.Create(peers, DateTimeOffset.UtcNow))
        {
            _peers.AddOrUpdatePeer(peer);
        }

        var config = new DhtConfig();
        var metrics = new MetricsCollectorHandle(_time, new FloodOptions());
        _pool = new DhtConnectivity(
            new DhtConnectivityServices
            {
                Self = NodeId.FromPublicKey(Parties.Node.PublicKey),
                Peers = _peers,
                Connectivity = _connectivity,
                Events = _events,
                Members = new PoolMembers(),
                Floods = new FloodGuard(metrics, _connectivity, config, NullLogger.Instance),
                SendJoin = static _ => Task.CompletedTask,
            },
            new DhtConnectivityOptions { Config = config, TimeProvider = _time, TaskScheduler = new HereScheduler() });
        _pool.Start();
    }

    /// <summary>Lets the dials grow old and refreshes the pool, on this thread.</summary>
    /// <returns>Peers dialled.</returns>
    public int Refresh()
    {
        int before = _connectivity.Dials;
        _time.Step(TimeSpan.FromSeconds(61));
        _events.Publish(s_found);
        return _connectivity.Dials - before;
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        await _peers.DisposeAsync();
    }

    /// <summary>Runs tasks where they are made.</summary>
    private sealed class HereScheduler : TaskScheduler
    {
        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    /// <summary>A clock that goes on when it is told to, whose timers never fire.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Counts dials.</summary>
    private sealed class SilentConnectivity : IConnectivity
    {
        private readonly EventPublisher<ConnectivityEvent> _events = new(10);

        public int Dials { get; private set; }

        public ConnectivityStatus Status => default;

        public void RequestManyDials(ReadOnlySpan<NodeId> peers) => Dials += peers.Length;

        public ValueTask<PeerConnectionHandle> DialPeerAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<NodeId>>([]);

        public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<PeerConnectionHandle?>(null);

        public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>([]);

        public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) => default;

        public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => default;

        public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => default;

        public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => default;

        public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<NodeId>>([]);

        public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => default;

        public EventSubscription<ConnectivityEvent> Subscribe() => _events.Subscribe();
    }
}
