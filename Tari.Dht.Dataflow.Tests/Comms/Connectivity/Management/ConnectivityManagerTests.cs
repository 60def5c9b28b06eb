using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class ConnectivityManagerTests
{
    private static readonly ConnectivityConfig s_quiet = new() { ProactiveDialingEnabled = false };

    [Test]
    public void CC_1_Every_connection_that_is_reported_is_told_and_has_an_entry()
    {
        using var node = new ScriptedTransport();
        for (int i = 1; i <= 10; i++)
        {
            node.Accept(i);
        }

        Assert.That(node.Events[0], Is.EqualTo("initialized"));
        Assert.That(node.Events, Has.Count.EqualTo(12), "ten connections and one status");
        IReadOnlyList<PeerConnectionReport> states = node.Manager.GetConnectionStates();
        Assert.That(states, Has.Count.EqualTo(10));
        Assert.That(states.Select(state => state.State), Is.All.EqualTo(PeerConnectionState.Connected));
    }

    [Test]
    public void CC_2_The_status_follows_the_nodes_and_is_offline_only_without_clients()
    {
        using var node = new ScriptedTransport(s_quiet with { MinConnectivity = 2 });
        List<ScriptedLink> nodes = [.. Enumerable.Range(1, 4).Select(i => node.Accept(i))];
        List<ScriptedLink> clients = [.. Enumerable.Range(5, 2).Select(i => node.Accept(i, PeerFeatures.CommunicationClient))];
        Assert.That(node.Manager.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Online, 4)));
        node.Know(7);
        node.FailToDial(7);
        nodes.ForEach(link => link.End());
        Assert.That(node.Events, Does.Contain("Online 2"));
        Assert.That(node.Manager.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Degraded, 0)));
        clients.ForEach(link => link.End());
        Assert.That(node.Manager.Status.State, Is.EqualTo(ConnectivityState.Offline));
        Assert.That(node.TakeEvents()[^1], Is.EqualTo("Offline 0"));
        for (int i = 11; i <= 14; i++)
        {
            node.Accept(i);
        }

        Assert.That(node.Events, Does.Contain("Online 2"));
        Assert.That(node.Manager.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Online, 4)));
    }

    [Test]
    public void CC_3_A_ban_is_told_stored_and_ends_the_connection()
    {
        using var node = new ScriptedTransport();
        node.Dial(1);
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "initialized", "connected 1", "Online 1" }));
        node.Ban(1);
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "banned 1", "disconnected 1 True", "Offline 0" }));
        Assert.That(node.Peers.IsPeerBanned(ScriptedTransport.Id(1)));
        Assert.That(node.Manager.GetConnectionAsync(ScriptedTransport.Id(1), ConnectionStrength.Weak).AsTask().Result, Is.Null);
    }

    [Test]
    public void CC_4_CC_17_A_selection_gives_as_many_as_there_are_without_the_excluded()
    {
        using var node = new ScriptedTransport();
        for (int i = 1; i <= 10; i++)
        {
            node.Accept(i);
        }

        IReadOnlyList<NodeId> nine = node.Select(10, ScriptedTransport.Id(3));
        Assert.That(nine, Has.Count.EqualTo(9));
        Assert.That(nine, Has.No.Member(ScriptedTransport.Id(3)));
        Assert.That(node.Select(5).Distinct().ToList(), Has.Count.EqualTo(5));
        Assert.That(node.Select(500), Has.Count.EqualTo(10));
        Assert.That(node.Select(null, ScriptedTransport.Id(3)), Has.Count.EqualTo(9));
    }

    [Test]
    public void CC_5_Connections_that_end_are_told_and_no_longer_active()
    {
        using var node = new ScriptedTransport();
        List<ScriptedLink> links = [.. Enumerable.Range(1, 10).Select(i => node.Accept(i))];
        node.TakeEvents();
        links.Take(9).ToList().ForEach(link => link.End());
        Assert.That(node.TakeEvents(), Is.EqualTo(Enumerable.Range(1, 9).Select(i => $"disconnected {i} False")));
        Assert.That(node.Active, Is.EqualTo(1));
        links[9].End();
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "disconnected 10 False", "Offline 0" }));
        Assert.That(node.Active, Is.Zero);
    }

    [Test]
    public void CC_6_A_seed_is_let_go_after_a_while_and_that_is_told()
    {
        using var node = new ScriptedTransport(s_quiet with
        {
            ConnectionPoolRefreshInterval = TimeSpan.FromMilliseconds(100),
            MaxSeedPeerAge = TimeSpan.FromSeconds(3),
        });
        node.Know(1, PeerFlags.Seed);
        ScriptedLink seed = node.Accept(1);
        node.Accept(2);
        using PeerConnectionHandle strong = seed.Acquire(ConnectionStrength.Strong);
        node.Pass(2.9);
        Assert.That(node.Active, Is.EqualTo(2));
        node.TakeEvents();
        node.Pass(0.6);
        Assert.That(seed.IsConnected, Is.False, "a strong handle does not hold a seed");
        Assert.That(node.Active, Is.EqualTo(1));
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "disconnected 1 True" }));
    }

    [Test]
    public void A_seed_stays_while_there_is_nobody_else_or_a_call_is_under_way()
    {
        using var node = new ScriptedTransport(s_quiet with { MaxSeedPeerAge = TimeSpan.FromMinutes(1) });
        node.Know(1, PeerFlags.Seed);
        ScriptedLink seed = node.Accept(1);
        node.Pass(300);
        Assert.That(seed.IsConnected, "the last node");
        node.Accept(2);
        seed.OpenSession();
        node.Pass(60);
        Assert.That(seed.IsConnected, "in use");
        seed.OnRpcSessionClosed();
        node.Pass(60);
        Assert.That(seed.IsConnected, Is.False);
    }

    [Test]
    public void CC_7_Selections_and_dials_to_connected_peers_do_not_wait_for_the_peer_store()
    {
        using var node = new ScriptedTransport(maxPeerRows: 1);
        for (int i = 1; i <= 3; i++)
        {
            node.Dial(i);
        }

        using var gate = new StoreLock(node.Peers);
        Assert.That(node.Select(3), Has.Count.EqualTo(3));
        Task<PeerConnectionHandle> dial = node.Start(2);
        Assert.That(dial.IsCompletedSuccessfully, "answered at once");
        dial.Result.Dispose();
        Assert.That(gate.IsLocked);
    }

    [Test]
    public void CC_8_An_open_breaker_stops_only_dials_that_nobody_asked_for()
    {
        using var node = new ScriptedTransport();
        node.Accept(9);
        node.Know(1);
        for (int i = 0; i < 3; i++)
        {
            node.FailToDial(1);
        }

        node.Dials.Clear();
        node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
        Assert.That(node.Dials, Is.Empty);
        foreach (ConnectionStrength strength in new[] { ConnectionStrength.Strong, ConnectionStrength.Weak })
        {
            Task<PeerConnectionHandle> dial = node.Start(1, strength);
            Assert.That(node.Dials, Has.Count.EqualTo(1));
            node.Fail(node.Dials[0]);
            node.Scheduler.RunUntilIdle();
            Assert.That(dial.IsFaulted);
            node.Dials.Clear();
        }

        node.Pass(119);
        node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
        Assert.That(node.Dials, Is.Empty, "refreshes do not close it");
        node.Pass(1);
        node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
        Assert.That(node.Dials, Has.Count.EqualTo(1), "one tries it again");
        node.Succeed(node.Dials[0]).End();
        node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
        Assert.That(node.Dials, Has.Count.EqualTo(2), "closed");
    }

    [Test]
    public void CC_9_A_ban_whose_disconnect_does_not_end_refuses_dials_and_is_tried_again()
    {
        using var node = new ScriptedTransport();
        ScriptedLink link = node.Dial(1);
        link.Hangs = true;
        node.Ban(1);
        Assert.That(link.Asked, Is.EqualTo(1));
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.PeerBanned));
        int asked = link.Asked;
        node.Pass(60);
        Assert.That(link.Asked, Is.InRange(asked + 6, asked + 20), "again and again, but not at every moment");
        link.Hangs = false;
        node.Pass(8);
        Assert.That(link.IsConnected, Is.False);
        Assert.That(node.Active, Is.Zero);
    }

    [Test]
    public void CC_10_A_connection_that_comes_after_a_ban_is_closed_and_not_told()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> dial = node.Start(1);
        node.Ban(1);
        node.TakeEvents();
        ScriptedLink link = node.Succeed(node.Dials[0]);
        node.Scheduler.RunUntilIdle();
        Assert.That(link.Asked, Is.EqualTo(1));
        Assert.That(node.Active, Is.Zero);
        Assert.That(node.TakeEvents(), Is.Empty);
        Assert.That(((ConnectivityException)dial.Exception!.InnerException!).Error, Is.EqualTo(ConnectivityError.PeerBanned));
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.PeerBanned));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void CC_11_After_the_end_of_a_ban_dials_get_the_connection_that_is_still_there(bool isForgotten)
    {
        using var node = new ScriptedTransport();
        ScriptedLink link = node.Dial(1);
        link.Hangs = true;
        node.Ban(1);
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.PeerBanned));
        if (isForgotten)
        {
            // The store remembers the numbers of so many peers only.
            for (int i = 0; i < 1100; i++)
            {
                node.Peers.BanGeneration(ScriptedTransport.Id(1000 + i));
            }
        }

        node.Peers.UnbanPeer(ScriptedTransport.Id(1));
        int asked = link.Asked;
        using PeerConnectionHandle handle = node.Start(1).Result;
        Assert.That(handle.Connection, Is.SameAs(link));
        node.Pass(120);
        Assert.That(link.Asked, Is.EqualTo(asked), "nobody closes it any more");
    }

    [Test]
    public void CC_18_The_peer_store_is_cleared_but_for_the_connected()
    {
        using var node = new ScriptedTransport(maxPeerRows: 1);
        for (int i = 1; i <= 4; i++)
        {
            node.Know(i);
        }

        node.Accept(1);
        node.Pass(60);
        Assert.That(node.Peers.Count, Is.EqualTo(2));
        Assert.That(node.Peers.Find(ScriptedTransport.Id(1)), Is.Not.Null);
        node.Know(11);
        node.Know(12);
        node.Pass(9.5 * 60);
        Assert.That(node.Peers.Count, Is.EqualTo(4), "not due yet");
        node.Pass(60);
        Assert.That(node.Peers.Count, Is.EqualTo(2));
    }

    [Test]
    public void Dials_to_a_peer_join_and_get_one_answer()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> first = node.Start(1), second = node.Start(1, ConnectionStrength.Strong);
        node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
        Assert.That(node.Dials, Has.Count.EqualTo(1));
        node.TakeEvents();
        ScriptedLink link = node.Succeed(node.Dials[0]);
        node.Scheduler.RunUntilIdle();
        Assert.That(first.Result.Connection, Is.SameAs(link));
        Assert.That(second.Result.Strength, Is.EqualTo(ConnectionStrength.Strong));
        Assert.That(link.HandleCount, Is.EqualTo(3));
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "connected 1", "Online 1" }));
        first.Result.Dispose();
        second.Result.Dispose();
    }

    [Test]
    public void A_dial_is_overtaken_by_the_peers_own_and_cancelled()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> dial = node.Start(1);
        ScriptedLink link = node.Accept(1);
        node.Scheduler.RunUntilIdle();
        Assert.That(node.Cancelled, Is.EqualTo(node.Dials));
        Assert.That(dial.Result.Connection, Is.SameAs(link));
        dial.Result.Dispose();
        node.Fail(node.Dials[0], ConnectivityError.DialCancelled);
        Assert.That(node.Events, Has.None.Contains("failed"));
    }

    [Test]
    public void A_dial_that_takes_too_long_fails_and_a_handle_that_comes_later_is_let_go()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> dial = node.Start(1);
        node.Pass(179);
        Assert.That(dial.IsCompleted, Is.False);
        node.Pass(1);
        Assert.That(((ConnectivityException)dial.Exception!.InnerException!).Error, Is.EqualTo(ConnectivityError.DialTimedOut));
        ScriptedLink link = node.Succeed(node.Dials[0]);
        node.Scheduler.RunUntilIdle();
        Assert.That(link.HandleCount, Is.EqualTo(1), "the pool's");
    }

    [Test]
    public void A_failed_dial_leaves_a_live_connection_as_it_is()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> dial = node.Start(1);
        ScriptedLink link = node.NewLink(1, ConnectionDirection.Outbound);
        node.Manager.ReportAccepted(link);
        node.Fail(node.Dials[0]);
        node.Scheduler.RunUntilIdle();
        Assert.That(node.Select(null), Is.EqualTo(new[] { ScriptedTransport.Id(1) }));
        Assert.That(node.Events, Has.None.Contains("failed"));
        dial.Result.Dispose();
        link.End();
        Assert.That(node.Events[^2], Is.EqualTo("disconnected 1 False"));
    }

    [Test]
    public void Offline_is_told_once_however_many_dials_fail()
    {
        using var node = new ScriptedTransport();
        for (int i = 1; i <= 3; i++)
        {
            node.Know(i);
            node.FailToDial(i);
        }

        Assert.That(node.Events, Is.EqualTo(new[] { "initialized", "failed 1", "Offline 0", "failed 2", "failed 3" }));
    }

    [Test]
    public void A_dial_without_addresses_is_told_and_not_held_against_the_peer()
    {
        using var node = new ScriptedTransport();
        node.Accept(9);
        node.Know(1);
        for (int i = 0; i < 5; i++)
        {
            node.Manager.RequestManyDials([ScriptedTransport.Id(1)]);
            node.Fail(node.Dials[^1], ConnectivityError.AllPeerAddressesAreExcluded);
        }

        Assert.That(node.Dials, Has.Count.EqualTo(5));
        Assert.That(node.Events.Count(text => text == "failed 1"), Is.EqualTo(5));
    }

    [Test]
    public void A_dial_that_is_refused_before_it_begins_makes_no_event()
    {
        using var node = new ScriptedTransport();
        node.TakeEvents();
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.PeerManagerError));
        node.Know(1);
        node.Peers.BanPeerByNodeId(ScriptedTransport.Id(1), TimeSpan.FromHours(1), "stored");
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.PeerBanned));
        Assert.That(node.Events, Is.Empty);
        Assert.That(node.Dials, Is.Empty);
    }

    [TestCase(ConnectionDirection.Outbound)]
    [TestCase(ConnectionDirection.Inbound)]
    public void Of_two_connections_in_opposite_directions_the_one_of_the_smaller_id_stays(ConnectionDirection first)
    {
        for (int number = 1; number <= 6; number++)
        {
            using var node = new ScriptedTransport();
            ScriptedLink one = node.NewLink(number, first);
            ScriptedLink other = node.NewLink(
                number, first == ConnectionDirection.Inbound ? ConnectionDirection.Outbound : ConnectionDirection.Inbound);
            node.Manager.ReportAccepted(one);
            node.Manager.ReportAccepted(other);
            bool ownIsSmaller = ScriptedTransport.Id(number) > ScriptedTransport.OwnId;
            ConnectionDirection kept = ownIsSmaller ? ConnectionDirection.Outbound : ConnectionDirection.Inbound;
            Assert.That(one.IsConnected, Is.EqualTo(one.Direction == kept));
            Assert.That(other.IsConnected, Is.EqualTo(other.Direction == kept));
            Assert.That(node.Events, Has.None.Contains("disconnected"), "the loser ends without a word");
            Assert.That(node.Events.Count(text => text == $"connected {number}"), Is.EqualTo(other.IsConnected ? 2 : 1));
        }
    }

    [Test]
    public void Of_two_connections_in_the_same_direction_the_new_one_stays()
    {
        using var node = new ScriptedTransport();
        ScriptedLink old = node.Accept(1), young = node.Accept(1);
        Assert.That(old.IsConnected, Is.False);
        Assert.That(young.IsConnected);
        Assert.That(node.Select(null), Has.Count.EqualTo(1));
        Assert.That(node.Events, Is.EqualTo(new[] { "initialized", "connected 1", "Online 1", "connected 1" }));
    }

    [Test]
    public void An_end_that_was_not_reported_is_noticed_at_the_next_refresh()
    {
        using var node = new ScriptedTransport();
        node.Accept(1).Die();
        Assert.That(node.Select(null), Is.Empty, "a dead connection is never selected");
        node.TakeEvents();
        node.Pass(60);
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "disconnected 1 False", "Offline 0" }));
        Assert.That(node.Manager.GetConnectionStates(), Is.Empty);
    }

    [Test]
    public void Peers_without_a_connection_are_listed_until_the_next_refresh()
    {
        using var node = new ScriptedTransport();
        node.Accept(1).End();
        node.Accept(2).End(isMinimized: true);
        node.Dial(3).End();
        node.FailToDial(3);
        Assert.That(
            node.Manager.GetConnectionStates().Select(state => state.State),
            Is.EquivalentTo(new[] { PeerConnectionState.Disconnected, PeerConnectionState.Minimized, PeerConnectionState.Failed }));
        node.Pass(60);
        Assert.That(node.Manager.GetConnectionStates(), Is.Empty);
    }

    [Test]
    public void Too_many_idle_connections_are_closed_and_told()
    {
        using var node = new ScriptedTransport(s_quiet with { ReaperInboundSoftLimit = 2, ReaperMinInactiveAge = TimeSpan.FromMinutes(5) });
        List<ScriptedLink> links = [];
        for (int i = 1; i <= 5; i++)
        {
            links.Add(node.Accept(i));
            node.Pass(1);
        }

        links[1].UseSubstreams(3);
        node.TakeEvents();
        node.Pass(290);
        Assert.That(links.Select(link => link.IsConnected), Is.All.True, "too young");
        node.Pass(70);
        Assert.That(links.Select(link => link.IsConnected), Is.EqualTo(new[] { false, true, false, false, true }));
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "disconnected 1 True", "disconnected 3 True", "disconnected 4 True" }));
    }

    [Test]
    public void A_connection_that_does_not_close_stays_in_the_pool()
    {
        using var node = new ScriptedTransport(s_quiet with { ReaperInboundSoftLimit = 0, ReaperMinInactiveAge = TimeSpan.Zero });
        ScriptedLink link = node.Accept(1);
        link.Hangs = true;
        node.Pass(180);
        Assert.That(link.Asked, Is.EqualTo(3), "at each refresh");
        Assert.That(node.Select(null), Has.Count.EqualTo(1));
    }

    [Test]
    public void Only_the_closest_nodes_are_kept_where_nobody_uses_the_others()
    {
        using var node = new ScriptedTransport(s_quiet with { MaintainNClosestConnectionsOnly = 3 });
        List<ScriptedLink> links = [.. Enumerable.Range(1, 8).Select(i => node.Accept(i))];
        links.Sort((left, right) =>
            XorDistance.Between(ScriptedTransport.OwnId, left.Peer).CompareTo(XorDistance.Between(ScriptedTransport.OwnId, right.Peer)));
        ScriptedLink used = links[7], held = links[6], allowed = links[5];
        used.UseSubstreams(1);
        using PeerConnectionHandle strong = held.Acquire(ConnectionStrength.Strong);
        Assert.That(node.Manager.AddPeerToAllowListAsync(allowed.Peer).AsTask().IsCompletedSuccessfully);
        node.Pass(60);
        Assert.That(links.Select(link => link.IsConnected), Is.EqualTo(new[] { true, true, true, false, false, true, true, true }));
        Assert.That(node.Select(null), Has.Count.EqualTo(6), "what is in use stays in the pool");
        Assert.That(node.Manager.MinimizeThreshold, Is.EqualTo(3));
    }

    [Test]
    public void A_node_with_few_connections_dials_by_itself_but_no_seeds()
    {
        using var node = new ScriptedTransport(new ConnectivityConfig { ProactiveDialingFloor = 4 });
        for (int i = 1; i <= 6; i++)
        {
            node.Know(i, i > 4 ? PeerFlags.Seed : PeerFlags.None);
        }

        node.Accept(1);
        node.Pass(59);
        Assert.That(node.Dials, Is.Empty);
        node.Pass(1);
        Assert.That(node.Dials.Select(dial => dial.Peer), Is.EquivalentTo(new[] { 2, 3, 4 }.Select(ScriptedTransport.Id)));
        foreach (PeerDial dial in node.Dials)
        {
            node.Succeed(dial);
        }

        node.Dials.Clear();
        node.Pass(600);
        Assert.That(node.Dials, Is.Empty, "enough");
    }

    [Test]
    public void A_node_that_is_alone_dials_seeds_too()
    {
        using var node = new ScriptedTransport(new ConnectivityConfig());
        node.Know(1, PeerFlags.Seed);
        node.Pass(60);
        Assert.That(node.Dials.Select(dial => dial.Peer), Is.EqualTo(new[] { ScriptedTransport.Id(1) }));
    }

    [Test]
    public void Waiting_for_the_status_online_ends_with_it_with_its_time_or_with_the_node()
    {
        using var node = new ScriptedTransport();
        Task online = node.Manager.WaitForConnectivityAsync(TimeSpan.FromSeconds(10)).AsTask();
        Task late = node.Manager.WaitForConnectivityAsync(TimeSpan.FromSeconds(2)).AsTask();
        node.Pass(2);
        Assert.That(((ConnectivityException)late.Exception!.InnerException!).Error, Is.EqualTo(ConnectivityError.OnlineWaitTimeout));
        ScriptedLink link = node.Accept(1);
        node.Scheduler.RunUntilIdle();
        Assert.That(online.IsCompletedSuccessfully);
        link.End();
        Task ended = node.Manager.WaitForConnectivityAsync(Timeout.InfiniteTimeSpan).AsTask();
        node.Manager.Stop();
        node.Scheduler.RunUntilIdle();
        Assert.That(((ConnectivityException)ended.Exception!.InnerException!).Error, Is.EqualTo(ConnectivityError.ActorDisconnected));
    }

    [Test]
    public void The_end_cancels_dials_closes_connections_and_refuses_what_comes_after()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        Task<PeerConnectionHandle> dial = node.Start(1);
        ScriptedLink link = node.Accept(2);
        node.TakeEvents();
        node.Manager.Stop();
        node.Scheduler.RunUntilIdle();
        Assert.That(node.TakeEvents(), Is.EqualTo(new[] { "disconnected 2 False" }));
        Assert.That(link.IsConnected, Is.False);
        Assert.That(node.Cancelled, Has.Count.EqualTo(1));
        Assert.That(dial.IsFaulted);
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.ActorDisconnected));
        ScriptedLink late = node.Accept(3);
        Assert.That(late.IsConnected, Is.False);
        Assert.That(node.Events, Is.Empty);
    }

    [Test]
    public void The_uptime_counts_from_the_start_or_from_being_online_again()
    {
        using var node = new ScriptedTransport();
        node.Pass(5);
        Assert.That(node.Manager.Uptime, Is.EqualTo(TimeSpan.FromSeconds(5)));
        ScriptedLink link = node.Accept(1);
        link.End();
        node.Pass(5);
        Assert.That(node.Manager.Uptime, Is.EqualTo(TimeSpan.Zero));
        node.Accept(1);
        node.Pass(7);
        Assert.That(node.Manager.Uptime, Is.EqualTo(TimeSpan.FromSeconds(7)));
    }

    [Test]
    public void Connections_by_direction_the_uptime_and_bans_are_measured_while_the_node_runs()
    {
        using var metrics = new DhtMetrics();
        using var node = new ScriptedTransport(metrics: metrics);
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "tari.dht.connections" or "tari.dht.uptime" or "tari.dht.bans")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured[(string)tags[0].Value!] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            measured[instrument.Name] = instrument.IsObservable ? value : measured.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        node.Dial(1);
        node.Accept(2);
        node.Accept(3, PeerFeatures.CommunicationClient);
        node.Ban(4);
        node.Pass(42);
        listener.RecordObservableInstruments();
        Assert.That(measured, Is.EquivalentTo(new Dictionary<string, long>
        {
            ["outbound"] = 1,
            ["inbound"] = 2,
            ["tari.dht.uptime"] = 42,
            ["tari.dht.bans"] = 1,
        }));
        node.Manager.Stop();
        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.That(measured, Is.Empty);
    }

    [Test]
    public void Many_dials_give_their_results_as_they_come()
    {
        using var node = new ScriptedTransport();
        for (int i = 1; i <= 3; i++)
        {
            node.Know(i);
        }

        List<(int Place, bool Succeeded)> results = [];
        NodeId[] ids = [ScriptedTransport.Id(1), ScriptedTransport.Id(2), ScriptedTransport.Id(3)];
        Task<bool> reading = node.Scheduler.Run(
            () =>
            {
                Task<bool> task = ReadAsync();
                return Task.FromResult(task);
            },
            TimeSpan.FromSeconds(1));
        node.Succeed(node.Dials[2]);
        node.Scheduler.RunUntilIdle();
        node.Fail(node.Dials[0]);
        node.Scheduler.RunUntilIdle();
        node.Succeed(node.Dials[1]);
        node.Scheduler.RunUntilIdle();
        Assert.That(reading.IsCompletedSuccessfully);
        Assert.That(results, Is.EqualTo(new[] { (2, true), (0, false), (1, true) }));

        async Task<bool> ReadAsync()
        {
            await foreach (DialResult result in node.Manager.DialManyAsync(ids, ConnectionStrength.Weak))
            {
                results.Add((Array.IndexOf(ids, result.Peer), result.Handle is not null));
                result.Handle?.Dispose();
            }

            return true;
        }
    }

    [Test]
    public void The_longest_times_there_are_do_not_overflow()
    {
        using var node = new ScriptedTransport(new ConnectivityConfig
        {
            ReaperMinInactiveAge = TimeSpan.MaxValue,
            ExpirePeerLastSeenDuration = TimeSpan.MaxValue,
            SuccessRateTrackingWindow = TimeSpan.MaxValue,
            CircuitBreakerRetryInterval = TimeSpan.MaxValue,
            MaxSeedPeerAge = TimeSpan.MaxValue,
            DialingMultiplier = double.MaxValue,
            ProactiveDialingFloor = int.MaxValue,
            MinConnectivity = int.MaxValue,
            ReaperInboundSoftLimit = 0,
        });
        for (int i = 1; i <= 2; i++)
        {
            node.Know(i);
        }

        node.Accept(3);
        for (int i = 0; i < 3; i++)
        {
            node.FailToDial(1);
        }

        node.Dials.Clear();
        node.Pass(60);
        Assert.That(node.Dials.Select(dial => dial.Peer), Is.EqualTo(new[] { ScriptedTransport.Id(2) }), "all but the one left alone");
        Assert.That(node.Active, Is.EqualTo(1));
    }

    [Test]
    public void A_wait_for_the_status_online_may_be_longer_than_any_timer()
    {
        using var node = new ScriptedTransport(s_quiet with { ConnectionPoolRefreshInterval = TimeSpan.FromDays(49) });
        Task forever = node.Manager.WaitForConnectivityAsync(TimeSpan.MaxValue).AsTask();
        Task sixtyDays = node.Manager.WaitForConnectivityAsync(TimeSpan.FromDays(60)).AsTask();
        node.Pass(TimeSpan.FromDays(60).TotalSeconds);
        Assert.That(((ConnectivityException)sixtyDays.Exception!.InnerException!).Error, Is.EqualTo(ConnectivityError.OnlineWaitTimeout));
        Assert.That(forever.IsCompleted, Is.False);
        node.Accept(1);
        node.Scheduler.RunUntilIdle();
        Assert.That(forever.IsCompletedSuccessfully);
    }

    [Test]
    public async Task A_timer_of_the_system_is_never_set_to_more_than_it_takes()
    {
        await using PeerManager peers = PeerManager.Open(new PeerManagerOptions());
        using var manager = new ConnectivityManager(ScriptedTransport.OwnId, peers, new NoDialer());
        using var cancelled = new CancellationTokenSource();
        Task waiting = manager.WaitForConnectivityAsync(TimeSpan.FromDays(60), cancelled.Token).AsTask();
        Assert.That(waiting.IsFaulted, Is.False);
        await cancelled.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_transport_that_fails_to_begin_a_dial_fails_that_dial_alone()
    {
        using var node = new ScriptedTransport();
        node.Know(1);
        node.BeginFailure = new InvalidOperationException("a test");
        Assert.That(node.Refusal(1), Is.EqualTo(ConnectivityError.DialCancelled));
        Assert.That(node.TakeEvents(), Does.Contain("failed 1"));
        node.BeginFailure = null;
        Task<PeerConnectionHandle> again = node.Start(1);
        node.Succeed(node.Dials[^1]);
        node.Scheduler.RunUntilIdle();
        Assert.That(node.Dials, Has.Count.EqualTo(2), "it may be dialled again");
        again.Result.Dispose();
    }

    [Test]
    public void After_the_end_the_node_is_offline()
    {
        using var node = new ScriptedTransport();
        node.Accept(1);
        node.Manager.Stop();
        Assert.That(node.Manager.Status, Is.EqualTo(new ConnectivityStatus(ConnectivityState.Offline, 0)));
        Assert.That(node.Manager.Uptime, Is.EqualTo(TimeSpan.Zero));
        Assert.That(node.TakeEvents()[^1], Is.EqualTo("disconnected 1 False"), "no event tells of it, as in the reference");
    }

    private sealed class NoDialer : IConnectionDialer
    {
        public void Begin(PeerDial dial) => throw new NotSupportedException();

        public void Cancel(PeerDial dial)
        {
        }
    }
}
