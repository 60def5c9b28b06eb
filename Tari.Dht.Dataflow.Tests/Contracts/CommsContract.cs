using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Contracts;

/// <summary>What every transport has to do.</summary>
public abstract class CommsContract
{
    private ICommsRig _rig = null!;
    private CheckingArrayPool _pool = null!;
    private CommsNode _a = null!;
    private CommsNode _b = null!;
    private Events _eventsOfA = null!;
    private Events _eventsOfB = null!;

    [SetUp]
    public void MakeTwoNodes()
    {
        _pool = new CheckingArrayPool();
        _rig = CreateRig(_pool);
        _a = _rig.AddNode(PeerFeatures.CommunicationNode);
        _b = _rig.AddNode(PeerFeatures.CommunicationNode);
        _eventsOfA = new Events(_a, _rig);
        _eventsOfB = new Events(_b, _rig);
        _a.Knows(_b);
        _rig.Settle();
    }

    [TearDown]
    public void ReleaseNodes()
    {
        _rig.Dispose();
        _pool.AssertWhole();
    }

    [Test]
    public void A_node_that_dials_is_connected_at_both_ends()
    {
        using PeerConnectionHandle handle = Dial(_a, _b);
        Assert.That(handle.Connection.Peer, Is.EqualTo(_b.Id));
        Assert.That(handle.Connection.Direction, Is.EqualTo(ConnectionDirection.Outbound));
        Assert.That(handle.Connection.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(handle.Connection.IsConnected);
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { "initialized", $"connected {_b.Id}", "Online 1" }));
        Assert.That(_eventsOfB.Take(), Is.EqualTo(new[] { "initialized", $"connected {_a.Id}", "Online 1" }));
        using PeerConnectionHandle? other = Get(_b, _a);
        Assert.That(other!.Connection.Direction, Is.EqualTo(ConnectionDirection.Inbound));
    }

    [Test]
    public void Both_ends_store_what_the_other_one_says_of_itself()
    {
        using PeerConnectionHandle handle = Dial(_a, _b);
        Peer ofB = _a.Peers.Find(_b.Id)!, ofA = _b.Peers.Find(_a.Id)!;
        Assert.That(ofA.Addresses.Entries[0].Address, Is.EqualTo(_a.Identity.PublicAddresses[0]));
        Assert.That(ofA.Addresses.NewestClaim, Is.EqualTo(_a.Identity.Claim));
        Assert.That(ofA.LastSeen, Is.Null, "nobody dialled it");
        Assert.That(ofB.LastSeen, Is.Not.Null);
        Assert.That(ofB.UserAgent, Is.Not.Empty);
    }

    [Test]
    public void A_second_dial_gives_the_connection_there_is()
    {
        using PeerConnectionHandle first = Dial(_a, _b), second = Dial(_a, _b), third = Dial(_b, _a);
        Assert.That(second.Connection.Id, Is.EqualTo(first.Connection.Id));
        Assert.That(third.Connection.Direction, Is.EqualTo(ConnectionDirection.Inbound));
        Assert.That(_eventsOfA.Take().Count(text => text.StartsWith("connected", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public void Dials_at_the_same_time_make_one_connection_and_all_get_it()
    {
        _b.Knows(_a);
        PeerConnectionHandle[] handles = _rig.Run(() => Task.WhenAll(
            DialAsync(_a, _b), DialAsync(_b, _a), DialAsync(_a, _b), DialAsync(_b, _a)));
        Assert.That(handles.Select(handle => handle.Connection.IsConnected), Is.All.True);
        Assert.That(handles[0].Connection.Id, Is.EqualTo(handles[2].Connection.Id));
        Assert.That(handles[1].Connection.Id, Is.EqualTo(handles[3].Connection.Id));
        Assert.That(handles[0].Connection.Direction, Is.Not.EqualTo(handles[1].Connection.Direction));
        _rig.Settle();
        Assert.That(Active(_a), Is.EqualTo(1));
        Assert.That(Active(_b), Is.EqualTo(1));
        Assert.That(_eventsOfA.Take(), Has.None.Contains("failed"));
        Dispose(handles);
    }

    [Test]
    public void A_dial_to_an_unknown_peer_fails_without_an_event()
    {
        _eventsOfB.Take();
        Assert.That(Refusal(_b, _a), Is.EqualTo(ConnectivityError.PeerManagerError));
        Assert.That(_eventsOfB.Take(), Is.Empty);
    }

    [Test]
    public void A_dial_to_a_peer_that_is_gone_fails_and_is_told_and_marked()
    {
        Stop(_b);
        _eventsOfA.Take();
        Assert.That(Refusal(_a, _b), Is.EqualTo(ConnectivityError.ConnectFailedMaximumAttemptsReached));
        Assert.That(_eventsOfA.Take(), Is.EquivalentTo(new[] { $"failed {_b.Id}", "Offline 0" }));
        Assert.That(_a.Peers.Find(_b.Id)!.AllAddressesFailed);
    }

    [Test]
    public void A_ban_is_told_before_the_connection_ends_and_refuses_new_ones_from_both_sides()
    {
        _b.Knows(_a);
        using PeerConnectionHandle handle = Dial(_a, _b);
        _eventsOfA.Take();
        Ban(_a, _b);
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { $"banned {_b.Id}", $"disconnected {_b.Id} True", "Offline 0" }));
        Assert.That(handle.Connection.IsConnected, Is.False);
        Assert.That(_a.Peers.IsPeerBanned(_b.Id));
        Assert.That(Get(_a, _b), Is.Null);
        Assert.That(Refusal(_a, _b), Is.EqualTo(ConnectivityError.PeerBanned));
        Assert.That(Refusal(_b, _a), Is.EqualTo(ConnectivityError.IdentityRefused));
        Assert.That(Active(_a), Is.Zero);
    }

    [Test]
    public void A_ban_that_was_lifted_lets_the_peer_in_again()
    {
        Ban(_a, _b);
        Assert.That(Refusal(_a, _b), Is.EqualTo(ConnectivityError.PeerBanned));
        _a.Peers.UnbanPeer(_b.Id);
        using PeerConnectionHandle handle = Dial(_a, _b);
        Assert.That(handle.Connection.IsConnected);
    }

    [Test]
    public void A_ban_of_an_unknown_peer_holds_in_memory()
    {
        _eventsOfB.Take();
        Ban(_b, _a);
        Assert.That(_eventsOfB.Take(), Is.EqualTo(new[] { $"banned {_a.Id}" }));
        Assert.That(Refusal(_a, _b), Is.EqualTo(ConnectivityError.IdentityRefused));
    }

    [Test]
    public void A_peer_on_the_allow_list_is_not_banned()
    {
        using PeerConnectionHandle handle = Dial(_a, _b);
        _eventsOfA.Take();
        Run(() => _a.Connectivity.AddPeerToAllowListAsync(_b.Id));
        Ban(_a, _b);
        Assert.That(_eventsOfA.Take(), Is.Empty);
        Assert.That(handle.Connection.IsConnected);
        Run(() => _a.Connectivity.RemovePeerFromAllowListAsync(_b.Id));
        Ban(_a, _b);
        Assert.That(handle.Connection.IsConnected, Is.False);
    }

    [Test]
    public void Handles_are_counted_and_strong_ones_protect()
    {
        using PeerConnectionHandle weak = Dial(_a, _b);
        IPeerConnection connection = weak.Connection;
        Assert.That(connection.HandleCount, Is.EqualTo(2), "the pool's and ours");
        Assert.That(connection.IsStronglyHeld, Is.False);
        PeerConnectionHandle strong = connection.Acquire(ConnectionStrength.Strong);
        Assert.That(strong.Strength, Is.EqualTo(ConnectionStrength.Strong));
        Assert.That(connection.HandleCount, Is.EqualTo(3));
        Assert.That(connection.IsStronglyHeld);
        strong.Dispose();
        strong.Dispose();
        Assert.That(connection.HandleCount, Is.EqualTo(2));
        Assert.That(connection.IsStronglyHeld, Is.False);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_disconnect_is_told_at_both_ends(bool isMinimized)
    {
        using PeerConnectionHandle handle = Dial(_a, _b);
        _eventsOfA.Take();
        _eventsOfB.Take();
        Run(() => handle.Connection.DisconnectAsync(isMinimized));
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { $"disconnected {_b.Id} {isMinimized}", "Offline 0" }));
        Assert.That(_eventsOfB.Take(), Is.EqualTo(new[] { $"disconnected {_a.Id} False", "Offline 0" }));
        Assert.That(
            () => Run(() => handle.Connection.DisconnectAsync(isMinimized)),
            Throws.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.PeerConnectionError));
    }

    [Test]
    public void A_client_alone_makes_a_node_degraded_and_is_never_selected()
    {
        CommsNode client = _rig.AddNode(PeerFeatures.CommunicationClient);
        client.Knows(_a);
        using PeerConnectionHandle handle = Dial(client, _a);
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { "initialized", $"connected {client.Id}", "Degraded 0" }));
        Assert.That(Select(_a, ConnectivitySelection.AllNodes([])), Is.Empty);
        Assert.That(Active(_a), Is.EqualTo(1));
        using PeerConnectionHandle node = Dial(_a, _b);
        Assert.That(_a.Connectivity.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Online, 1)));
        Run(() => node.Connection.DisconnectAsync(isMinimized: false));
        Assert.That(_a.Connectivity.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Degraded, 0)));
    }

    [Test]
    public void Selection_gives_the_number_asked_for_without_the_excluded_CC_4_CC_17()
    {
        List<CommsNode> nodes = [];
        for (int i = 0; i < 10; i++)
        {
            CommsNode node = _rig.AddNode(PeerFeatures.CommunicationNode);
            _a.Knows(node);
            nodes.Add(node);
            Dial(_a, node).Dispose();
        }

        IReadOnlyList<NodeId> nine = Select(_a, ConnectivitySelection.RandomNodes(10, [nodes[0].Id]));
        Assert.That(nine, Is.EquivalentTo(nodes.Skip(1).Select(node => node.Id)));
        Assert.That(Select(_a, ConnectivitySelection.RandomNodes(5, [])).Distinct().ToList(), Has.Count.EqualTo(5));
        Assert.That(Select(_a, ConnectivitySelection.RandomNodes(500, [])), Has.Count.EqualTo(10));
        Assert.That(Select(_a, ConnectivitySelection.RandomNodes(0, [])), Is.Empty);
        Assert.That(Select(_a, ConnectivitySelection.AllNodes([nodes[3].Id])), Has.Count.EqualTo(9));
    }

    [Test]
    public void Waiting_for_connectivity_ends_when_online_or_out_of_time()
    {
        Assert.That(
            () => Run(() => _a.Connectivity.WaitForConnectivityAsync(TimeSpan.FromSeconds(3))),
            Throws.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.OnlineWaitTimeout));
        _rig.Run(async () =>
        {
            ValueTask waiting = _a.Connectivity.WaitForConnectivityAsync(TimeSpan.FromSeconds(30));
            _a.Connectivity.RequestManyDials([_b.Id]);
            await waiting;
            return true;
        });
        Assert.That(_a.Connectivity.Status.State, Is.EqualTo(ConnectivityState.Online));
        Run(() => _a.Connectivity.WaitForConnectivityAsync(TimeSpan.Zero));
    }

    [Test]
    public void Messages_arrive_in_order_and_dial_if_need_be()
    {
        var received = new List<byte>();
        Receive(_b, message => received.AddRange(message.Body.Span[..1]));
        Task<MessageSendResult>[] results = [.. Enumerable.Range(0, 20).Select(i => Post(_a, _b.Id, [(byte)i]))];
        Assert.That(_rig.Run(() => Task.WhenAll(results)), Is.All.EqualTo(MessageSendResult.Sent));
        _rig.Settle();
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, 20)));
    }

    [Test]
    public void A_message_is_answered_over_the_same_connection()
    {
        NodeId sender = default;
        Receive(_b, message => sender = message.Peer);
        bool answered = false;
        Receive(_a, _ => answered = true);
        Assert.That(_rig.Run(() => Post(_a, _b.Id, [1])), Is.EqualTo(MessageSendResult.Sent));
        _rig.Settle();
        Assert.That(sender, Is.EqualTo(_a.Id));
        Assert.That(_rig.Run(() => Post(_b, sender, [2])), Is.EqualTo(MessageSendResult.Sent));
        _rig.Settle();
        Assert.That(answered);
        Assert.That(Active(_b), Is.EqualTo(1));
    }

    [Test]
    public void A_message_to_a_peer_that_cannot_be_dialled_fails()
    {
        CommsNode unknown = _rig.AddNode(PeerFeatures.CommunicationNode);
        Assert.That(_rig.Run(() => Post(_a, unknown.Id, [1])), Is.EqualTo(MessageSendResult.PeerDialFailed));
        Ban(_a, _b);
        Assert.That(_rig.Run(() => Post(_a, _b.Id, [1])), Is.EqualTo(MessageSendResult.PeerDialFailed));
        _a.Knows(unknown);
        Stop(unknown);
        Assert.That(_rig.Run(() => Post(_a, unknown.Id, [1])), Is.EqualTo(MessageSendResult.PeerDialFailed));
    }

    [Test]
    public void A_message_over_the_limit_fails_alone()
    {
        Receive(_b, _ => { });
        Assert.That(_rig.Run(() => Post(_a, _b.Id, new byte[(8 * 1024 * 1024) + 1])), Is.EqualTo(MessageSendResult.MessageTooLarge));
        Assert.That(_rig.Run(() => Post(_a, _b.Id, [1])), Is.EqualTo(MessageSendResult.Sent));
    }

    [Test]
    public void A_graph_that_takes_nothing_stops_its_senders()
    {
        List<Task<MessageSendResult>> results = [];
        for (int i = 0; i < 5000; i++)
        {
            results.Add(Post(_a, _b.Id, [1]));
            if (i % 50 == 0)
            {
                _rig.Settle();
            }
        }

        _rig.Settle();
        int full = results.Count(result => result is { IsCompleted: true, Result: MessageSendResult.QueueFull });
        Assert.That(full, Is.GreaterThan(1000), "bounded");
        int received = 0;
        Receive(_b, _ => received++);
        _rig.Settle();
        Assert.That(results.Select(result => result.IsCompleted), Is.All.True);
        Assert.That(received, Is.EqualTo(results.Count(result => result.Result == MessageSendResult.Sent)), "what was sent arrives");
    }

    [Test]
    public void The_end_of_a_node_is_told_and_refuses_what_comes_after()
    {
        using PeerConnectionHandle handle = Dial(_a, _b);
        _eventsOfA.Take();
        _eventsOfB.Take();
        Stop(_b);
        Assert.That(_eventsOfB.Take(), Is.EqualTo(new[] { $"disconnected {_a.Id} False", "end" }));
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { $"disconnected {_b.Id} False", "Offline 0" }));
        Assert.That(_b.Comms.Inbound.Completion.IsCompletedSuccessfully);
        Assert.That(_b.Comms.Outbound.Completion.IsCompletedSuccessfully);
        Assert.That(Refusal(_b, _a), Is.EqualTo(ConnectivityError.ActorDisconnected));
        using OutboundMessage refused = Message(_a.Id, [1], out _);
        Assert.That(_b.Comms.Outbound.Post(refused), Is.False);
    }

    [Test]
    public void A_cancelled_dial_ends_the_waiting_and_goes_on()
    {
        using var cancellation = new CancellationTokenSource();
        Assert.That(
            () => _rig.Run(async () =>
            {
                ValueTask<PeerConnectionHandle> dial = _a.Connectivity.DialPeerAsync(_b.Id, ConnectionStrength.Weak, cancellation.Token);
                Cancel();
                return await dial;
            }),
            Throws.InstanceOf<OperationCanceledException>());
        _rig.Settle();
        using PeerConnectionHandle? handle = Get(_a, _b);
        Assert.That(handle!.Connection.HandleCount, Is.EqualTo(2), "nobody's handle is left");

        // On this thread: the asynchronous way would leave the scheduler.
        void Cancel() => cancellation.Cancel();
    }

    [Test]
    public void A_session_for_calls_is_a_stream_at_both_ends_and_keeps_a_connection_from_being_tidied_away()
    {
        _b.Comms.Rpc.Register(new Silence());
        using PeerConnectionHandle handle = Dial(_a, _b);
        using PeerConnectionHandle? other = Get(_b, _a);
        IPeerConnection connection = handle.Connection;
        IRpcSession session = _rig.Run(() => _a.Comms.Rpc.OpenSessionAsync(connection, Silence.Id, TimeSpan.FromSeconds(5)).AsTask());
        Assert.That(connection.RpcSessionCount, Is.EqualTo(1));
        Assert.That(connection.SubstreamCount, Is.EqualTo(1));
        Assert.That(other!.Connection.SubstreamCount, Is.EqualTo(1));
        Assert.That(other.Connection.RpcSessionCount, Is.Zero, "the other one's");
        Assert.That(_rig.Run(() => connection.DisconnectIfUnusedAsync(0, 3).AsTask()), Is.False);
        Assert.That(_rig.Run(() => connection.DisconnectIfUnusedAsync(1, 0).AsTask()), Is.False);
        Assert.That(connection.IsConnected);
        session.Dispose();
        session.Dispose();
        _eventsOfA.Take();
        Assert.That(_rig.Run(() => connection.DisconnectIfUnusedAsync(0, 0).AsTask()), Is.True);
        Assert.That(_eventsOfA.Take(), Is.EqualTo(new[] { $"disconnected {_b.Id} True", "Offline 0" }));
        Assert.That(other.Connection.IsConnected, Is.False);
    }

    [Test]
    public void A_session_pings_the_peer_for_as_long_as_the_connection_lasts()
    {
        _b.Comms.Rpc.Register(new Silence());
        using PeerConnectionHandle handle = Dial(_a, _b);
        using IRpcSession session = OpenSession(handle);
        RpcPing[] pings = _rig.Run(() => Task.WhenAll(PingAsync(session), PingAsync(session)));
        Assert.That(pings.Select(ping => ping.Kind), Is.All.EqualTo(RpcPingKind.Answered));
        Assert.That(pings.Select(ping => ping.RoundTrip), Is.All.GreaterThanOrEqualTo(TimeSpan.Zero));
        Assert.That(session.LastRequestLatency, Is.Null);
        Assert.That(_rig.Run(() => session.CallAsync(1, default, TimeSpan.FromSeconds(5)).AsTask()).Kind, Is.EqualTo(RpcItemKind.End));
        Assert.That(session.LastRequestLatency, Is.GreaterThanOrEqualTo(TimeSpan.Zero));
        Assert.That(session.IsConnected);
        Run(() => handle.Connection.DisconnectAsync(isMinimized: false));
        Assert.That(_rig.Run(() => PingAsync(session)).Kind, Is.EqualTo(RpcPingKind.ConnectionLost));
        Assert.That(session.IsConnected, Is.False);
    }

    [Test]
    public void A_session_that_is_closed_or_disposed_takes_no_calls_and_keeps_the_connection([Values] bool isClosed)
    {
        _b.Comms.Rpc.Register(new Silence());
        using PeerConnectionHandle handle = Dial(_a, _b);
        IRpcSession session = OpenSession(handle);
        if (isClosed)
        {
            session.Close();
        }

        session.Dispose();
        _rig.Settle();
        Assert.That(session.IsConnected, Is.False);
        Assert.That(() => PingAsync(session), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => session.OpenStream(1, default, TimeSpan.FromSeconds(5)), Throws.TypeOf<ObjectDisposedException>());
        Assert.That((handle.Connection.IsConnected, handle.Connection.RpcSessionCount), Is.EqualTo((true, 0)));
    }

    [Test]
    public void Nothing_waits_on_a_connection_that_was_read()
    {
        Receive(_b, _ => { });
        using PeerConnectionHandle handle = Dial(_a, _b);
        Assert.That(_rig.Run(() => Post(_a, _b.Id, [1])), Is.EqualTo(MessageSendResult.Sent));
        _rig.Settle();
        Assert.That(handle.Connection.WriteStalledFor, Is.EqualTo(TimeSpan.Zero));
        Assert.That(handle.Connection.SubstreamCount, Is.LessThan(3), "idle");
    }

    [Test]
    public void A_connection_after_the_end_of_one_is_another_one()
    {
        _b.Knows(_a);
        using PeerConnectionHandle first = Dial(_a, _b);
        Run(() => first.Connection.DisconnectAsync(isMinimized: false));
        _rig.Settle();
        using PeerConnectionHandle second = Dial(_b, _a);
        Assert.That(first.Connection.IsConnected, Is.False);
        Assert.That(second.Connection.IsConnected);
        Assert.That(second.Connection, Is.Not.SameAs(first.Connection));
        Assert.That(Active(_a), Is.EqualTo(1));
    }

    [Test]
    public void The_allow_list_tells_who_is_on_it()
    {
        Run(() => _a.Connectivity.AddPeerToAllowListAsync(_b.Id));
        Run(() => _a.Connectivity.AddPeerToAllowListAsync(_b.Id));
        Assert.That(_rig.Run(() => _a.Connectivity.GetAllowListAsync().AsTask()), Is.EqualTo(new[] { _b.Id }));
        Assert.That(_rig.Run(() => _a.Connectivity.IsOnAllowListAsync(_b.Id).AsTask()), Is.True);
        Run(() => _a.Connectivity.RemovePeerFromAllowListAsync(_b.Id));
        Assert.That(_rig.Run(() => _a.Connectivity.GetAllowListAsync().AsTask()), Is.Empty);
    }

    /// <summary>A transport to test, whose nodes take messages' buffers from a pool.</summary>
    private protected abstract ICommsRig CreateRig(CheckingArrayPool pool);

    private static void Dispose(PeerConnectionHandle[] handles)
    {
        foreach (PeerConnectionHandle handle in handles)
        {
            handle.Dispose();
        }
    }

    private static void Receive(CommsNode node, Action<InboundMessage> take) =>
        node.Comms.Inbound.LinkTo(
            new ActionBlock<InboundMessage>(
                message =>
                {
                    take(message);
                    message.Dispose();
                },
                new ExecutionDataflowBlockOptions { BoundedCapacity = 8, TaskScheduler = new InlineTaskScheduler() }),
            new DataflowLinkOptions());

    private static Task<PeerConnectionHandle> DialAsync(CommsNode from, CommsNode to) =>
        from.Connectivity.DialPeerAsync(to.Id, ConnectionStrength.Weak).AsTask();

    private static Task<RpcPing> PingAsync(IRpcSession session) =>
        session.PingAsync(TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(5)).AsTask();

    private IRpcSession OpenSession(PeerConnectionHandle handle) =>
        _rig.Run(() => _a.Comms.Rpc.OpenSessionAsync(handle.Connection, Silence.Id, TimeSpan.FromSeconds(5)).AsTask());

    private OutboundMessage Message(NodeId to, byte[] body, out Task<MessageSendResult> result)
    {
        var reply = new TaskCompletionSource<MessageSendResult>();
        result = reply.Task;
        return new OutboundMessage(1, to, new SharedBuffer(BufferLease.CopyOf(_pool, body), 0, body.Length), reply);
    }

    private Task<MessageSendResult> Post(CommsNode from, NodeId to, byte[] body)
    {
        OutboundMessage message = Message(to, body, out Task<MessageSendResult> result);
        Assert.That(from.Comms.Outbound.Post(message), "the outbound block has room");
        return result;
    }

    private PeerConnectionHandle Dial(CommsNode from, CommsNode to) => _rig.Run(() => DialAsync(from, to));

    private PeerConnectionHandle? Get(CommsNode from, CommsNode to) =>
        _rig.Run(() => from.Connectivity.GetConnectionAsync(to.Id, ConnectionStrength.Weak).AsTask());

    private IReadOnlyList<NodeId> Select(CommsNode node, ConnectivitySelection selection) =>
        _rig.Run(() => node.Connectivity.SelectNodesAsync(selection).AsTask());

    private int Active(CommsNode node)
    {
        IReadOnlyList<PeerConnectionHandle> handles = _rig.Run(() => node.Connectivity.GetActiveConnectionsAsync().AsTask());
        Dispose([.. handles]);
        return handles.Count;
    }

    private ConnectivityError? Refusal(CommsNode from, CommsNode to) => _rig.Run<ConnectivityError?>(async () =>
    {
        try
        {
            (await DialAsync(from, to)).Dispose();
            return null;
        }
        catch (ConnectivityException error)
        {
            return error.Error;
        }
    });

    private void Ban(CommsNode node, CommsNode peer)
    {
        Run(() => node.Connectivity.BanPeerUntilAsync(peer.Id, TimeSpan.FromHours(1), "a test"));
        _rig.Settle();
    }

    private void Stop(CommsNode node)
    {
        _rig.Run(async () =>
        {
            await node.Stop();
            return true;
        });
        _rig.Settle();
    }

    private void Run(Func<ValueTask> operation) => _rig.Run(async () =>
    {
        await operation();
        return true;
    });

    /// <summary>A service that is never called.</summary>
    private sealed class Silence : IRpcService
    {
        public static ProtocolId Id { get; } = new("t/silence"u8);

        public ProtocolId Protocol => Id;

        public ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken) =>
            ValueTask.FromResult(RpcStatus.Ok);
    }

    /// <summary>The events of a node as text.</summary>
    private sealed class Events(CommsNode node, ICommsRig rig)
    {
        private readonly EventSubscription<ConnectivityEvent> _subscription = node.Connectivity.Subscribe();

        public List<string> Take()
        {
            rig.Settle();
            List<string> texts = [];
            while (true)
            {
                using var cancellation = new CancellationTokenSource();
                ValueTask<ReceivedEvent<ConnectivityEvent>?> reading = _subscription.ReadAsync(cancellation.Token);
                if (!reading.IsCompleted)
                {
                    cancellation.Cancel();
                    Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
                    return texts;
                }

                if (reading.Result is not { } received)
                {
                    texts.Add("end");
                    return texts;
                }

                Assert.That(received.Missed, Is.Zero);
                texts.Add(received.Event switch
                {
                    ConnectivityEvent.StateInitialized => "initialized",
                    ConnectivityEvent.PeerConnected connected => $"connected {connected.Connection.Peer}",
                    ConnectivityEvent.PeerDisconnected gone => $"disconnected {gone.Peer} {gone.IsMinimized}",
                    ConnectivityEvent.PeerConnectFailed failed => $"failed {failed.Peer}",
                    ConnectivityEvent.PeerBanned banned => $"banned {banned.Peer}",
                    ConnectivityEvent.StateChanged changed => $"{changed.Status.State} {changed.Status.Nodes}",
                    _ => throw new InvalidOperationException($"What is {received.Event}?"),
                });
            }
        }
    }
}
