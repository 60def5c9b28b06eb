using System.Diagnostics.Metrics;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;
using Node = Tari.Dht.Dataflow.Hosting.Dht;

namespace Tari.Dht.Dataflow.Tests.Hosting;

/// <summary>A node's life: start, stop, ends of the transport, events and status.</summary>
[TestFixture]
internal sealed class DhtTests
{
    private static int Waiting(DhtNode node) => node.Dht.GetStatus().InboundQueues.Sum(queue => queue.Count);

    private static byte[] Hello(ulong tag) => EnvelopeFactory.ClearText("hello"u8.ToArray(), BitConverter.GetBytes(tag)).Build();

    [Test]
    public void Two_nodes_send_one_another_signed_and_encrypted_messages()
    {
        using var network = new DhtNetwork();
        DhtNode one = network.AddNode();
        DhtNode other = network.AddNode();
        network.Connect(one.Comms, other.Comms);

        MessageSendStates states = network.Run(() => one.Dht.OutboundRequester.SendDirectEncryptedAsync(
            other.Identity.PublicKey,
            new OutboundDomainMessage(7, "for you"u8.ToArray()),
            OutboundEncryption.EncryptFor(other.Identity.PublicKey)));
        network.Settle();

        Assert.That(states, Has.Count.EqualTo(1));
        network.Until(() => other.Received.Count > 0);
        ReceivedMessage received = other.Received.Single();
        Assert.That(
            (received.Source, received.Origin, received.IsEncrypted), Is.EqualTo((one.Identity.NodeId, one.Identity.PublicKey, true)));
        Assert.That(received.Parts[1], Is.EqualTo("for you"u8.ToArray()));
    }

    [Test]
    public void StopAsync_with_messages_inside_waits_for_the_deadline_discards_them_and_returns_every_buffer()
    {
        using var network = new DhtNetwork();
        MemoryComms sender = network.AddTransport();
        DhtNode node = network.AddNode(takesMessages: false);
        network.Connect(sender, node.Comms);
        for (ulong i = 0; i < 5; i++)
        {
            network.Send(sender, node.Comms, Hello(i));
        }

        network.Until(() => Waiting(node) == 5);

        TimeSpan before = network.Time.Elapsed;
        network.BeginEnd();
        Task<long> stopping = node.Dht.StopAsync(TimeSpan.FromSeconds(3));
        network.Scheduler.RunFor(TimeSpan.FromSeconds(2.9));
        Assert.That(stopping.IsCompleted, Is.False);
        network.Scheduler.RunFor(TimeSpan.FromSeconds(0.1));
        Assert.That(network.Finish(() => stopping), Is.EqualTo(5));
        Assert.That(network.Time.Elapsed - before, Is.EqualTo(TimeSpan.FromSeconds(3)));
        Assert.That(node.Dht.GetDiscardCount(DropReason.Stopping), Is.EqualTo(5));
        Assert.That(node.Dht.Completion.IsCompletedSuccessfully);
    }

    [Test]
    public void StopAsync_lets_messages_out_that_the_application_takes_in_time()
    {
        using var network = new DhtNetwork();
        MemoryComms sender = network.AddTransport();
        DhtNode node = network.AddNode(takesMessages: false);
        network.Connect(sender, node.Comms);
        network.Send(sender, node.Comms, Hello(1));
        network.Until(() => Waiting(node) == 1);

        network.BeginEnd();
        Task<long> stopping = node.Dht.StopAsync(TimeSpan.FromSeconds(3));
        network.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        network.TakeMessages(node);
        Assert.That(network.Finish(() => stopping), Is.Zero);
        network.Until(() => node.Received.Count > 0);
        Assert.That(node.Received, Has.Count.EqualTo(1));
    }

    [Test]
    public void StopAsync_whose_token_is_raised_does_not_wait_for_the_deadline()
    {
        using var network = new DhtNetwork();
        MemoryComms sender = network.AddTransport();
        DhtNode node = network.AddNode(takesMessages: false);
        network.Connect(sender, node.Comms);
        network.Send(sender, node.Comms, Hello(1));
        network.Until(() => Waiting(node) == 1);

        TimeSpan before = network.Time.Elapsed;
        Assert.That(network.Finish(() => node.Dht.StopAsync(TimeSpan.FromHours(1), new CancellationToken(canceled: true))), Is.EqualTo(1));
        Assert.That(network.Time.Elapsed, Is.EqualTo(before));
    }

    [Test]
    public void StopAsync_a_second_time_gives_what_the_first_one_gave()
    {
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode();
        network.BeginEnd();
        Task<long> first = node.Dht.StopAsync(TimeSpan.FromSeconds(1));
        Assert.That(node.Dht.StopAsync(TimeSpan.Zero), Is.SameAs(first));
        Assert.That(network.Finish(() => first), Is.Zero);
        Assert.That(node.Dht.StopAsync(TimeSpan.Zero), Is.SameAs(first));
    }

    [Test]
    public void StopAsync_with_a_negative_deadline_is_refused_and_stops_nothing()
    {
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode();
        Assert.That(() => node.Dht.StopAsync(TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        network.Settle();
        Assert.That(node.Dht.GetStatus().IsRunning);
        Assert.That(node.Dht.Completion.IsCompleted, Is.False);
    }

    [Test]
    public void GetStatus_tells_of_peers_by_state_and_still_answers_when_the_store_is_closed()
    {
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode();
        using NodeIdentity seed = NodeIdentity.Generate(), client = NodeIdentity.Generate(PeerFeatures.CommunicationClient);
        node.Comms.Peers.AddOrUpdatePeer(seed.ToPeer().WithFlags(PeerFlags.Seed));
        node.Comms.Peers.AddOrUpdatePeer(client.ToPeer());

        DhtStatus status = node.Dht.GetStatus();
        Assert.That(
            (status.Peers, status.PeersByState.Nodes, status.PeersByState.Clients, status.PeersByState.Seeds), Is.EqualTo((2, 1, 1, 1)));
        Assert.That((status.Pool.Size, status.Pool.IsStarving, status.PeerSharingCalls), Is.EqualTo((12, false, 0)));

        network.Finish(() => node.Dht.StopAsync(TimeSpan.Zero));
        network.Finish(() => node.Comms.Peers.DisposeAsync().AsTask());
        Assert.That(node.Dht.GetStatus().Peers, Is.Zero);
    }

    [Test]
    public void The_gauge_of_calls_shows_a_node_from_its_start_to_its_end()
    {
        using var network = new DhtNetwork();
        using var metrics = new DhtMetrics();
        List<int> calls = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, itself) =>
        {
            if (instrument.Meter.Name == DhtMetrics.MeterName && instrument.Name == "tari.dht.calls")
            {
                itself.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => calls.Add(value));
        listener.Start();
        Node node = network.Build(
            Node.CreateBuilder().WithConfig(DhtConfig.DefaultLocalTest).WithOptions(network.Options with { Metrics = metrics }),
            network.AddTransport());

        listener.RecordObservableInstruments();
        Assert.That(calls, Is.EqualTo(new[] { 0 }));
        network.Finish(() => node.StopAsync(TimeSpan.Zero));
        listener.RecordObservableInstruments();
        Assert.That(calls, Has.Count.EqualTo(1));
    }

    [Test]
    public void StopAsync_ends_discoveries_that_wait_and_refuses_what_comes_later()
    {
        using var network = new DhtNetwork();
        MemoryComms peer = network.AddTransport();
        network.Receive(peer);
        DhtNode node = network.AddNode();
        network.Connect(node.Comms, peer);
        using NodeIdentity nowhere = NodeIdentity.Generate();
        Task<Peer>? asking = null;
        network.Run(() =>
        {
            asking = node.Dht.DiscoveryRequester.DiscoverPeerAsync(nowhere.PublicKey, default).AsTask();
            return Task.CompletedTask;
        });
        network.Until(() => node.Dht.GetStatus().DiscoveriesInFlight > 0);
        Assert.That(node.Dht.GetStatus().DiscoveriesInFlight, Is.EqualTo(1));

        network.Finish(() => node.Dht.StopAsync(TimeSpan.FromSeconds(1)));
        Assert.That(
            () => network.Run(() => asking!),
            Throws.TypeOf<DhtDiscoveryException>().With.Property("Error").EqualTo(DhtDiscoveryError.ReplyCanceled));
        Assert.That(
            () => network.Run(() => node.Dht.Requester.SendJoinAsync()),
            Throws.TypeOf<DhtActorException>().With.Property("Error").EqualTo(DhtActorError.ChannelDisconnected));
        Assert.That(
            () => network.Run(() => node.Dht.DiscoveryRequester.DiscoverPeerAsync(nowhere.PublicKey, default).AsTask()),
            Throws.TypeOf<DhtDiscoveryException>().With.Property("Error").EqualTo(DhtDiscoveryError.ChannelDisconnected));
        Assert.That(
            () => network.Run(() => node.Dht.OutboundRequester.SendDirectUnencryptedAsync(
                peer.Identity.PublicKey, new OutboundDomainMessage(1, new byte[1]))),
            Throws.TypeOf<DhtOutboundException>());

        // Ignored, as in the reference.
        node.Dht.Requester.BanPeer(nowhere.PublicKey, OffenceSeverity.High, "late");
        Assert.That(node.Dht.GetStatus().IsRunning, Is.False);
    }

    [Test]
    public void A_node_whose_transport_stops_stops_too_and_lets_the_application_have_what_came([Values] bool crashes)
    {
        using var network = new DhtNetwork();
        MemoryComms sender = network.AddTransport();
        DhtNode node = network.AddNode(takesMessages: false);
        network.Connect(sender, node.Comms);
        network.Send(sender, node.Comms, Hello(1));
        network.Until(() => Waiting(node) == 1);

        network.BeginEnd();
        if (crashes)
        {
            node.Comms.Crash();
        }
        else
        {
            Task ended = node.Comms.StopAsync();
            network.Run(() => ended);
        }

        network.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(node.Dht.GetStatus().IsRunning, Is.False);
        network.TakeMessages(node);
        network.Finish(() => node.Dht.Completion);
        network.Until(() => node.Received.Count > 0);
        Assert.That(node.Received, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_node_whose_transport_faults_ends_with_its_error()
    {
        using var network = new DhtNetwork();
        var comms = new FaultyComms(network.AddTransport());
        Node dht = network.Build(Node.CreateBuilder().LocalTest().WithOptions(network.Options), comms.Real, comms);
        network.BeginEnd();
        ((IDataflowBlock)comms.Source).Fault(new IOException("the cable"));
        Assert.That(() => network.Finish(() => dht.Completion), Throws.TypeOf<IOException>().With.Message.EqualTo("the cable"));
        Assert.That(network.Finish(() => dht.StopAsync(TimeSpan.Zero)), Is.Zero);
    }

    [Test]
    public void A_node_that_cannot_be_linked_to_its_transport_is_not_built_and_holds_nothing()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        var comms = new FaultyComms(network.AddTransport()) { LinkError = new InvalidOperationException("no link") };
        DhtBuilder builder = Node.CreateBuilder().LocalTest().WithDatabaseUrl(folder["dht.db"]).WithOptions(network.Options);
        Assert.That(
            () => network.Finish(() => builder.BuildAsync(comms.Real.Identity, comms.Real.Peers, comms)),
            Throws.InvalidOperationException.With.Message.EqualTo("no link"));

        // The files are free again.
        Node dht = network.Build(builder, comms.Real);
        network.Finish(() => dht.StopAsync(TimeSpan.Zero));
    }

    [Test]
    public void An_application_that_ends_the_graph_by_its_own_end_stops_the_node()
    {
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode();
        network.BeginEnd();
        node.Dht.Messages.Fault(new NotSupportedException("enough"));
        Assert.That(() => network.Finish(() => node.Dht.Completion), Throws.TypeOf<NotSupportedException>());
        Assert.That(node.Dht.GetStatus().IsRunning, Is.False);
    }

    [Test]
    public void Events_reach_every_subscriber_in_order_and_end_with_the_node()
    {
        using var network = new DhtNetwork();
        DhtNode seed = network.AddNode();
        DhtNode told = network.AddNode();
        network.Connect(told.Comms, seed.Comms);
        DhtNode node = network.AddNode(config => config with { NetworkDiscovery = config.NetworkDiscovery with { Enabled = true } });
        using EventSubscription<DhtEvent> one = node.Dht.SubscribeEvents();
        using EventSubscription<DhtEvent> other = node.Dht.SubscribeEvents();
        node.Dht.Peers.AddOrUpdatePeer(seed.Identity.ToPeer() with { Flags = PeerFlags.Seed });
        network.Run(async () => (await node.Comms.Connectivity.DialPeerAsync(seed.Identity.NodeId, ConnectionStrength.Weak)).Dispose());
        network.Scheduler.RunFor(TimeSpan.FromSeconds(7));
        using EventSubscription<DhtEvent> late = node.Dht.SubscribeEvents();

        network.Finish(() => node.Dht.StopAsync(TimeSpan.Zero));

        List<ReceivedEvent<DhtEvent>> events = ReadAll(network, one);
        Assert.That(events.Select(static received => received.Missed), Is.All.Zero);
        Assert.That(
            events.Take(3).Select(static received => received.Event.GetType()),
            Is.EqualTo(new[]
            {
                typeof(DhtEvent.BootstrapMethodDetermined),
                typeof(DhtEvent.NetworkDiscoveryPeersAdded),
                typeof(DhtEvent.PrimaryBootstrapComplete),
            }));
        DiscoveryRoundInfo round = ((DhtEvent.NetworkDiscoveryPeersAdded)events[1].Event).Round;
        Assert.That((round.HasNewPeers, round.IsSuccess, round.Phase), Is.EqualTo((true, true, DiscoveryPhase.SeedStrap)));
        Assert.That(round.SyncPeers, Is.EqualTo(new[] { seed.Identity.NodeId }));
        Assert.That(ReadAll(network, other), Is.EqualTo(events), "the same objects in the same order");
        Assert.That(ReadAll(network, late), Is.Empty, "what was before it began");
    }

    [Test]
    public void A_node_stopped_at_any_moment_of_finding_its_network_ends_its_events_and_answers_no_calls(
        [Values(0, 1, 15, 40, 90, 200, 1000, 7000)] int milliseconds)
    {
        using var network = new DhtNetwork();
        DhtNode seed = network.AddNode();
        DhtNode node = network.AddNode(config => config with { NetworkDiscovery = config.NetworkDiscovery with { Enabled = true } });
        using EventSubscription<DhtEvent> events = node.Dht.SubscribeEvents();
        node.Dht.Peers.AddOrUpdatePeer(seed.Identity.ToPeer() with { Flags = PeerFlags.Seed });
        network.Run(async () => (await node.Comms.Connectivity.DialPeerAsync(seed.Identity.NodeId, ConnectionStrength.Weak)).Dispose());
        network.Scheduler.RunFor(TimeSpan.FromMilliseconds(milliseconds));

        network.Finish(() => node.Dht.StopAsync(TimeSpan.Zero));

        DhtStatus status = node.Dht.GetStatus();
        Assert.That(
            (status.NetworkDiscovery.State, status.NetworkDiscovery.NextWakeUp, status.PeerSharingCalls),
            Is.EqualTo((NetworkDiscoveryState.Shutdown, (DateTimeOffset?)null, 0)));
        network.Run(async () =>
        {
            while (await events.ReadAsync() is not null)
            {
            }
        });
        Assert.That(() => network.Run(() => AskAsync(seed.Comms, node.Identity.NodeId)), Throws.TypeOf<ConnectivityException>());

        static async Task AskAsync(MemoryComms from, NodeId peer)
        {
            using PeerConnectionHandle handle = await from.Connectivity.DialPeerAsync(peer, ConnectionStrength.Weak);
            using IRpcSession session = await from.Rpc.OpenSessionAsync(handle.Connection, DhtRpcProtocol.Name, TimeSpan.FromSeconds(5));
        }
    }

    [Test]
    public void ConnectRpcAsync_asks_a_connected_peer_for_peers_pings_it_and_tells_how_long_it_took()
    {
        using var network = new DhtNetwork();
        DhtNode wallet = network.AddNode(features: PeerFeatures.CommunicationClient);
        DhtNode node = network.AddNode();
        DhtNode third = network.AddNode();
        network.Connect(node.Comms, third.Comms);
        network.Connect(wallet.Comms, node.Comms);
        var link = new MemoryLinkOptions { Latency = TimeSpan.FromSeconds(0.5) };
        network.Network.SetLink(wallet.Identity.NodeId, node.Identity.NodeId, link);

        network.Run(async () =>
        {
            using PeerConnectionHandle handle = await wallet.Dht.Requester.DialOrDiscoverPeerAsync(node.Identity.PublicKey);
            int handles = handle.Connection.HandleCount;
            IDhtRpcClient client = await wallet.Dht.ConnectRpcAsync(handle.Connection);
            Assert.That(handle.Connection.HandleCount, Is.EqualTo(handles + 1), "the client holds the connection");
            Assert.That((client.IsConnected, client.LastRequestLatency), Is.EqualTo((true, (TimeSpan?)null)));
            using (IGetPeersStream stream = client.GetPeers(new GetPeersRequest(10, IncludeClients: false, 5, 5)))
            {
                ValueTask<RpcPing> pinging = client.PingAsync(Timeout.InfiniteTimeSpan);
                GetPeersItem item = await stream.ReadAsync(Timeout.InfiniteTimeSpan);
                Assert.That((item.Kind, item.Peer?.PublicKey), Is.EqualTo((GetPeersItemKind.Peer, third.Identity.PublicKey)));
                while ((item = await stream.ReadAsync(Timeout.InfiniteTimeSpan)).Kind == GetPeersItemKind.Peer)
                {
                }

                Assert.That(item.Kind, Is.EqualTo(GetPeersItemKind.End));
                Assert.That(await pinging, Is.EqualTo(new RpcPing(RpcPingKind.Answered, TimeSpan.FromSeconds(0.5))));
            }

            Assert.That(client.LastRequestLatency, Is.EqualTo(TimeSpan.FromSeconds(0.5)));
            client.Dispose();
            client.Dispose();
            Assert.That((client.IsConnected, handle.Connection.IsConnected), Is.EqualTo((false, true)));
            Assert.That(handle.Connection.HandleCount, Is.EqualTo(handles));
            Assert.That(() => client.GetPeers(default), Throws.TypeOf<ObjectDisposedException>());

            IDhtRpcClient closed = await wallet.Dht.ConnectRpcAsync(handle.Connection);
            ValueTask<RpcPing> cutOff = closed.PingAsync(Timeout.InfiniteTimeSpan);
            using (IGetPeersStream stream = closed.GetPeers(new GetPeersRequest(10, IncludeClients: false, 5, 5)))
            {
                closed.Close();
                Assert.That((await stream.ReadAsync(Timeout.InfiniteTimeSpan)).Kind, Is.EqualTo(GetPeersItemKind.ConnectionLost));
            }

            Assert.That((await cutOff).Kind, Is.EqualTo(RpcPingKind.ConnectionLost));
            Assert.That((closed.IsConnected, handle.Connection.HandleCount), Is.EqualTo((false, handles)));
        });
    }

    [Test]
    public void ConnectRpcAsync_that_fails_holds_nothing_and_says_why()
    {
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode();
        MemoryComms mute = network.AddTransport();
        network.Connect(node.Comms, mute);
        network.Run(async () =>
        {
            NodeId peer = mute.Identity.NodeId;
            using PeerConnectionHandle? handle = await node.Comms.Connectivity.GetConnectionAsync(peer, ConnectionStrength.Weak);
            IPeerConnection connection = handle!.Connection;
            int handles = connection.HandleCount;
            Assert.That(await ErrorAsync(connection, null), Is.EqualTo(ConnectivityError.PeerConnectionError), "no such protocol");
            network.Network.Partition([mute.Identity.NodeId]);
            TimeSpan start = network.Time.Elapsed;
            var options = new DhtRpcClientOptions { HandshakeTimeout = TimeSpan.FromSeconds(7) };
            Assert.That(await ErrorAsync(connection, options), Is.EqualTo(ConnectivityError.RequestTimedOut));
            Assert.That(network.Time.Elapsed - start, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(connection.HandleCount, Is.EqualTo(handles));
            using PeerConnectionHandle? other = await mute.Connectivity.GetConnectionAsync(node.Identity.NodeId, ConnectionStrength.Weak);
            int others = other!.Connection.HandleCount;
            Assert.That(await ArgumentErrorAsync(other.Connection), Is.EqualTo("connection"), "another node's");
            Assert.That(other.Connection.HandleCount, Is.EqualTo(others));
            Assert.That(
                () => node.Dht.ConnectRpcAsync(connection, options with { HandshakeTimeout = TimeSpan.Zero }),
                Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => node.Dht.ConnectRpcAsync(null!), Throws.TypeOf<ArgumentNullException>());
        });

        async Task<ConnectivityError?> ErrorAsync(IPeerConnection connection, DhtRpcClientOptions? options)
        {
            try
            {
                using IDhtRpcClient client = await node.Dht.ConnectRpcAsync(connection, options);
                return null;
            }
            catch (ConnectivityException error)
            {
                return error.Error;
            }
        }

        async Task<string?> ArgumentErrorAsync(IPeerConnection connection)
        {
            try
            {
                using IDhtRpcClient client = await node.Dht.ConnectRpcAsync(connection);
                return null;
            }
            catch (ArgumentException error)
            {
                return error.ParamName;
            }
        }
    }

    [Test]
    public void A_reader_of_events_that_is_more_than_100_behind_is_told_how_many_it_missed()
    {
        // A node that is alone starves, and rebootstraps in vain, every other minute.
        using var network = new DhtNetwork();
        DhtNode node = network.AddNode(config => config with
        {
            NetworkDiscovery = config.NetworkDiscovery with { Enabled = true },
            Connectivity = config.Connectivity with
            {
                UpdateInterval = TimeSpan.FromSeconds(10),
                PoolStarvedTicks = 1,
                RebootstrapCooldownMin = TimeSpan.FromSeconds(60),
                RebootstrapCooldownMax = TimeSpan.FromSeconds(60),
            },
        });
        using EventSubscription<DhtEvent> slow = node.Dht.SubscribeEvents();
        using EventSubscription<DhtEvent> quick = node.Dht.SubscribeEvents();
        Task<List<ReceivedEvent<DhtEvent>>> keeping = Task.Factory.StartNew(
            () => ReadAllAsync(quick), CancellationToken.None, TaskCreationOptions.None, network.Scheduler).Unwrap();
        network.Scheduler.RunFor(TimeSpan.FromHours(2));

        network.Finish(() => node.Dht.StopAsync(TimeSpan.Zero));

        List<ReceivedEvent<DhtEvent>> events = network.Finish(() => keeping);
        List<ReceivedEvent<DhtEvent>> last = ReadAll(network, slow);
        Assert.That(events, Has.Count.GreaterThan(137));
        Assert.That(events.Select(static received => received.Missed), Is.All.Zero);
        Assert.That(last.Select(static received => received.Event), Is.EqualTo(events.TakeLast(100).Select(static received => received.Event)));
        Assert.That(last[0].Missed, Is.EqualTo(events.Count - 100));
        Assert.That(last.Skip(1).Select(static received => received.Missed), Is.All.Zero);
    }

    [TestCase(nameof(IConnectivity.GetAllowListAsync))]
    [TestCase(nameof(IConnectivity.IsOnAllowListAsync))]
    [TestCase(nameof(IConnectivity.GetActiveConnectionsAsync))]
    [TestCase(nameof(IConnectivity.GetConnectionAsync))]
    [TestCase(nameof(IConnectivity.WaitForConnectivityAsync))]
    [TestCase(nameof(IRpcComms.OpenSessionAsync))]
    [TestCase(nameof(IRpcStream.ReadAsync))]
    public void A_node_stops_at_once_though_its_transport_leaves_a_question_unanswered(string question)
    {
        using var network = new DhtNetwork();
        DhtNode seed = network.AddNode();
        DhtConfig config = DhtConfig.DefaultLocalTest;
        var comms = new StuckComms(network.AddTransport(), question);
        Node dht = network.Build(
            Node.CreateBuilder()
                .WithConfig(config with { NetworkDiscovery = config.NetworkDiscovery with { Enabled = true } })
                .WithOptions(network.Options),
            comms.Real,
            comms);
        dht.Peers.AddOrUpdatePeer(seed.Identity.ToPeer() with { Flags = PeerFlags.Seed });
        network.Run(async () => (await comms.Real.Connectivity.DialPeerAsync(seed.Identity.NodeId, ConnectionStrength.Weak)).Dispose());
        network.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        network.Scheduler.RunUntil(() => comms.Calls > 0, TimeSpan.FromMinutes(3));
        Assert.That(comms.Calls, Is.GreaterThan(0), "it was asked");
        TimeSpan before = network.Time.Elapsed;

        network.Finish(() => dht.StopAsync(TimeSpan.Zero));

        Assert.That(network.Time.Elapsed, Is.EqualTo(before));
        Assert.That(dht.GetStatus().NetworkDiscovery.State, Is.EqualTo(NetworkDiscoveryState.Shutdown));
    }

    [Test]
    public void GetStatus_shows_peers_connections_queues_discards_and_stores()
    {
        using var network = new DhtNetwork();
        MemoryComms peer = network.AddTransport();
        DhtNode node = network.AddNode(takesMessages: false);
        Assert.That(node.Dht.GetStatus().Connectivity.State, Is.Not.EqualTo(ConnectivityState.Online));
        network.Connect(peer, node.Comms);
        network.Send(peer, node.Comms, Hello(1));
        network.Send(peer, node.Comms, Hello(1));
        network.Send(peer, node.Comms, [1, 2, 3]);
        network.Until(() => Waiting(node) == 1 && node.Observer.Discards.Count == 2);

        DhtStatus status = node.Dht.GetStatus();
        Assert.That(status.IsRunning);
        Assert.That(status.Connectivity, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Online, 1)));
        Assert.That((status.Peers, status.PeerStore, status.DedupEntries), Is.EqualTo((1, PeerStoreHealth.InMemory, 1)));
        Assert.That((status.IsDedupAvailable, status.IsMetadataAvailable, status.AreStoresHealthy), Is.EqualTo((true, true, true)));
        Assert.That(status.InboundQueues.Sum(queue => queue.Count), Is.EqualTo(1));
        Assert.That(status.OutboundQueues.Sum(queue => queue.Count), Is.Zero);
        Assert.That(status.Discards, Is.EqualTo(((DropReason, long)[])[(DropReason.DecodeError, 1), (DropReason.Duplicate, 1)]));
        Assert.That(node.Observer.Discards, Has.Count.EqualTo(2));
    }

    private static List<ReceivedEvent<DhtEvent>> ReadAll(DhtNetwork network, EventSubscription<DhtEvent> subscription) =>
        network.Run(() => ReadAllAsync(subscription));

    private static async Task<List<ReceivedEvent<DhtEvent>>> ReadAllAsync(EventSubscription<DhtEvent> subscription)
    {
        List<ReceivedEvent<DhtEvent>> events = [];
        while (await subscription.ReadAsync() is { } received)
        {
            events.Add(received);
        }

        return events;
    }

    /// <summary>A transport that leaves one question unanswered, and heeds no token with it.</summary>
    private sealed class StuckComms : IComms, IRpcComms
    {
        private readonly string _question;
        private readonly StuckConnectivity _connectivity;
        private int _calls;

        public StuckComms(MemoryComms real, string question)
        {
            Real = real;
            _question = question;
            _connectivity = new StuckConnectivity(real.Connectivity, question);
        }

        public MemoryComms Real { get; }

        public int Calls => _calls + _connectivity.Calls;

        public IConnectivity Connectivity => _connectivity;

        public IRpcComms Rpc => this;

        public ISourceBlock<InboundMessage> Inbound => Real.Inbound;

        public ITargetBlock<OutboundMessage> Outbound => Real.Outbound;

        public IDisposable Register(IRpcService service) => Real.Rpc.Register(service);

        public ValueTask<IRpcSession> OpenSessionAsync(
            IPeerConnection connection, ProtocolId protocol, TimeSpan timeout, CancellationToken cancellationToken = default) =>
            _question == nameof(IRpcComms.OpenSessionAsync) ? Never<IRpcSession>()
                : _question == nameof(IRpcStream.ReadAsync) ? ValueTask.FromResult<IRpcSession>(new StuckSession(this))
                : Real.Rpc.OpenSessionAsync(connection, protocol, timeout, cancellationToken);

        private ValueTask<T> Never<T>()
        {
            _calls++;
            return new ValueTask<T>(new TaskCompletionSource<T>().Task);
        }

        private sealed class StuckSession(StuckComms comms) : IRpcSession, IRpcStream
        {
            public bool IsConnected => true;

            public TimeSpan? LastRequestLatency => null;

            public ValueTask<RpcItem> CallAsync(
                uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default) =>
                comms.Never<RpcItem>();

            public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline) => this;

            public ValueTask<RpcItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => comms.Never<RpcItem>();

            public ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default) =>
                comms.Never<RpcPing>();

            public void Close()
            {
            }

            public void Dispose()
            {
            }
        }
    }

    /// <summary>A transport that fails where the other one does not.</summary>
    private sealed class FaultyComms(MemoryComms real) : IComms
    {
        public MemoryComms Real => real;

        public Exception? LinkError { get; init; }

        public BufferBlock<InboundMessage> Source { get; } =
            new(new DataflowBlockOptions { TaskScheduler = real.Network.Options.TaskScheduler });

        public IConnectivity Connectivity => real.Connectivity;

        public IRpcComms Rpc => real.Rpc;

        public ISourceBlock<InboundMessage> Inbound => LinkError is null ? Source : throw LinkError;

        public ITargetBlock<OutboundMessage> Outbound => real.Outbound;
    }
}
