using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Metrics;

[TestFixture]
internal sealed class FloodGuardTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMinutes(2);
    private static readonly DhtConfig s_config = new();
    private static readonly NodeId s_peer = NodeId.FromPublicKey(Peers.SignedClaims.PublicKey(1));
    private static readonly NodeId s_other = NodeId.FromPublicKey(Peers.SignedClaims.PublicKey(2));

    private ManualTimeProvider _clock = null!;
    private QueuedTaskScheduler _scheduler = null!;
    private MetricsCollectorHandle _metrics = null!;
    private Connectivity _connectivity = null!;
    private LogRecorder _log = null!;
    private FloodGuard _guard = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new ManualTimeProvider();
        _scheduler = new QueuedTaskScheduler();
        _metrics = new MetricsCollectorHandle(_clock, new FloodOptions());
        _connectivity = new Connectivity();
        _log = new LogRecorder();
        _guard = new FloodGuard(_metrics, _connectivity, s_config, _clock, _scheduler, _log);
        _guard.Start();
        _scheduler.RunAll();
    }

    [TearDown]
    public async Task TearDown()
    {
        ValueTask ended = _guard.DisposeAsync();
        _scheduler.RunAll();
        Assert.That(ended.IsCompleted, "it ends on its scheduler alone");
        await ended;
        await _guard.DisposeAsync();
        Assert.That(_clock.ArmedTimers, Is.Zero);
    }

    [Test]
    public void A_peer_with_1001_messages_in_the_last_minute_is_banned_for_ten_minutes_at_the_tick_and_one_with_1000_is_not()
    {
        Pass(s_tick - TimeSpan.FromSeconds(60));
        Receive(s_peer, 1001);
        Receive(s_other, 1000);
        Assert.That(_connectivity.Bans, Is.Empty);
        Pass(TimeSpan.FromSeconds(60));
        Assert.That(_connectivity.Bans, Is.EqualTo(((NodeId, TimeSpan)[])[(s_peer, TimeSpan.FromMinutes(10))]));
    }

    [Test]
    public void A_burst_that_ended_more_than_a_minute_before_the_tick_goes_unpunished()
    {
        Pass(s_tick - TimeSpan.FromSeconds(61));
        Receive(s_peer, 5000);
        Pass(TimeSpan.FromSeconds(61));
        Assert.That(_connectivity.Bans, Is.Empty);
    }

    [Test]
    public void The_messages_of_a_peer_that_disconnected_or_could_not_be_reached_are_forgotten()
    {
        Pass(s_tick - TimeSpan.FromSeconds(10));
        Receive(s_peer, 1001);
        Receive(s_other, 1001);
        _connectivity.Events.Publish(new ConnectivityEvent.PeerDisconnected(s_peer, IsMinimized: false));
        _connectivity.Events.Publish(new ConnectivityEvent.PeerConnectFailed(s_other));
        _scheduler.RunAll();
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_peer).Count, Is.Zero);
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_other).Count, Is.Zero);
        Pass(TimeSpan.FromSeconds(10));
        Assert.That(_connectivity.Bans, Is.Empty);
    }

    [Test]
    public void After_missed_events_only_the_messages_of_connected_peers_are_kept()
    {
        Receive(s_peer, 3);
        Receive(s_other, 3);
        _connectivity.Connected.Add(s_peer);
        for (int i = 0; i < Connectivity.EventCapacity + 1; i++)
        {
            _connectivity.Events.Publish(new ConnectivityEvent.StateInitialized());
        }

        _scheduler.RunAll();
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_peer), Has.Count.EqualTo(3));
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_other).Count, Is.Zero);
        Assert.That(_connectivity.OpenHandles, Is.Zero);
    }

    [Test]
    public void A_ban_that_fails_ends_the_round_and_the_next_round_tries_again()
    {
        Pass(s_tick - TimeSpan.FromSeconds(1));
        Receive(s_peer, 1001);
        Receive(s_other, 1001);
        _connectivity.Failure = new ConnectivityException(ConnectivityError.ActorDisconnected, "a test");
        Pass(TimeSpan.FromSeconds(1));
        Assert.That(_connectivity.Asked, Is.EqualTo(1));
        Assert.That(_log.Count(DhtEventId.FloodWatchFailed), Is.EqualTo(1));

        _connectivity.Failure = null;
        Pass(s_tick - TimeSpan.FromSeconds(1));
        Receive(s_peer, 1001);
        Receive(s_other, 1001);
        Pass(TimeSpan.FromSeconds(1));
        Assert.That(_connectivity.Bans.Select(ban => ban.Peer), Is.EquivalentTo((NodeId[])[s_peer, s_other]));
    }

    [Test]
    public void A_peer_that_goes_on_is_banned_again_at_the_next_tick()
    {
        for (int tick = 0; tick < 3; tick++)
        {
            Pass(s_tick - TimeSpan.FromSeconds(1));
            Receive(s_peer, 1001);
            Pass(TimeSpan.FromSeconds(1));
        }

        Assert.That(_connectivity.Bans, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task One_that_ended_is_not_started_again()
    {
        var guard = new FloodGuard(_metrics, _connectivity, s_config, _clock, _scheduler, _log);
        await guard.DisposeAsync();
        Assert.That(guard.Start, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Starting_twice_and_an_interval_of_zero_are_refused()
    {
        Assert.That(_guard.Start, Throws.InvalidOperationException);
        DhtConfig never = s_config with { Connectivity = new DhtConnectivityConfig { UpdateInterval = TimeSpan.Zero } };
        Assert.That(
            () => new FloodGuard(_metrics, _connectivity, never, _clock, _scheduler, _log), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        _scheduler.RunAll();
    }

    private void Receive(in NodeId peer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _metrics.WriteMetricMessageReceived(peer);
        }
    }

    /// <summary>Remembers bans and tells of connections; flood protection asks for nothing else.</summary>
    private sealed class Connectivity : IConnectivity
    {
        public const int EventCapacity = 4;

        public EventPublisher<ConnectivityEvent> Events { get; } = new(EventCapacity);

        public List<(NodeId Peer, TimeSpan Duration)> Bans { get; } = [];

        public List<NodeId> Connected { get; } = [];

        public Exception? Failure { get; set; }

        public int Asked { get; private set; }

        public int OpenHandles { get; private set; }

        public ConnectivityStatus Status => default;

        public EventSubscription<ConnectivityEvent> Subscribe() => Events.Subscribe();

        public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default)
        {
            Assert.That(reason, Does.Contain("1000").And.Contain("60"));
            Asked++;
            if (Failure is not null)
            {
                return ValueTask.FromException(Failure);
            }

            Bans.Add((peer, duration));
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>(
                [.. Connected.Select(peer => new Connection(peer, this).Acquire(ConnectionStrength.Weak))]);

        public ValueTask<PeerConnectionHandle> DialPeerAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void RequestManyDials(ReadOnlySpan<NodeId> peers) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => ValueTask.FromResult(false);

        public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<NodeId>>([]);

        public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        private sealed class Connection(NodeId peer, Connectivity owner) : IPeerConnection
        {
            public long Id => 1;

            public NodeId Peer => peer;

            public PeerFeatures Features => PeerFeatures.CommunicationNode;

            public Multiaddr Address => default;

            public ConnectionDirection Direction => default;

            public DateTimeOffset ConnectedAt => default;

            public bool IsConnected => true;

            public int HandleCount => 1;

            public bool IsStronglyHeld => false;

            public PeerConnectionHandle Acquire(ConnectionStrength strength) => new Handle(this, owner);

            public ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default) => throw new NotSupportedException();
        }

        private sealed class Handle : PeerConnectionHandle
        {
            private readonly Connectivity _owner;

            public Handle(IPeerConnection connection, Connectivity owner)
            {
                Connection = connection;
                _owner = owner;
                owner.OpenHandles++;
            }

            public override IPeerConnection Connection { get; }

            public override ConnectionStrength Strength => ConnectionStrength.Weak;

            public override void Dispose() => _owner.OpenHandles--;
        }
    }
}
