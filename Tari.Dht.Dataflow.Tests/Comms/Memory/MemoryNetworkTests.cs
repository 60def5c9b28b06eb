using System.Security.Cryptography;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

public sealed class MemoryNetworkTests
{
    private CheckingArrayPool _pool = null!;
    private SimulatedNetwork _simulation = null!;
    private List<MemoryTraceEntry> _trace = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _trace = [];
        Use(new MemoryLinkOptions());
    }

    [TearDown]
    public void TearDown()
    {
        _simulation.Dispose();
        Assert.That(_simulation.Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");
        _pool.AssertWhole();
    }

    [Test]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another_one()
    {
        string first = TraceOf(1), again = TraceOf(1), other = TraceOf(2);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    [Test]
    public void Loss_hits_the_share_it_is_set_to_and_the_sender_does_not_hear_of_it()
    {
        Use(new MemoryLinkOptions { Loss = 0.3 });
        (MemoryComms a, MemoryComms b) = Pair();
        var received = _simulation.Receive(b);
        List<Task<MessageSendResult>> results = [];
        for (int i = 0; i < 2000; i++)
        {
            results.Add(_simulation.Post(a, b, (byte)i));
            _simulation.Scheduler.RunUntilIdle();
        }

        Assert.That(results.Select(result => result.Result), Is.All.EqualTo(MessageSendResult.Sent));
        Assert.That(received, Has.Count.InRange(1300, 1500));
        Assert.That(_trace.Count(entry => entry.Kind == MemoryTraceKind.Lost), Is.EqualTo(2000 - received.Count));
    }

    [Test]
    public void Latency_and_jitter_delay_messages_and_keep_their_order()
    {
        Use(new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(50), Jitter = TimeSpan.FromMilliseconds(20) });
        (MemoryComms a, MemoryComms b) = Pair();
        var received = _simulation.Receive(b);
        TimeSpan sent = _simulation.Time.Elapsed;
        for (int i = 0; i < 100; i++)
        {
            _simulation.Post(a, b, (byte)i);
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(received.Select(item => (int)item.Body[0]), Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(received.Select(item => (item.At - sent).TotalMilliseconds), Is.All.InRange(50, 70));
        Assert.That(received.Select(item => item.At), Is.Ordered);
    }

    [Test]
    public void Bandwidth_spreads_messages_over_time()
    {
        Use(new MemoryLinkOptions { BytesPerSecond = 1000 });
        (MemoryComms a, MemoryComms b) = Pair();
        var received = _simulation.Receive(b);
        TimeSpan sent = _simulation.Time.Elapsed;
        for (int i = 0; i < 5; i++)
        {
            _simulation.Post(a, b, new byte[500]);
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(10));
        Assert.That(received.Select(item => (item.At - sent).TotalSeconds), Is.EqualTo(new[] { 0.5, 1, 1.5, 2, 2.5 }));
    }

    [Test]
    public void Reordering_and_duplication_happen_when_they_are_set()
    {
        Use(new MemoryLinkOptions { Reordering = 0.2, Duplication = 0.1 });
        (MemoryComms a, MemoryComms b) = Pair();
        var received = _simulation.Receive(b);
        for (int i = 0; i < 200; i++)
        {
            _simulation.Post(a, b, (byte)i);
            _simulation.Scheduler.RunFor(TimeSpan.FromMilliseconds(1));
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        int[] numbers = [.. received.Select(item => (int)item.Body[0])];
        Assert.That(numbers.Distinct().ToList(), Has.Count.EqualTo(200), "none is lost");
        Assert.That(numbers, Has.Length.InRange(205, 240));
        Assert.That(numbers, Is.Not.Ordered);
    }

    [Test]
    public void A_node_that_knows_others_is_connected_to_them_within_a_minute_by_itself()
    {
        MemoryComms[] nodes = [.. Enumerable.Range(0, 6).Select(_ => _simulation.AddNode())];
        foreach (MemoryComms other in nodes[1..])
        {
            nodes[0].Peers.AddOrUpdatePeer(other.Identity.ToPeer());
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(59));
        Assert.That(nodes[0].Connectivity.Status.Nodes, Is.Zero);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(nodes[0].Connectivity.Status.Nodes, Is.EqualTo(5));
    }

    [Test]
    public void A_peer_that_takes_nothing_for_two_minutes_is_given_up()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        List<Task<MessageSendResult>> results = [];
        for (int i = 0; i < 2000; i++)
        {
            results.Add(_simulation.Post(a, b, (byte)i));
            if (i % 50 == 0)
            {
                _simulation.Scheduler.RunUntilIdle();
            }
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(30));
        Assert.That(handle.Connection.WriteStalledFor, Is.EqualTo(TimeSpan.FromSeconds(30)));
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(89));
        Assert.That(handle.Connection.IsConnected);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(handle.Connection.IsConnected, Is.False);
        Assert.That(results.Select(result => result.IsCompleted), Is.All.True);
        Assert.That(results.Select(result => result.Result), Does.Contain(MessageSendResult.ConnectionLost));
    }

    [Test]
    public void A_link_of_its_own_is_used_in_its_direction_alone()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        var atA = _simulation.Receive(a);
        var atB = _simulation.Receive(b);
        _simulation.Network.SetLink(a.Identity.NodeId, b.Identity.NodeId, new MemoryLinkOptions { Latency = TimeSpan.FromSeconds(3) });
        _simulation.Post(a, b, 1);
        _simulation.Post(b, a, 2);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(atA, Has.Count.EqualTo(1));
        Assert.That(atB, Is.Empty);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(3));
        Assert.That(atB, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_partition_that_heals_in_time_delays_messages_and_loses_nothing()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        var received = _simulation.Receive(b);
        _simulation.Network.Partition([a.Identity.NodeId], [b.Identity.NodeId]);
        Task<MessageSendResult> sent = _simulation.Post(a, b, 1);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(20));
        Assert.That(received, Is.Empty);
        _simulation.Network.Heal();
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(20));
        Assert.That(received, Has.Count.EqualTo(1));
        Assert.That(sent.Result, Is.EqualTo(MessageSendResult.Sent));
    }

    [Test]
    public void A_partition_that_lasts_cuts_connections_and_dials_run_out_of_time()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        _simulation.Network.Partition([a.Identity.NodeId]);
        Task<MessageSendResult> waiting = _simulation.Post(a, b, 1);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(31));
        Assert.That(waiting.Result, Is.EqualTo(MessageSendResult.ConnectionLost));
        Assert.That(a.Connectivity.Status.State, Is.EqualTo(ConnectivityState.Offline));
        Assert.That(b.Connectivity.Status.State, Is.EqualTo(ConnectivityState.Offline));
        TimeSpan begun = _simulation.Time.Elapsed;
        Assert.That(
            () => _simulation.Dial(a, b),
            Throws.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.ConnectFailedMaximumAttemptsReached));
        Assert.That(_simulation.Time.Elapsed - begun, Is.EqualTo(TimeSpan.FromSeconds(60)));
        _simulation.Network.Heal();
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        Assert.That(handle.Connection.IsConnected);
    }

    [Test]
    public void A_crash_releases_every_buffer_and_is_noticed_later()
    {
        Use(new MemoryLinkOptions { Latency = TimeSpan.FromSeconds(1), BytesPerSecond = 10 });
        (MemoryComms a, MemoryComms b) = Pair();
        List<Task<MessageSendResult>> results = [];
        for (int i = 0; i < 50; i++)
        {
            results.Add(_simulation.Post(a, b, 1));
            results.Add(_simulation.Post(b, a, 1));
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(3));
        b.Crash();
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(5));
        Assert.That(b.IsRunning, Is.False);
        Assert.That(a.Connectivity.Status.State, Is.EqualTo(ConnectivityState.Online), "nobody said good-bye");
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(30));
        Assert.That(a.Connectivity.Status.State, Is.EqualTo(ConnectivityState.Offline));
        Assert.That(results.Select(result => result.IsCompleted), Is.All.True);
        a.Crash();
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(30));
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void A_node_that_crashed_comes_back_under_its_address()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        b.Crash();
        _simulation.Scheduler.RunUntilIdle();
        MemoryComms again = _simulation.AddNode(b.Identity, _simulation.NewStore());
        var received = _simulation.Receive(again);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(31));
        Task<MessageSendResult> sent = _simulation.Post(a, again, 1);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(sent.Result, Is.EqualTo(MessageSendResult.Sent));
        Assert.That(received, Has.Count.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Of_two_connections_the_one_that_the_smaller_id_dialled_stays(bool restarted)
    {
        (MemoryComms a, MemoryComms b) = Pair();
        b.Crash();
        _simulation.Scheduler.RunUntilIdle();
        MemoryComms again = _simulation.AddNode(b.Identity, _simulation.NewStore());
        _simulation.Scheduler.RunUntilIdle();

        // The first node has not noticed the crash: its outbound connection meets an inbound one.
        MemoryComms dialler = restarted ? again : a;
        MemoryComms other = restarted ? a : again;
        dialler.Peers.AddOrUpdatePeer(other.Identity.ToPeer());
        dialler.Connectivity.RequestManyDials([other.Identity.NodeId]);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        bool newWins = restarted && a.Identity.NodeId > again.Identity.NodeId;
        Assert.That(again.Connectivity.Status.Nodes, Is.EqualTo(newWins ? 1 : 0));
        Assert.That(a.Connectivity.Status.Nodes, Is.EqualTo(1), "the old one or the new one");
    }

    [Test]
    public void A_peer_that_lies_about_itself_is_banned_by_who_hears_it()
    {
        MemoryComms honest = _simulation.AddNode();
        MemoryComms other = _simulation.AddNode();
        byte[] stolen = PeerIdentityMessageWriter.Encode(other.Identity.Claim, "liar/1.0", []);
        MemoryComms liar = _simulation.AddNode(options: new MemoryNodeOptions { IdentityMessage = stolen });
        Assert.That(
            () => _simulation.Dial(liar, honest),
            Throws.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.IdentityRefused));
        Assert.That(honest.Peers.IsPeerBanned(liar.Identity.NodeId));
        Assert.That(honest.Peers.Find(other.Identity.NodeId), Is.Null);
        Assert.That(_trace.Count(entry => entry.Kind == MemoryTraceKind.Banned), Is.EqualTo(1));
    }

    [Test]
    public void A_call_gives_its_responses_in_order_and_then_the_end()
    {
        Use(new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(10) });
        (MemoryComms a, MemoryComms b) = Pair();
        b.Register(new Counter());
        Assert.That(Call(a, b, 10, 25), Is.EqualTo(Enumerable.Range(0, 25).Select(i => $"{i}").Append("End")));
        Assert.That(Call(a, b, 11, 3), Is.EqualTo(new[] { "Failed UnsupportedMethod" }));
        Assert.That(Call(a, b, 12, 3), Is.EqualTo(new[] { "Failed General" }));
    }

    [Test]
    public void A_call_without_an_answer_times_out_and_one_over_a_lost_connection_says_so()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        b.Register(new Counter());
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        List<RpcItemKind> kinds = _simulation.Scheduler.Run(
            async () =>
            {
                List<RpcItemKind> items = [];
                using IRpcSession session = await a.OpenSessionAsync(handle.Connection, Counter.Id, TimeSpan.FromSeconds(1));
                using IRpcStream stream = session.OpenStream(13, default, TimeSpan.FromMinutes(1));
                items.Add((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind);
                ValueTask<RpcItem> reading = stream.ReadAsync(Timeout.InfiniteTimeSpan);
                await handle.Connection.DisconnectAsync(isMinimized: false);
                items.Add((await reading).Kind);
                items.Add((await stream.ReadAsync(TimeSpan.Zero)).Kind);
                return items;
            },
            TimeSpan.FromMinutes(1));
        Assert.That(kinds, Is.EqualTo(new[] { RpcItemKind.TimedOut, RpcItemKind.ConnectionLost, RpcItemKind.ConnectionLost }));
    }

    [Test]
    public void A_call_may_take_as_long_as_there_is_time()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        b.Register(new Counter());
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        RpcItem last = _simulation.Scheduler.Run(
            async () =>
            {
                using IRpcSession session = await a.OpenSessionAsync(handle.Connection, Counter.Id, TimeSpan.MaxValue);
                using IRpcStream stream = session.OpenStream(13, default, TimeSpan.MaxValue);
                ValueTask<RpcItem> reading = stream.ReadAsync(TimeSpan.MaxValue);
                await handle.Connection.DisconnectAsync(isMinimized: false);
                return await reading;
            },
            TimeSpan.FromMinutes(1));
        Assert.That(last.Kind, Is.EqualTo(RpcItemKind.ConnectionLost));
    }

    [Test]
    public void Each_response_has_its_own_time_whatever_earlier_ones_had()
    {
        Use(new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(10) });
        (MemoryComms a, MemoryComms b) = Pair();
        b.Register(new Counter());
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        List<(RpcItemKind Kind, double Seconds)> read = _simulation.Scheduler.Run(
            async () =>
            {
                List<(RpcItemKind, double)> items = [];
                using IRpcSession session = await a.OpenSessionAsync(handle.Connection, Counter.Id, TimeSpan.FromSeconds(1));
                using IRpcStream stream = session.OpenStream(14, default, TimeSpan.FromMinutes(10));
                foreach (int limit in (int[])[30, 5, 60, 100])
                {
                    TimeSpan start = _simulation.Scheduler.Time.Elapsed;
                    RpcItem item = await stream.ReadAsync(TimeSpan.FromSeconds(limit));
                    items.Add((item.Kind, Math.Round((_simulation.Scheduler.Time.Elapsed - start).TotalSeconds)));
                }

                return items;
            },
            TimeSpan.FromMinutes(10));
        Assert.That(
            read,
            Is.EqualTo(new[]
            {
                (RpcItemKind.Message, 0.0), (RpcItemKind.TimedOut, 5.0), (RpcItemKind.TimedOut, 60.0), (RpcItemKind.TimedOut, 100.0),
            }));
    }

    [Test]
    public void A_session_of_a_protocol_that_the_peer_does_not_speak_is_refused()
    {
        (MemoryComms a, MemoryComms b) = Pair();
        using PeerConnectionHandle handle = _simulation.Dial(a, b);
        Assert.That(
            () => _simulation.Scheduler.Run(
                () => a.OpenSessionAsync(handle.Connection, Counter.Id, TimeSpan.FromSeconds(1)).AsTask(), TimeSpan.FromMinutes(1)),
            Throws.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.PeerConnectionError));
    }

    [Test]
    public void Selection_is_uniform()
    {
        MemoryComms a = _simulation.AddNode();
        var chosen = new Dictionary<NodeId, int>();
        for (int i = 0; i < 10; i++)
        {
            MemoryComms node = _simulation.AddNode();
            chosen[node.Identity.NodeId] = 0;
            _simulation.Dial(a, node).Dispose();
        }

        for (int i = 0; i < 2000; i++)
        {
            Task<IReadOnlyList<NodeId>> selected = a.Connectivity.SelectNodesAsync(ConnectivitySelection.RandomNodes(3, [])).AsTask();
            Assert.That(selected.IsCompletedSuccessfully, "synchronous");
            foreach (NodeId id in selected.Result)
            {
                chosen[id]++;
            }
        }

        Assert.That(chosen.Values, Is.All.InRange(500, 700));
    }

    [Test]
    public void Nodes_cost_little_memory()
    {
        int nodes = LongRun.IsAsked ? 1000 : 100;
        const int Peers = 12;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        MemoryComms[] all = [.. Enumerable.Range(0, nodes).Select(_ => _simulation.AddNode())];
        long idle = GC.GetTotalMemory(forceFullCollection: true) - before;
        for (int i = 0; i < nodes; i++)
        {
            for (int j = 1; j <= Peers; j++)
            {
                MemoryComms other = all[(i + (j * j)) % nodes];
                all[i].Peers.AddOrUpdatePeer(other.Identity.ToPeer());
                all[i].Connectivity.RequestManyDials([other.Identity.NodeId]);
            }
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(10));
        long connected = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Out.WriteLine(
            $"{nodes} nodes: {idle / nodes / 1024.0:F1} KiB each when alone, "
            + $"{connected / nodes / 1024.0:F1} KiB with {Peers} dialled peers");
        Assert.That(all.Select(node => node.Connectivity.Status.Nodes), Is.All.GreaterThanOrEqualTo(Peers));
        Assert.That(connected / nodes, Is.LessThan(256 * 1024));
        GC.KeepAlive(all);
    }

    [Test]
    public void AddNode_AddressThatIsTaken_Throws()
    {
        MemoryComms node = _simulation.AddNode();
        Assert.That(() => _simulation.Network.AddNode(node.Identity, node.Peers), Throws.ArgumentException);
    }

    [Test]
    public void PeerIdentityMessage_Encoded_ReadsBack()
    {
        MemoryComms node = _simulation.AddNode();
        byte[] encoded = PeerIdentityMessageWriter.Encode(
            node.Identity.Claim, "tari/test/1.0", [new ProtocolId("t/a"u8), new ProtocolId("t/b"u8)]);
        Assert.That(PeerIdentityMessage.TryDecode(encoded, out PeerIdentityMessage message));
        Assert.That(message.TryReadClaim(out PeerIdentityClaim? claim), Is.EqualTo(PeerClaimError.None));
        Assert.That(claim!.Addresses, Is.EqualTo(node.Identity.PublicAddresses));
        Assert.That(claim.Signature.Scalar.SequenceEqual(node.Identity.Signature.Scalar));
        Assert.That(message.SupportedProtocols.Count, Is.EqualTo(2));
    }

    private void Use(MemoryLinkOptions link, ulong seed = 7)
    {
        _simulation?.Dispose();
        _trace.Clear();
        _simulation = new SimulatedNetwork(new MemoryNetworkOptions { Seed = seed, Link = link, BufferPool = _pool, Trace = _trace.Add });
    }

    private (MemoryComms A, MemoryComms B) Pair()
    {
        MemoryComms a = _simulation.AddNode(), b = _simulation.AddNode();
        _simulation.Dial(a, b).Dispose();
        return (a, b);
    }

    private string[] Call(MemoryComms from, MemoryComms to, uint method, byte count)
    {
        using PeerConnectionHandle handle = _simulation.Dial(from, to);
        return _simulation.Scheduler.Run(
            async () =>
            {
                List<string> items = [];
                using IRpcSession session = await from.OpenSessionAsync(handle.Connection, Counter.Id, TimeSpan.FromSeconds(10));
                using IRpcStream stream = session.OpenStream(method, new[] { count }, TimeSpan.FromSeconds(10));
                while (true)
                {
                    RpcItem item = await stream.ReadAsync(TimeSpan.FromSeconds(10));
                    switch (item.Kind)
                    {
                        case RpcItemKind.Message:
                            items.Add($"{item.Body.Span[0]}");
                            break;
                        case RpcItemKind.Failed:
                            return [.. items, $"Failed {item.Status.Code}"];
                        default:
                            return items.Append($"{item.Kind}").ToArray();
                    }
                }
            },
            TimeSpan.FromMinutes(1));
    }

    // A busy network: nodes flood each other over bad links, some crash and one comes back, a partition comes and goes.
    private string TraceOf(ulong seed)
    {
        Use(
            new MemoryLinkOptions
            {
                Latency = TimeSpan.FromMilliseconds(20),
                Jitter = TimeSpan.FromMilliseconds(30),
                Loss = 0.1,
                Duplication = 0.05,
                Reordering = 0.1,
                BytesPerSecond = 100_000,
            },
            seed);
        MemoryComms[] nodes = [.. Enumerable.Range(0, 12).Select(_ => _simulation.AddNode())];
        foreach (MemoryComms node in nodes)
        {
            foreach (MemoryComms other in nodes)
            {
                if (other != node)
                {
                    node.Peers.AddOrUpdatePeer(other.Identity.ToPeer());
                }
            }

            Relay(node);
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            _simulation.Post(nodes[i], nodes[(i + 5) % nodes.Length], 6, (byte)i);
        }

        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(5));
        nodes[3].Crash();
        _simulation.Network.Partition([.. nodes.Take(4).Select(node => node.Identity.NodeId)]);
        _simulation.Post(nodes[0], nodes[1], 6, 100);
        _simulation.Post(nodes[5], nodes[1], 6, 101);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(40));
        _simulation.Network.Heal();
        Relay(_simulation.AddNode(nodes[3].Identity, _simulation.NewStore()));
        _simulation.Post(nodes[4], nodes[3], 6, 102);
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(100));
        Assert.That(_trace, Has.Count.GreaterThan(500));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (MemoryTraceEntry entry in _trace)
        {
            hash.AppendData(BitConverter.GetBytes(entry.At.Ticks));
            hash.AppendData([(byte)entry.Kind]);
            hash.AppendData(entry.From.Bytes);
            hash.AppendData(entry.To.Bytes);
            hash.AppendData(BitConverter.GetBytes(entry.Length));
        }

        return Convert.ToHexString(hash.GetCurrentHash());

        void Relay(MemoryComms node) => node.Inbound.LinkTo(
            new ActionBlock<InboundMessage>(
                message =>
                {
                    byte hops = message.Body.Span[0], value = message.Body.Span[1];
                    message.Dispose();
                    if (hops > 0)
                    {
                        IReadOnlyList<NodeId> to =
                            node.Connectivity.SelectNodesAsync(ConnectivitySelection.RandomNodes(2, [])).AsTask().Result;
                        foreach (MemoryComms other in nodes)
                        {
                            if (to.Contains(other.Identity.NodeId))
                            {
                                _simulation.Post(node, other, (byte)(hops - 1), value);
                            }
                        }
                    }
                },
                new ExecutionDataflowBlockOptions { BoundedCapacity = 4, TaskScheduler = _simulation.Scheduler }),
            new DataflowLinkOptions());
    }

    /// <summary>Counts to the number asked for.</summary>
    private sealed class Counter : IRpcService
    {
        public static ProtocolId Id { get; } = new("t/count"u8);

        public ProtocolId Protocol => Id;

        public async ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken)
        {
            switch (request.Method)
            {
                case 10:
                    for (byte i = 0; i < request.Body.Span[0]; i++)
                    {
                        if (!await responder.SendAsync(new[] { i }, cancellationToken))
                        {
                            break;
                        }
                    }

                    return RpcStatus.Ok;
                case 12:
                    throw new InvalidOperationException("A service's own fault.");
                case 14:
                    await responder.SendAsync(new byte[] { 14 }, cancellationToken);
                    goto case 13;
                case 13:
                    var gone = new TaskCompletionSource();
                    await using (cancellationToken.Register(() => gone.SetResult()))
                    {
                        await gone.Task;
                    }

                    return RpcStatus.Ok;
                default:
                    return new RpcStatus(RpcStatusCode.UnsupportedMethod, "There is no such method.");
            }
        }
    }
}
