using System.Collections.Immutable;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>A pool of connections on a clock that stands still, with a scripted transport.</summary>
/// <remarks>Disposing it ends the pool and proves that no handle, timer, task or member is left.</remarks>
internal sealed class PoolRig : IDisposable
{
    private readonly List<ScriptedConnection> _connections = [];
    private readonly EventSubscription<DhtEvent> _published;
    private int _starved;
    private long _lastConnectionId = 1000;
    private int _lastPeer;

    /// <param name="size">The size of the pool.</param>
    /// <param name="configure">Changes the configuration.</param>
    /// <param name="random">Makes the choices; without jitter if not given.</param>
    /// <param name="connectivityEvents">Sends the events of connectivity.</param>
    /// <param name="metrics">The instruments.</param>
    public PoolRig(
        int size = 12,
        Func<DhtConfig, DhtConfig>? configure = null,
        Random? random = null,
        EventPublisher<ConnectivityEvent>? connectivityEvents = null,
        DhtMetrics? metrics = null)
    {
        var config = new DhtConfig { NumNeighbouringNodes = size, NumRandomNodes = 0 };
        Config = configure?.Invoke(config) ?? config;
        Connectivity = connectivityEvents is null ? new ScriptedConnectivity() : new ScriptedConnectivity { Events = connectivityEvents };
        Peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = Clock, TaskScheduler = Scheduler, Random = new Random(1) });
        Metrics = new MetricsCollectorHandle(Clock, new FloodOptions());
        _published = Events.Subscribe();
        _ = Task.Factory.StartNew(CountStarvedAsync, CancellationToken.None, TaskCreationOptions.None, Scheduler);
        Pool = new DhtConnectivity(
            new DhtConnectivityServices
            {
                Self = Self,
                Peers = Peers,
                Connectivity = Connectivity,
                Events = Events,
                Members = Members,
                Floods = new FloodGuard(Metrics, Connectivity, Config, Log),
                SendJoin = SendJoinAsync,
            },
            new DhtConnectivityOptions
            {
                Config = Config,
                TimeProvider = Clock,
                TaskScheduler = Scheduler,
                Random = random ?? new NoJitter(),
                Logger = Log,
                Metrics = metrics,
            });
    }

    public DhtConfig Config { get; }

    public ManualTimeProvider Clock { get; } = new();

    public QueuedTaskScheduler Scheduler { get; } = new();

    public ScriptedConnectivity Connectivity { get; }

    public PeerManager Peers { get; }

    public MetricsCollectorHandle Metrics { get; }

    public EventPublisher<DhtEvent> Events { get; } = new(100);

    public PoolMembers Members { get; } = new();

    public LogRecorder Log { get; } = new();

    public NodeId Self { get; } = PeerMaker.Id(1_000_000);

    public DhtConnectivity Pool { get; }

    public PoolStatus Status => Pool.Status;

    /// <summary>All dials so far, in order.</summary>
    public IReadOnlyList<NodeId> Dials => Connectivity.RequestedDials;

    public int Joins { get; private set; }

    /// <summary>Carries joins out; null does nothing.</summary>
    public Func<CancellationToken, Task>? OnJoin { get; set; }

    /// <summary>All connections made here.</summary>
    public IReadOnlyList<ScriptedConnection> Connections => _connections;

    /// <summary>The members that are connected, by who dialled.</summary>
    public (int Outbound, int Inbound) Counts => (Status.ConnectedOutbound, Status.ConnectedInbound);

    public PoolRig Start()
    {
        Pool.Start();
        Scheduler.RunAll();
        return this;
    }

    /// <summary>A node in good standing that the store knows.</summary>
    public NodeId AddGood(Func<Peer, Peer>? change = null)
    {
        Peer peer = PeerMaker.Node(++_lastPeer, Clock.GetUtcNow(), Clock.GetUtcNow());
        peer = change?.Invoke(peer) ?? peer;
        Peers.AddOrUpdatePeer(peer);
        return peer.NodeId;
    }

    public List<NodeId> AddGood(int count)
    {
        List<NodeId> ids = [];
        for (int i = 0; i < count; i++)
        {
            ids.Add(AddGood());
        }

        return ids;
    }

    /// <summary>The id of a peer that the store does not know.</summary>
    public NodeId NewId() => PeerMaker.Id(++_lastPeer);

    /// <summary>A connection comes up.</summary>
    public ScriptedConnection Connect(
        NodeId peer,
        ConnectionDirection direction = ConnectionDirection.Outbound,
        PeerFeatures features = PeerFeatures.CommunicationNode,
        string address = "/memory/1")
    {
        var connection = new ScriptedConnection(peer, ++_lastConnectionId, features)
        {
            Direction = direction,
            Address = Multiaddr.Parse(address),
        };
        _connections.Add(connection);
        Connectivity.Add(connection);
        Publish(new ConnectivityEvent.PeerConnected(connection));
        return connection;
    }

    /// <summary>As many peers that nobody knows dial this node.</summary>
    public List<ScriptedConnection> ConnectInbound(int count)
    {
        List<ScriptedConnection> connections = [];
        for (int i = 0; i < count; i++)
        {
            connections.Add(Connect(NewId(), ConnectionDirection.Inbound));
        }

        return connections;
    }

    /// <summary>A connection ends.</summary>
    public void Disconnect(ScriptedConnection connection)
    {
        connection.End();
        Publish(new ConnectivityEvent.PeerDisconnected(connection.Peer, IsMinimized: false));
    }

    /// <summary>A dial fails.</summary>
    public void Fail(NodeId peer) => Publish(new ConnectivityEvent.PeerConnectFailed(peer));

    public void SetState(ConnectivityState state) =>
        Publish(new ConnectivityEvent.StateChanged(new ConnectivityStatus(state, state == ConnectivityState.Online ? 1 : 0)));

    public void Publish(ConnectivityEvent happened)
    {
        Connectivity.Events.Publish(happened);
        Scheduler.RunAll();
    }

    public void Publish(DhtEvent happened)
    {
        Events.Publish(happened);
        Scheduler.RunAll();
    }

    /// <summary>Discovery has found somebody: the pool refreshes.</summary>
    public void Refresh() => Publish(new DhtEvent.NetworkDiscoveryPeersAdded(new DiscoveryRoundInfo { NewPeers = 1 }));

    public void Rebootstrap(IEnumerable<NodeId> learned, IEnumerable<NodeId>? fromInbound = null) =>
        Publish(new DhtEvent.RebootstrapComplete(new RebootstrapInfo
        {
            LearnedPeers = [.. learned],
            LearnedFromInbound = fromInbound?.ToImmutableArray() ?? [],
        }));

    public void Pass(double seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        Scheduler.RunAll();
    }

    /// <summary>How often the pool said that it starves since this was asked last.</summary>
    public int TakeStarved()
    {
        int count = _starved;
        _starved = 0;
        return count;
    }

    public void Dispose()
    {
        _published.Dispose();
        Task ended = Pool.DisposeAsync().AsTask();
        Scheduler.RunAll();
        Assert.That(ended.IsCompletedSuccessfully, "it ends on its scheduler alone");
        Peers.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.Multiple(() =>
        {
            Assert.That(Clock.ArmedTimers, Is.Zero, "timers left");
            Assert.That(Scheduler.Queued, Is.Zero, "tasks left");
            Assert.That(Members.Count, Is.Zero, "members left");
            Assert.That(Pool.Status.NextTick, Is.Null);
            Assert.That(
                _connections.Where(connection => connection.HandleCount > 0 && !connection.IsStronglyHeld), Is.Empty, "handles left");
        });
    }

    private async Task CountStarvedAsync()
    {
        while (await _published.ReadAsync() is { } received)
        {
            _starved += received.Event is DhtEvent.PoolStarved ? 1 : 0;
        }
    }

    private Task SendJoinAsync(CancellationToken cancellationToken)
    {
        Joins++;
        return OnJoin?.Invoke(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Chooses the first, and the middle between two ends.</summary>
    internal sealed class NoJitter : Random
    {
        public override int Next(int maxValue) => 0;

        public override double NextDouble() => 0.5;
    }
}
