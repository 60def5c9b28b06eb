using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound.Broadcast;

[TestFixture]
internal sealed class PeerSelectorTests
{
    private const int Tries = 4000;

    private ManualTimeProvider _time = null!;
    private PeerManager _peers = null!;
    private ScriptedConnectivity _connectivity = null!;
    private LogRecorder _log = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider(IndexPeers.Now);
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(20_261_122) });
        _connectivity = new ScriptedConnectivity();
        _log = new LogRecorder();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peers.DisposeAsync();
        Assert.That(_connectivity.Connections.Sum(connection => connection.HandleCount), Is.Zero, "handles were given back");
    }

    [Test]
    public void Direct_strategies_find_a_known_peer_connected_or_not()
    {
        NodeId id = Add(IndexPeers.Wallet(1));
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id)), Is.EqualTo<NodeId>([id]), "a stored client");
        Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(1))), Is.EqualTo<NodeId>([id]));
        Assert.That(_connectivity.Selections, Is.Empty);
        Assert.That(_connectivity.Lookups, Is.Empty);
    }

    [Test]
    public void Direct_strategies_find_nobody_unknown_or_banned_until_the_ban_is_over()
    {
        NodeId id = Add(IndexPeers.Node(1));
        _peers.BanPeerByNodeId(id, TimeSpan.FromMinutes(10), "test");
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id)), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(1))), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.ToNodeId(Id(2))), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(2))), Is.Empty);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id)), Is.EqualTo<NodeId>([id]));
        Assert.That(_log.Entries, Is.Empty, "nobody is a normal result");
    }

    [Test]
    public void Direct_strategies_find_a_deleted_peer()
    {
        NodeId id = Add(IndexPeers.Node(1, IndexPeers.Row(IndexPeers.External(1))));
        _peers.SoftDeletePeer(id);
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id)), Is.EqualTo<NodeId>([id]));
        Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(1))), Is.EqualTo<NodeId>([id]));
    }

    [Test]
    public void SelectedPeers_are_taken_as_they_are_in_their_order_with_repeats()
    {
        NodeId[] ids = [Id(3), Id(1), Id(2), Id(3)];
        Assert.That(Select(new BroadcastStrategy.SelectedPeers(ids)), Is.EqualTo(ids));
        Assert.That(Select(new BroadcastStrategy.SelectedPeers([])), Is.Empty);
    }

    [Test]
    public void Flood_takes_all_connected_nodes_but_the_excluded_and_no_client()
    {
        NodeId[] nodes = ConnectNodes(30);
        _connectivity.Connect(Id(99), PeerFeatures.CommunicationClient);
        Assert.That(Select(new BroadcastStrategy.Flood([nodes[4], Id(77)])), Is.EquivalentTo(nodes.Except([nodes[4]])));
    }

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(8, 8)]
    [TestCase(30, 8)]
    public void Broadcast_takes_a_sample_of_the_broadcast_factor_or_all_there_are(int connected, int expected)
    {
        NodeId[] nodes = ConnectNodes(connected);
        _connectivity.Connect(Id(99), PeerFeatures.CommunicationClient);
        IReadOnlyList<NodeId> selected = Select(new BroadcastStrategy.ToConnected([]));
        Assert.That(selected, Has.Count.EqualTo(expected));
        Assert.That(selected, Is.Unique.And.SubsetOf(nodes));
    }

    [Test]
    public void Broadcast_never_takes_the_excluded()
    {
        NodeId[] nodes = ConnectNodes(9);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(Select(new BroadcastStrategy.ToConnected([nodes[0], nodes[1]])), Is.EquivalentTo(nodes[2..]));
        }
    }

    [TestCase(5, 5)]
    [TestCase(30, 20)]
    public void Propagate_to_anybody_takes_a_sample_of_the_propagation_factor(int connected, int expected)
    {
        NodeId[] nodes = ConnectNodes(connected);
        IReadOnlyList<NodeId> selected = Select(new BroadcastStrategy.Propagate(NodeDestination.Unknown, []));
        Assert.That(selected, Has.Count.EqualTo(expected));
        Assert.That(selected, Is.Unique.And.SubsetOf(nodes));
        Assert.That(_connectivity.Lookups, Is.Empty);
    }

    [TestCase(PeerFeatures.CommunicationNode)]
    [TestCase(PeerFeatures.CommunicationClient)]
    public void Propagate_to_a_connected_peer_of_any_features_takes_it_alone(PeerFeatures features)
    {
        ConnectNodes(30);
        _connectivity.Connect(Id(99), features);
        Assert.That(Select(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(99)), [])), Is.EqualTo<NodeId>([Id(99)]));
        Assert.That(_connectivity.Selections, Is.Empty);
    }

    [TestCase(6, 20, 6)]
    [TestCase(6, 4, 4)]
    [TestCase(10, 20, 10)]
    public void Propagate_to_an_unconnected_peer_takes_the_lesser_of_neighbours_and_propagation_factor(
        int neighbours, int factor, int expected)
    {
        NodeId[] nodes = ConnectNodes(30);
        IReadOnlyList<NodeId> selected = Select(
            new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(99)), [nodes[0]]),
            new DhtConfig { NumNeighbouringNodes = neighbours, PropagationFactor = factor });
        Assert.That(selected, Has.Count.EqualTo(expected));
        Assert.That(selected, Is.Unique.And.SubsetOf(nodes[1..]));
    }

    [Test]
    public void Propagate_to_a_connected_but_excluded_peer_takes_others()
    {
        NodeId[] nodes = ConnectNodes(10);
        var strategy = new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(0)), [nodes[0]]);
        IReadOnlyList<NodeId> selected = Select(strategy);
        Assert.That(selected, Has.Count.EqualTo(6).And.No.Member(nodes[0]));
        Assert.That(_connectivity.Lookups, Is.Empty);
    }

    [Test]
    public void No_selectable_connection_selects_nobody_and_one_selects_it()
    {
        BroadcastStrategy[] strategies =
        [
            new BroadcastStrategy.ToConnected([]),
            new BroadcastStrategy.Propagate(NodeDestination.Unknown, []),
            new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(50)), []),
            new BroadcastStrategy.Flood([]),
        ];
        Assert.That(strategies.Select(strategy => Select(strategy).Count), Is.All.Zero);
        NodeId only = ConnectNodes(1)[0];
        Assert.That(strategies.Select(strategy => Select(strategy).Single()), Is.All.EqualTo(only));
        Assert.That(_log.Entries, Is.Empty, "nobody is a normal result");
    }

    [Test]
    public void A_factor_of_zero_asks_nobody()
    {
        ConnectNodes(3);
        var config = new DhtConfig { BroadcastFactor = 0, PropagationFactor = 0 };
        Assert.That(Select(new BroadcastStrategy.ToConnected([]), config), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.Propagate(NodeDestination.Unknown, []), config), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(50)), []), config), Is.Empty);
        Assert.That(_connectivity.Selections, Is.Empty);
    }

    [Test]
    public void Random_takes_nodes_seen_within_the_hour_before_others()
    {
        NodeId[] recent = [.. Enumerable.Range(0, 3).Select(i => Add(IndexPeers.Node(i, Seen(i, TimeSpan.FromMinutes(59)))))];
        NodeId[] older = [.. Enumerable.Range(3, 5).Select(i => Add(IndexPeers.Node(i, Seen(i, TimeSpan.FromHours(1)))))];
        for (int i = 0; i < 50; i++)
        {
            Assert.That(Select(new BroadcastStrategy.Random(2, [])), Is.Unique.And.SubsetOf(recent).And.Count.EqualTo(2));
            IReadOnlyList<NodeId> more = Select(new BroadcastStrategy.Random(5, [recent[0]]));
            Assert.That(more, Is.Unique.And.Count.EqualTo(5));
            Assert.That(more.Intersect(older).Count(), Is.EqualTo(3));
            Assert.That(more, Has.No.Member(recent[0]));
        }

        Assert.That(Select(new BroadcastStrategy.Random(0, [])), Is.Empty);
        Assert.That(Select(new BroadcastStrategy.Random(100, [])), Is.EquivalentTo(recent.Concat(older)));
    }

    [Test]
    public void Random_takes_no_client_no_banned_and_no_deleted_peer_and_nobody_without_an_address()
    {
        NodeId good = Add(IndexPeers.Node(1, Seen(1, TimeSpan.FromMinutes(1))));
        NodeId partial = Add(IndexPeers.Peer(6, (PeerFeatures)1, Seen(6, TimeSpan.FromMinutes(1))));
        Add(IndexPeers.Wallet(2, Seen(2, TimeSpan.FromMinutes(1))));
        _peers.BanPeerByNodeId(Add(IndexPeers.Node(3, Seen(3, TimeSpan.FromMinutes(1)))), TimeSpan.FromHours(1), "test");
        _peers.SoftDeletePeer(Add(IndexPeers.Node(4, Seen(4, TimeSpan.FromMinutes(1)))));
        Add(IndexPeers.WithoutAddress(5));
        Assert.That(Select(new BroadcastStrategy.Random(10, [])), Is.EquivalentTo<NodeId>([good, partial]));
    }

    [Test]
    public void Random_draws_every_peer_equally_often()
    {
        NodeId[] ids = [.. Enumerable.Range(0, 10).Select(i => Add(IndexPeers.Node(i, Seen(i, TimeSpan.FromMinutes(1)))))];
        AssertUniform(ids, new BroadcastStrategy.Random(3, []), 3);
    }

    [Test]
    public void Broadcast_draws_every_peer_equally_often()
    {
        NodeId[] ids = ConnectNodes(16);
        AssertUniform(ids, new BroadcastStrategy.ToConnected([]), 8);
        AssertUniform(ids, new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(500)), []), 6);
    }

    [Test]
    public void Excluded_addresses_leave_out_whom_there_is_no_other_way_to()
    {
        NodeId covered = Add(IndexPeers.Node(1, IndexPeers.Row("/ip4/44.1.1.1/tcp/80"), IndexPeers.Row("/ip4/44.1.1.2/tcp/81")));
        NodeId partly = Add(IndexPeers.Node(2, IndexPeers.Row("/ip4/44.1.1.3/tcp/80"), IndexPeers.Row("/ip4/45.1.1.3/tcp/80")));
        NodeId free = Add(IndexPeers.Node(3, IndexPeers.Row("/ip4/46.1.1.3/tcp/80")));
        NodeId nowhere = Add(IndexPeers.WithoutAddress(4));
        DhtConfig config = Excluding("/ip4/44.*.*.*/tcp/*");
        Assert.Multiple(() =>
        {
            Assert.That(Select(new BroadcastStrategy.ToNodeId(covered), config), Is.Empty);
            Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(1)), config), Is.Empty);
            Assert.That(Select(new BroadcastStrategy.ToNodeId(partly), config), Is.EqualTo<NodeId>([partly]));
            Assert.That(Select(new BroadcastStrategy.ToPublicKey(IndexPeers.Key(3)), config), Is.EqualTo<NodeId>([free]));
            Assert.That(Select(new BroadcastStrategy.ToNodeId(nowhere), config), Is.Empty, "no address counts as covered");
            Assert.That(
                Select(new BroadcastStrategy.ToNodeId(nowhere)), Is.EqualTo<NodeId>([nowhere]), "without exclusions nothing is looked at");
            Assert.That(
                Select(new BroadcastStrategy.SelectedPeers([free, covered, Id(50), nowhere, partly, free]), config),
                Is.EqualTo<NodeId>([free, partly]),
                "an unknown peer disappears, a repeated one counts once");
            Assert.That(Select(new BroadcastStrategy.SelectedPeers([covered, Id(50)]), config), Is.Empty);
            Assert.That(Select(new BroadcastStrategy.Random(10, []), config), Is.EquivalentTo<NodeId>([partly, free]));
        });
    }

    [Test]
    public void Excluded_exact_address_counts_and_nothing_left_is_logged()
    {
        NodeId id = Add(IndexPeers.Node(1, IndexPeers.Row("/ip4/44.1.1.1/tcp/80")));
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id), Excluding("/ip4/44.1.1.1/tcp/81")), Is.EqualTo<NodeId>([id]));
        Assert.That(_log.Entries, Is.Empty);
        Assert.That(Select(new BroadcastStrategy.ToNodeId(id), Excluding("/ip4/44.1.1.1/tcp/80")), Is.Empty);
        Assert.That(_log.Count(DhtEventId.NobodyToDial), Is.EqualTo(1));
    }

    [Test]
    public void Excluded_addresses_do_not_matter_to_strategies_of_connected_peers()
    {
        NodeId id = Add(IndexPeers.Node(0, IndexPeers.Row("/ip4/44.1.1.1/tcp/80")));
        _connectivity.Connect(id);
        DhtConfig config = Excluding("/ip4/44.*.*.*/tcp/*");
        Assert.That(Select(new BroadcastStrategy.Flood([]), config), Is.EqualTo<NodeId>([id]));
        Assert.That(Select(new BroadcastStrategy.ToConnected([]), config), Is.EqualTo<NodeId>([id]));
        Assert.That(Select(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(0)), []), config), Is.EqualTo<NodeId>([id]));
    }

    [Test]
    public async Task Connectivity_that_fails_selects_nobody_and_is_logged([Values] bool isAsynchronous)
    {
        var failure = new ConnectivityException(ConnectivityError.ActorDisconnected, "gone");
        _connectivity.OnSelect = _ => new(Fail<IReadOnlyList<NodeId>>(failure, isAsynchronous));
        _connectivity.OnGetConnection = _ => new(Fail<PeerConnectionHandle?>(failure, isAsynchronous));
        Assert.That(await SelectAsync(new BroadcastStrategy.Flood([])), Is.Empty);
        Assert.That(await SelectAsync(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(0)), [])), Is.Empty);
        Assert.That(_log.Count(DhtEventId.ConnectedPeersUnknown), Is.EqualTo(2));

        static async Task<T> Fail<T>(Exception error, bool isAsynchronous)
        {
            if (isAsynchronous)
            {
                await Task.Yield();
            }

            throw error;
        }
    }

    [Test]
    public async Task Connectivity_that_does_not_answer_within_ten_seconds_selects_nobody()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<NodeId>>();
        var connection = new TaskCompletionSource<PeerConnectionHandle?>();
        _connectivity.OnSelect = _ => new(answer.Task);
        _connectivity.OnGetConnection = _ => new(connection.Task);
        Task<IReadOnlyList<NodeId>> flood = SelectAsync(new BroadcastStrategy.Flood([]));
        Task<IReadOnlyList<NodeId>> propagation = SelectAsync(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(0)), []));
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(flood.IsCompleted || propagation.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(await flood, Is.Empty);
        Assert.That(await propagation, Is.Empty);
        ScriptedConnection late = _connectivity.Connect(Id(0));
        connection.SetResult(late.Acquire(ConnectionStrength.Weak));
        Assert.That(late.HandleCount, Is.Zero, "a handle that comes late is given back");
    }

    [Test]
    public async Task Connectivity_that_takes_its_time_is_waited_for()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<NodeId>>();
        var connection = new TaskCompletionSource<PeerConnectionHandle?>();
        _connectivity.OnSelect = _ => new(answer.Task);
        _connectivity.OnGetConnection = _ => new(connection.Task);
        Task<IReadOnlyList<NodeId>> selecting = SelectAsync(new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(0)), []));
        connection.SetResult(null);
        answer.SetResult([Id(1), Id(2)]);
        Assert.That(await selecting, Is.EqualTo<NodeId>([Id(1), Id(2)]));
    }

    [Test]
    public void Cancellation_ends_the_wait_and_is_no_empty_selection()
    {
        _connectivity.OnSelect = _ => new(new TaskCompletionSource<IReadOnlyList<NodeId>>().Task);
        using var stopping = new CancellationTokenSource();
        Task<IReadOnlyList<NodeId>> selecting = Selector().SelectPeersAsync(new BroadcastStrategy.Flood([]), stopping.Token).AsTask();
        stopping.Cancel();
        Assert.That(async () => await selecting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Closed_store_is_an_error()
    {
        await _peers.DisposeAsync();
        Assert.That(
            async () => await SelectAsync(new BroadcastStrategy.ToNodeId(Id(1))), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Negative_factors_are_a_mistake_of_the_caller()
    {
        Assert.That(() => Selector(new DhtConfig { BroadcastFactor = -1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Selector(new DhtConfig { PropagationFactor = -1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Selector(new DhtConfig { NumNeighbouringNodes = -1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Selection_that_is_answered_at_once_allocates_nothing_of_its_own()
    {
        IReadOnlyList<NodeId> answer = [Id(1)];
        var selector = new PeerSelector(_peers, new FixedConnectivity(answer), new DhtConfig());
        Assert.That(Measure(new BroadcastStrategy.Flood([])) + Measure(new BroadcastStrategy.ToConnected([])), Is.Zero);

        long Measure(BroadcastStrategy strategy)
        {
            Assert.That(AtOnce(selector, strategy), Is.SameAs(answer));
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                AtOnce(selector, strategy);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public async Task Many_callers_at_once_each_get_a_whole_sample()
    {
        NodeId[] nodes = ConnectNodes(40);
        foreach (int i in Enumerable.Range(0, 40))
        {
            Add(IndexPeers.Node(i, Seen(i, TimeSpan.FromMinutes(1))));
        }

        PeerSelector selector = Selector();
        BroadcastStrategy[] strategies =
        [
            new BroadcastStrategy.ToConnected([nodes[0]]), new BroadcastStrategy.Random(8, [nodes[0]]),
            new BroadcastStrategy.Propagate(new NodeDestination(IndexPeers.Key(5)), [nodes[0]]), new BroadcastStrategy.ToNodeId(nodes[3]),
        ];
        int[] expected = [8, 8, 1, 1];
        await Parallel.ForAsync(0, 2000, async (i, token) =>
        {
            IReadOnlyList<NodeId> selected = await selector.SelectPeersAsync(strategies[i % 4], token);
            if (selected.Count != expected[i % 4] || selected.Distinct().Count() != selected.Count || selected.Contains(nodes[0]))
            {
                throw new InvalidOperationException($"{strategies[i % 4]} selected {string.Join(", ", selected)}");
            }
        });
        Assert.That(_connectivity.Selections, Has.Count.EqualTo(500));
    }

    private static NodeId Id(int number) => NodeId.FromPublicKey(IndexPeers.Key(number));

    private static MultiaddrWithStats Seen(int number, TimeSpan ago) => IndexPeers.Row(IndexPeers.External(number), ago);

    private static DhtConfig Excluding(params string[] ranges) =>
        new() { ExcludedDialAddresses = [.. ranges.Select(range => DialAddressRange.Parse(range))] };

    private NodeId Add(Peer peer)
    {
        _peers.AddOrUpdatePeer(peer);
        return peer.NodeId;
    }

    private NodeId[] ConnectNodes(int count) => [.. Enumerable.Range(0, count).Select(i => _connectivity.Connect(Id(i)).Peer)];

    private PeerSelector Selector(DhtConfig? config = null) => new(_peers, _connectivity, config ?? new DhtConfig(), _time, _log);

    private Task<IReadOnlyList<NodeId>> SelectAsync(BroadcastStrategy strategy) => Selector().SelectPeersAsync(strategy, default).AsTask();

    private IReadOnlyList<NodeId> Select(BroadcastStrategy strategy, DhtConfig? config = null) => AtOnce(Selector(config), strategy);

    private static IReadOnlyList<NodeId> AtOnce(PeerSelector selector, BroadcastStrategy strategy)
    {
        ValueTask<IReadOnlyList<NodeId>> selecting = selector.SelectPeersAsync(strategy, default);
        return selecting.IsCompletedSuccessfully
            ? selecting.Result
            : throw new AssertionException("What is known is to be answered at once.");
    }

    /// <summary>Every peer has to be drawn as often as the others, within five standard deviations.</summary>
    private void AssertUniform(NodeId[] ids, BroadcastStrategy strategy, int count)
    {
        var drawn = ids.ToDictionary(id => id, _ => 0);
        PeerSelector selector = Selector();
        for (int i = 0; i < Tries; i++)
        {
            foreach (NodeId id in AtOnce(selector, strategy))
            {
                drawn[id]++;
            }
        }

        double share = (double)count / ids.Length;
        double deviation = Math.Sqrt(Tries * share * (1 - share));
        Assert.That(drawn.Values, Is.All.EqualTo(Tries * share).Within(5 * deviation));
    }

    private sealed class FixedConnectivity(IReadOnlyList<NodeId> answer) : IConnectivity
    {
        public ConnectivityStatus Status => default;

        public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(
            ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
            new(answer);

        public ValueTask<PeerConnectionHandle> DialPeerAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public void RequestManyDials(ReadOnlySpan<NodeId> peers) => throw new NotSupportedException();

        public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
            NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

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

        public Tari.Dht.Dataflow.Events.EventSubscription<ConnectivityEvent> Subscribe() => throw new NotSupportedException();
    }
}
