using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Actor;

[TestFixture]
internal sealed class DhtActorTests
{
    private static readonly CommsPublicKey s_key = IndexPeers.Key(7);
    private static readonly NodeId s_id = NodeId.FromPublicKey(s_key);

    [Test]
    public async Task SendJoin_makes_one_outbound_request_of_type_join_signed_and_addressed_to_this_node()
    {
        await using var probe = new ActorProbe();
        Task joining = probe.Requester.SendJoinAsync();
        using DhtOutboundRequest request = await probe.Outbox.ReceiveAsync();
        FinalSendMessageParams parameters = request.Parameters;
        Assert.Multiple(() =>
        {
            Assert.That(parameters.MessageType, Is.EqualTo(DhtMessageType.Join));
            Assert.That(parameters.Strategy, Is.InstanceOf<BroadcastStrategy.ToConnected>());
            Assert.That(((BroadcastStrategy.ToConnected)parameters.Strategy).Excluded, Is.Empty);
            Assert.That(parameters.Destination, Is.EqualTo(new NodeDestination(probe.Identity.PublicKey)));
            Assert.That(parameters.Encryption.IsEncrypt, Is.False);
            Assert.That(parameters.ForceOrigin, Is.True);
            Assert.That(parameters.HasCustomHeader, Is.False);
        });

        Assert.That(EnvelopeBody.Decode(request.Body.Memory.ToArray(), out EnvelopeBody body), Is.EqualTo(EnvelopeBodyStatus.Ok));
        Assert.That(body.PartCount, Is.EqualTo(1));
        Assert.That(PeerClaimMessage.TryDecode(body[0].Span, out PeerClaimMessage message), Is.True);
        Assert.That(message.TryConvert(out CommsPublicKey key, out PeerIdentityClaim? claim), Is.EqualTo(PeerClaimError.None));
        Assert.That(key, Is.EqualTo(probe.Identity.PublicKey));
        Assert.That(claim!.Addresses, Is.EqualTo(probe.Identity.PublicAddresses));
        Assert.That(claim.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(message.HasSignature, Is.True);

        Assert.That(joining.IsCompleted, Is.False, "the job waits for the answer");
        request.Answer(Queued());
        await joining;
        Assert.That(probe.Outbox.Count, Is.Zero);
    }

    [Test]
    public async Task SendJoin_draws_a_nonce_for_each_join()
    {
        await using var probe = new ActorProbe();
        var nonces = new HashSet<ulong>();
        var tags = new HashSet<ulong>();
        for (int i = 0; i < 5; i++)
        {
            Task joining = probe.Requester.SendJoinAsync();
            using DhtOutboundRequest request = await probe.Outbox.ReceiveAsync();
            EnvelopeBody.Decode(request.Body.Memory.ToArray(), out EnvelopeBody body);
            Assert.That(PeerClaimMessage.TryDecode(body[0].Span, out PeerClaimMessage message), Is.True);
            nonces.Add(message.Nonce);
            tags.Add(request.Tag);
            request.Answer(Queued());
            await joining;
        }

        Assert.That(nonces, Has.Count.EqualTo(5));
        Assert.That(tags, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task SendJoin_that_nobody_gets_is_an_error()
    {
        await using var probe = new ActorProbe();
        SendMessageResponse[] answers =
        [
            SendMessageResponse.Queued(new MessageSendStates()),
            SendMessageResponse.Failed(new SendFailure(SendFailureKind.General, "why")),
        ];
        foreach (SendMessageResponse answer in answers)
        {
            Task joining = probe.Requester.SendJoinAsync();
            using DhtOutboundRequest request = await probe.Outbox.ReceiveAsync();
            request.Answer(answer);
            await AssertFails(joining, DhtActorError.FailedToBroadcastJoinMessage);
        }
    }

    [Test]
    public async Task SendJoin_whose_request_ends_without_an_answer_or_is_refused_is_an_error()
    {
        await using var probe = new ActorProbe();
        Task joining = probe.Requester.SendJoinAsync();
        (await probe.Outbox.ReceiveAsync()).Dispose();
        DhtActorException error = await AssertFails(joining, DhtActorError.FailedToBroadcastJoinMessage);
        Assert.That(error.InnerException, Is.InstanceOf<DhtOutboundException>());
        probe.Outbox.Complete();
        await AssertFails(probe.Requester.SendJoinAsync(), DhtActorError.FailedToBroadcastJoinMessage);
    }

    [Test]
    public async Task Excluded_addresses_do_not_stop_joins_and_dials_of_a_node_with_another_address()
    {
        await using var probe = new ActorProbe(config: Excluding("/ip4/45.*.*.*/tcp/*"));
        Task joining = probe.Requester.SendJoinAsync();
        using (DhtOutboundRequest request = await probe.Outbox.ReceiveAsync())
        {
            request.Answer(Queued());
        }

        await joining;
        probe.Connectivity.Connect(s_id);
        (await probe.Requester.DialOrDiscoverPeerAsync(s_key)).Dispose();
    }

    [Test]
    public async Task Excluded_own_addresses_fail_joins_and_dials_with_their_reason()
    {
        await using var probe = new ActorProbe(config: Excluding("/ip4/44.*.*.*/tcp/*"));
        await AssertFails(probe.Requester.SendJoinAsync(), DhtActorError.AllPeerAddressesAreExcluded);
        await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.AllPeerAddressesAreExcluded);
        Assert.That(probe.Outbox.Count, Is.Zero);
        Assert.That(probe.Connectivity.Dials, Is.Empty);
        Assert.That(probe.Discoverer.Asked, Is.Empty);
    }

    [Test]
    public async Task Known_peer_with_a_connection_is_dialled_once_and_not_looked_for()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        ScriptedConnection connection = probe.Connectivity.Connect(s_id);
        PeerConnectionHandle handle = await probe.Requester.DialOrDiscoverPeerAsync(s_key);
        Assert.That(handle.Connection, Is.SameAs(connection));
        Assert.That(handle.Strength, Is.EqualTo(ConnectionStrength.Weak));
        Assert.That(probe.Connectivity.Dials, Is.EqualTo<(NodeId, ConnectionStrength)>([(s_id, ConnectionStrength.Weak)]));
        Assert.That(probe.Discoverer.Asked, Is.Empty);
        handle.Dispose();
        Assert.That(connection.HandleCount, Is.Zero);
    }

    [Test]
    public async Task Unknown_peer_is_looked_for_once_by_its_key_and_then_dialled()
    {
        await using var probe = new ActorProbe();
        probe.Connectivity.Connect(s_id);
        using PeerConnectionHandle handle = await probe.Requester.DialOrDiscoverPeerAsync(s_key);
        Assert.That(handle.Connection.Peer, Is.EqualTo(s_id));
        Assert.That(probe.Discoverer.Asked, Is.EqualTo<(CommsPublicKey, NodeDestination)>([(s_key, new NodeDestination(s_key))]));
        Assert.That(probe.Connectivity.Dials, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Unknown_peer_that_is_not_found_is_an_error_without_a_dial()
    {
        await using var probe = new ActorProbe();
        var failure = new InvalidOperationException("nobody knows");
        probe.Discoverer.OnDiscover = _ => ValueTask.FromException<Peer>(failure);
        DhtActorException error = await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.DiscoveryError);
        Assert.That(error.InnerException, Is.SameAs(failure));
        Assert.That(error.Message, Does.Contain("nobody knows"));
        Assert.That(probe.Discoverer.Asked, Has.Count.EqualTo(1));
        Assert.That(probe.Connectivity.Dials, Is.Empty);
    }

    [Test]
    public async Task Discovery_that_cancels_itself_is_an_error_too()
    {
        await using var probe = new ActorProbe();
        probe.Discoverer.OnDiscover = _ => ValueTask.FromException<Peer>(new OperationCanceledException());
        await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.DiscoveryError);
    }

    [Test]
    public async Task Known_peer_that_does_not_answer_is_looked_for()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        probe.Discoverer.OnDiscover = key =>
        {
            probe.Connectivity.Connect(NodeId.FromPublicKey(key));
            return ValueTask.FromResult(new Peer(key));
        };
        using PeerConnectionHandle handle = await probe.Requester.DialOrDiscoverPeerAsync(s_key);
        Assert.That(probe.Discoverer.Asked, Has.Count.EqualTo(1));
        Assert.That(probe.Connectivity.Dials, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Known_peer_that_does_not_answer_and_is_not_found_is_a_discovery_error()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        probe.Discoverer.OnDiscover = _ => ValueTask.FromException<Peer>(new TimeoutException());
        await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.DiscoveryError);
    }

    [TestCase(ConnectivityError.PeerBanned)]
    [TestCase(ConnectivityError.AllPeerAddressesAreExcluded)]
    [TestCase(ConnectivityError.ActorDisconnected)]
    [TestCase(ConnectivityError.DialTimedOut)]
    public async Task Known_peer_that_cannot_be_dialled_for_another_reason_is_not_looked_for(ConnectivityError reason)
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        probe.Connectivity.OnDial = _ => ValueTask.FromException<PeerConnectionHandle>(new ConnectivityException(reason, "no"));
        DhtActorException error = await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.ConnectivityError);
        Assert.That(((ConnectivityException)error.InnerException!).Error, Is.EqualTo(reason));
        Assert.That(probe.Discoverer.Asked, Is.Empty);
    }

    [Test]
    public async Task Deleted_and_banned_peers_count_as_known()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        probe.Peers.SoftDeletePeer(s_id);
        probe.Peers.BanPeerByNodeId(s_id, TimeSpan.FromHours(1), "test");
        probe.Connectivity.Connect(s_id);
        (await probe.Requester.DialOrDiscoverPeerAsync(s_key)).Dispose();
        Assert.That(probe.Discoverer.Asked, Is.Empty);
    }

    [Test]
    public async Task Found_peer_that_cannot_be_dialled_is_a_connectivity_error()
    {
        await using var probe = new ActorProbe();
        await AssertFails(probe.Requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.ConnectivityError);
        Assert.That(probe.Discoverer.Asked, Has.Count.EqualTo(1));
    }

    [TestCase(1, true)]
    [TestCase(2, false)]
    public async Task Dial_that_is_cancelled_by_a_simultaneous_one_is_repeated_once(int cancelled, bool succeeds)
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        ScriptedConnection connection = probe.Connectivity.Connect(s_id);
        probe.Connectivity.OnDial = _ => cancelled-- > 0
            ? ValueTask.FromException<PeerConnectionHandle>(new ConnectivityException(ConnectivityError.DialCancelled, "both dialled"))
            : ValueTask.FromResult(connection.Acquire(ConnectionStrength.Weak));
        Task<PeerConnectionHandle> dialling = probe.Requester.DialOrDiscoverPeerAsync(s_key);
        if (succeeds)
        {
            (await dialling).Dispose();
        }
        else
        {
            await AssertFails(dialling, DhtActorError.ConnectivityError);
        }

        Assert.That(probe.Connectivity.Dials, Has.Count.EqualTo(2));
        Assert.That(connection.HandleCount, Is.Zero);
    }

    [Test]
    public async Task Dial_without_an_answer_fails_after_three_minutes_and_gives_a_late_handle_back()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        var answer = new TaskCompletionSource<PeerConnectionHandle>();
        probe.Connectivity.OnDial = _ => new(answer.Task);
        Task<PeerConnectionHandle> dialling = probe.Requester.DialOrDiscoverPeerAsync(s_key);
        probe.Time.Advance(TimeSpan.FromSeconds(180) - TimeSpan.FromTicks(1));
        Assert.That(dialling.IsCompleted, Is.False);
        probe.Time.Advance(TimeSpan.FromTicks(1));
        await AssertFails(dialling, DhtActorError.ConnectivityError);
        ScriptedConnection connection = probe.Connectivity.Connect(s_id);
        answer.SetResult(connection.Acquire(ConnectionStrength.Weak));
        Assert.That(connection.HandleCount, Is.Zero);
    }

    [Test]
    public async Task Caller_that_gives_up_is_told_so_and_a_late_handle_is_given_back()
    {
        await using var probe = new ActorProbe();
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        var answer = new TaskCompletionSource<PeerConnectionHandle>();
        probe.Connectivity.OnDial = _ => new(answer.Task);
        using var patience = new CancellationTokenSource();
        Task<PeerConnectionHandle> dialling = probe.Requester.DialOrDiscoverPeerAsync(s_key, patience.Token);
        await patience.CancelAsync();
        Assert.That(async () => await dialling, Throws.InstanceOf<OperationCanceledException>());
        ScriptedConnection connection = probe.Connectivity.Connect(s_id);
        answer.SetResult(connection.Acquire(ConnectionStrength.Weak));
        Assert.That(connection.HandleCount, Is.Zero);
        Assert.That(
            async () => await probe.Requester.SendJoinAsync(patience.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(probe.Outbox.Count, Is.Zero, "a caller that has gone asks for nothing");
    }

    [Test]
    public async Task Jobs_run_concurrently_and_answer_out_of_order()
    {
        await using var probe = new ActorProbe();
        var answers = new Dictionary<NodeId, TaskCompletionSource<PeerConnectionHandle>>();
        var dials = new List<Task<PeerConnectionHandle>>();
        var connections = new List<ScriptedConnection>();
        probe.Connectivity.OnDial = id => new((answers[id] = new TaskCompletionSource<PeerConnectionHandle>()).Task);
        for (int i = 0; i < 100; i++)
        {
            probe.Peers.AddOrUpdatePeer(new Peer(IndexPeers.Key(i)));
            dials.Add(probe.Requester.DialOrDiscoverPeerAsync(IndexPeers.Key(i)));
            connections.Add(probe.Connectivity.Connect(NodeId.FromPublicKey(IndexPeers.Key(i))));
        }

        Assert.That(answers, Has.Count.EqualTo(100));
        for (int i = 99; i >= 0; i--)
        {
            answers[connections[i].Peer].SetResult(connections[i].Acquire(ConnectionStrength.Weak));
            using PeerConnectionHandle handle = await dials[i];
            Assert.That(handle.Connection, Is.SameAs(connections[i]));
            Assert.That(dials.Count(dial => dial.IsCompleted), Is.EqualTo(100 - i));
        }
    }

    [Test]
    public async Task Many_callers_on_many_threads_each_get_their_own_answer()
    {
        await using var probe = new ActorProbe(TaskScheduler.Default);
        ScriptedConnection[] connections =
            [.. Enumerable.Range(0, 50).Select(i => probe.Connectivity.Connect(NodeId.FromPublicKey(IndexPeers.Key(i))))];
        await Parallel.ForAsync(0, 1000, async (i, token) =>
        {
            CommsPublicKey key = IndexPeers.Key(i % 50);
            using PeerConnectionHandle handle = await probe.Requester.DialOrDiscoverPeerAsync(key, token);
            if (handle.Connection.Peer != NodeId.FromPublicKey(key))
            {
                throw new InvalidOperationException("The connection of another peer.");
            }

            probe.Requester.BanPeer(key, OffenceSeverity.Low, "busy");
        });
        await probe.Actor.StopAsync();
        Assert.That(connections.Sum(connection => connection.HandleCount), Is.Zero);
        Assert.That(probe.Discoverer.Asked, Has.Count.LessThanOrEqualTo(1000));
    }

    [Test]
    public async Task Dedup_and_selection_are_answered_without_the_queue()
    {
        var scheduler = new QueuedTaskScheduler();
        var probe = new ActorProbe(scheduler);
        byte[] hash = [1, 2, 3];
        Assert.That(probe.Requester.GetMessageCacheHitCount(hash), Is.Zero);
        Assert.That(probe.Requester.AddMessageToDedupCache(hash, s_key, null, isSigned: false), Is.EqualTo(1));
        Assert.That(probe.Requester.AddMessageToDedupCache(hash, s_key, null, isSigned: false), Is.EqualTo(2));
        Assert.That(probe.Requester.AddMessageToDedupCache([], s_key, null, isSigned: false), Is.EqualTo(1));
        Assert.That(probe.Requester.GetMessageCacheHitCount(hash), Is.EqualTo(2));
        NodeId node = probe.Connectivity.Connect(s_id).Peer;
        Assert.That(await probe.Requester.SelectPeersAsync(new BroadcastStrategy.ToConnected([])), Is.EqualTo<NodeId>([node]));
        Assert.That(scheduler.Queued, Is.Zero);
        await Dispose(probe, scheduler);
    }

    [Test]
    public async Task Offline_time_stamp_is_none_at_first_and_reads_back_each_time_it_is_set()
    {
        await using var probe = new ActorProbe();
        Assert.That(await Read(), Is.Null);
        DateTimeOffset time = probe.Time.GetUtcNow();
        await probe.Requester.SetMetadataAsync(DhtMetadataKey.OfflineTimestamp, time);
        Assert.That(await Read(), Is.EqualTo(time));
        await probe.Requester.SetMetadataAsync(DhtMetadataKey.OfflineTimestamp, time.AddSeconds(123));
        Assert.That(await Read(), Is.EqualTo(time.AddSeconds(123)));

        Task<DateTimeOffset?> Read() => probe.Requester.GetMetadataAsync<DateTimeOffset>(DhtMetadataKey.OfflineTimestamp);
    }

    [Test]
    public async Task Metadata_of_another_form_is_an_error_either_way()
    {
        await using var probe = new ActorProbe();
        await AssertFails(
            probe.Requester.SetMetadataAsync(DhtMetadataKey.OfflineTimestamp, 5), DhtActorError.FailedToSerializeValue);
        await probe.Metadata.SetAsync("OfflineTimestamp", [1, 2, 3]);
        await AssertFails(
            probe.Requester.GetMetadataAsync<DateTimeOffset>(DhtMetadataKey.OfflineTimestamp),
            DhtActorError.StoredValueFailedToDeserialize);
    }

    [Test]
    public async Task Metadata_that_cannot_be_written_is_a_storage_error_and_a_stop_goes_on_with_a_warning()
    {
        using var folder = new TemporaryFolder();
        SqliteDatabase database = SqliteDatabase.Open(folder["metadata.db"], SqliteMetadataTable.Schema);
        var metadata = new DhtMetadataStore(
            new DhtMetadataStoreOptions { TaskScheduler = new InlineTaskScheduler() }, new SqliteMetadataTable(database));
        await using var probe = new ActorProbe(metadata: metadata);
        database.Execute("DROP TABLE dht_metadata");
        DhtActorException error = await AssertFails(
            probe.Requester.SetMetadataAsync(DhtMetadataKey.OfflineTimestamp, DateTimeOffset.UnixEpoch), DhtActorError.StorageError);
        Assert.That(error.InnerException, Is.InstanceOf<DhtStorageException>());
        await probe.Actor.StopAsync();
        Assert.That(probe.Log.Count(ActorEventId.OfflineTimestampFailed), Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_stores_the_time_and_the_next_start_tells_it()
    {
        DhtMetadataStore metadata = DhtMetadataStore.Open(new DhtMetadataStoreOptions());
        var first = new ActorProbe(metadata: metadata);
        Assert.That(first.Log.Count(ActorEventId.LastOffline), Is.Zero);
        first.Time.Advance(TimeSpan.FromSeconds(5));
        await first.Actor.StopAsync();
        await using var second = new ActorProbe(metadata: metadata);
        Assert.That(
            await second.Requester.GetMetadataAsync<DateTimeOffset>(DhtMetadataKey.OfflineTimestamp), Is.EqualTo(first.Time.GetUtcNow()));
        Assert.That(second.Log.Count(ActorEventId.LastOffline), Is.EqualTo(1));
        await first.DisposeAsync();
    }

    [Test]
    public async Task Stop_writes_the_time_first_and_then_cancels_what_is_not_done()
    {
        var scheduler = new QueuedTaskScheduler();
        var probe = new ActorProbe(scheduler);
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        var answer = new TaskCompletionSource<PeerConnectionHandle>();
        probe.Connectivity.OnDial = _ => new(answer.Task);
        Task<PeerConnectionHandle> dialling = probe.Requester.DialOrDiscoverPeerAsync(s_key);
        scheduler.RunAll();
        Task joining = probe.Requester.SendJoinAsync();
        Task stopping = probe.Actor.StopAsync();
        Assert.That(probe.Metadata.Get("OfflineTimestamp"), Is.Null);
        Assert.That(dialling.IsCompleted || joining.IsCompleted || stopping.IsCompleted, Is.False);
        scheduler.RunAll();
        Assert.That(probe.Metadata.Get("OfflineTimestamp"), Is.Not.Null);
        await AssertFails(dialling, DhtActorError.ReplyCanceled);
        await AssertFails(joining, DhtActorError.ReplyCanceled);
        await stopping;
        Assert.That(probe.Actor.StopAsync(), Is.SameAs(stopping));

        ScriptedConnection connection = probe.Connectivity.Connect(s_id);
        answer.SetResult(connection.Acquire(ConnectionStrength.Weak));
        scheduler.RunAll();
        Assert.That(connection.HandleCount, Is.Zero, "a handle that comes late is given back");
        await Dispose(probe, scheduler);
    }

    [Test]
    public async Task After_the_end_everything_but_a_ban_is_refused()
    {
        await using var probe = new ActorProbe();
        await probe.Actor.StopAsync();
        DhtRequester requester = probe.Requester;
        await AssertFails(requester.SendJoinAsync(), DhtActorError.ChannelDisconnected);
        await AssertFails(requester.DialOrDiscoverPeerAsync(s_key), DhtActorError.ChannelDisconnected);
        await AssertFails(requester.GetMetadataAsync<DateTimeOffset>(DhtMetadataKey.OfflineTimestamp), DhtActorError.ChannelDisconnected);
        await AssertFails(
            requester.SetMetadataAsync(DhtMetadataKey.OfflineTimestamp, DateTimeOffset.UnixEpoch), DhtActorError.ChannelDisconnected);
        Assert.That(() => requester.SelectPeersAsync(new BroadcastStrategy.Flood([])), Throws.InstanceOf<DhtActorException>());
        Assert.That(() => requester.GetMessageCacheHitCount([1]), Throws.InstanceOf<DhtActorException>());
        Assert.That(() => requester.AddMessageToDedupCache([1], s_key, null, isSigned: false), Throws.InstanceOf<DhtActorException>());
        requester.BanPeer(s_key, OffenceSeverity.High, "late");
        requester.Report(s_key, OffenceSeverity.High, "late");
        Assert.That(probe.Connectivity.Bans, Is.Empty);
        Assert.That(probe.Peers.Exists(s_key), Is.False);
    }

    [Test]
    public async Task Stopping_under_load_answers_every_caller()
    {
        var probe = new ActorProbe(TaskScheduler.Default);
        for (int i = 0; i < 50; i++)
        {
            probe.Connectivity.Connect(NodeId.FromPublicKey(IndexPeers.Key(i)));
        }

        int done = 0;
        var isBusy = new TaskCompletionSource();
        Task[] callers = [.. Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    using PeerConnectionHandle handle = await probe.Requester.DialOrDiscoverPeerAsync(IndexPeers.Key(caller));
                    probe.Requester.Report(IndexPeers.Key(caller + 100), OffenceSeverity.Low, "busy");
                }
                catch (DhtActorException error) when (error.Error is DhtActorError.ChannelDisconnected or DhtActorError.ReplyCanceled)
                {
                    return;
                }

                if (Interlocked.Increment(ref done) == 100)
                {
                    isBusy.SetResult();
                }
            }
        }))];
        await isBusy.Task;
        await probe.Actor.StopAsync();
        await Task.WhenAll(callers);
        Assert.That(probe.Connectivity.Connections.Sum(connection => connection.HandleCount), Is.Zero);
        await probe.DisposeAsync();
    }

    [Test]
    public void Options_out_of_range_are_a_mistake_of_the_caller()
    {
        Assert.That(() => new DhtActorOptions { MaxWaitingBans = 0 }.Validate(), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new DhtActorOptions { Config = new DhtConfig { BanDuration = TimeSpan.FromTicks(-1) } }.Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DhtActorOptions().Validate(), Throws.Nothing);
    }

    private static SendMessageResponse Queued() =>
        SendMessageResponse.Queued(
            new MessageSendStates(new MessageSendState(1, Task.FromResult(Tari.Dht.Dataflow.Comms.MessageSendResult.Sent))));

    private static DhtConfig Excluding(string range) => new() { ExcludedDialAddresses = [DialAddressRange.Parse(range)] };

    private static async Task<DhtActorException> AssertFails(Task task, DhtActorError error)
    {
        DhtActorException? caught = null;
        try
        {
            await task;
        }
        catch (DhtActorException exception)
        {
            caught = exception;
        }

        Assert.That(caught?.Error, Is.EqualTo(error));
        return caught!;
    }

    private static async Task Dispose(ActorProbe probe, QueuedTaskScheduler scheduler)
    {
        Task stopping = probe.Actor.StopAsync();
        scheduler.RunAll();
        await stopping;
        await probe.DisposeAsync();
    }
}
