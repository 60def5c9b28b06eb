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
    private static readonly DhtConfig s_config = new();
    private static readonly NodeId s_peer = NodeId.FromPublicKey(Peers.SignedClaims.PublicKey(1));
    private static readonly NodeId s_other = NodeId.FromPublicKey(Peers.SignedClaims.PublicKey(2));

    private ManualTimeProvider _clock = null!;
    private MetricsCollectorHandle _metrics = null!;
    private Connectivity _connectivity = null!;
    private LogRecorder _log = null!;
    private FloodGuard _guard = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new ManualTimeProvider();
        _metrics = new MetricsCollectorHandle(_clock, new FloodOptions());
        _connectivity = new Connectivity();
        _log = new LogRecorder();
        _guard = new FloodGuard(_metrics, _connectivity, s_config, _log);
    }

    [Test]
    public void A_peer_with_1001_messages_in_the_last_minute_is_banned_for_ten_minutes_at_the_tick_and_one_with_1000_is_not()
    {
        Receive(s_peer, 1001);
        Receive(s_other, 1000);
        Assert.That(_connectivity.Bans, Is.Empty);
        _clock.Advance(TimeSpan.FromSeconds(60));
        Tick();
        Assert.That(_connectivity.Bans, Is.EqualTo(((NodeId, TimeSpan)[])[(s_peer, TimeSpan.FromMinutes(10))]));
    }

    [Test]
    public void A_burst_that_ended_more_than_a_minute_before_the_tick_goes_unpunished()
    {
        Receive(s_peer, 5000);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Tick();
        Assert.That(_connectivity.Bans, Is.Empty);
    }

    [Test]
    public void The_messages_of_a_peer_that_is_forgotten_do_not_count_any_more()
    {
        Receive(s_peer, 1001);
        Receive(s_other, 1001);
        _guard.Forget(s_peer);
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_peer).Count, Is.Zero);
        Tick();
        Assert.That(_connectivity.Bans.Select(ban => ban.Peer), Is.EqualTo((NodeId[])[s_other]));
    }

    [Test]
    public void RetainConnectedAsync_keeps_only_the_messages_of_connected_peers()
    {
        Receive(s_peer, 3);
        Receive(s_other, 3);
        _connectivity.Connected.Add(s_peer);
        ValueTask retained = _guard.RetainConnectedAsync(CancellationToken.None);
        Assert.That(retained.IsCompletedSuccessfully);
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_peer), Has.Count.EqualTo(3));
        Assert.That(_metrics.GetMessagesReceivedTimeSeries(s_other).Count, Is.Zero);
        Assert.That(_connectivity.OpenHandles, Is.Zero);
    }

    [Test]
    public void A_ban_that_fails_ends_the_round_and_the_next_round_tries_again()
    {
        Receive(s_peer, 1001);
        Receive(s_other, 1001);
        _connectivity.Failure = new ConnectivityException(ConnectivityError.ActorDisconnected, "a test");
        Tick();
        Assert.That(_connectivity.Asked, Is.EqualTo(1));
        Assert.That(_log.Count(DhtEventId.FloodWatchFailed), Is.EqualTo(1));

        _connectivity.Failure = null;
        Tick();
        Assert.That(_connectivity.Bans.Select(ban => ban.Peer), Is.EquivalentTo((NodeId[])[s_peer, s_other]));
    }

    [Test]
    public void A_peer_that_goes_on_is_banned_again_at_the_next_tick()
    {
        for (int tick = 0; tick < 3; tick++)
        {
            _clock.Advance(TimeSpan.FromMinutes(2));
            Receive(s_peer, 1001);
            Tick();
        }

        Assert.That(_connectivity.Bans, Has.Count.EqualTo(3));
    }

    [Test]
    public void A_round_whose_token_is_raised_ends_with_that()
    {
        Receive(s_peer, 1001);
        using var stopping = new CancellationTokenSource();
        stopping.Cancel();
        _connectivity.Failure = new OperationCanceledException(stopping.Token);
        Assert.That(async () => await _guard.BanFloodersAsync(stopping.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_log.Entries.Where(entry => entry.Id == DhtEventId.FloodWatchFailed), Is.Empty);
    }

    private void Tick()
    {
        ValueTask round = _guard.BanFloodersAsync(CancellationToken.None);
        Assert.That(round.IsCompletedSuccessfully);
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
        public List<(NodeId Peer, TimeSpan Duration)> Bans { get; } = [];

        public List<NodeId> Connected { get; } = [];

        public Exception? Failure { get; set; }

        public int Asked { get; private set; }

        public int OpenHandles { get; private set; }

        public ConnectivityStatus Status => default;

        public EventSubscription<ConnectivityEvent> Subscribe() => throw new NotSupportedException();

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

        public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(
            ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(false);

        public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<NodeId>>([]);

        public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

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

            public ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();
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
