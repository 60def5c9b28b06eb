using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>How the pool fills, and what it does about events of connectivity and at its ticks.</summary>
[TestFixture]
internal sealed class DhtConnectivityTests
{
    private static readonly ConnectivityException s_failure = new(ConnectivityError.ActorDisconnected, "a test");

    [Test]
    public void A_start_with_ten_good_peers_for_a_pool_of_six_dials_at_once_and_each_peer_once()
    {
        using var rig = new PoolRig(size: 6);
        List<NodeId> good = rig.AddGood(10);
        rig.Start();
        Assert.That(rig.Dials, Has.Count.EqualTo(10).And.Unique);
        Assert.That(rig.Dials, Is.SubsetOf(good));
        Assert.That((rig.Status.Size, rig.Status.Pending, rig.Members.Count), Is.EqualTo((6, 10, 10)));
    }

    [Test]
    public void A_start_with_five_good_peers_dials_all_five_and_an_unknown_peer_that_dials_this_node_is_held()
    {
        using var rig = new PoolRig(size: 5);
        rig.AddGood(5);
        rig.Start();
        Assert.That(rig.Dials, Has.Count.EqualTo(5));
        ScriptedConnection inbound = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        Assert.That(inbound.HandleCount, Is.EqualTo(1));
        Assert.That(rig.Members.Contains(inbound.Peer));
        Assert.That(rig.Dials, Has.Count.EqualTo(5));
    }

    [Test]
    public void The_first_events_of_a_fresh_node_leave_the_pool_alone_that_was_just_dialled()
    {
        using var rig = new PoolRig();
        rig.AddGood(100);
        rig.Start();
        IReadOnlyList<NodeId> dialled = rig.Dials;
        rig.Publish(new ConnectivityEvent.StateInitialized());
        rig.SetState(ConnectivityState.Degraded);
        Assert.That(rig.Dials, Is.EqualTo(dialled));
        Assert.That(rig.Members.Count, Is.EqualTo(24));
    }

    [Test]
    public void A_start_at_which_connectivity_answers_nothing_is_tried_again_after_30_seconds()
    {
        using var rig = new PoolRig();
        rig.AddGood(5);
        rig.Connectivity.AllowListFailure = s_failure;
        rig.Connectivity.ActiveConnectionsFailure = s_failure;
        rig.Start();
        rig.Pass(0.2);
        Assert.That(rig.Dials, Is.Empty);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.RefreshFailed), Is.EqualTo(1));
        rig.Pass(29.7);
        rig.Connectivity.AllowListFailure = null;
        Assert.That(rig.Dials, Is.Empty);
        rig.Pass(0.1);
        Assert.That(rig.Dials, Has.Count.EqualTo(5));
    }

    [Test]
    public void A_pool_whose_connectivity_answers_nothing_ends_as_it_should()
    {
        using var rig = new PoolRig();
        rig.Connectivity.AllowListFailure = s_failure;
        rig.Connectivity.ActiveConnectionsFailure = s_failure;
        rig.Connectivity.RequestFailure = s_failure;
        rig.AddGood(5);
        rig.Start();
        rig.Pass(0.2);
        Assert.That(rig.Status.NextTick, Is.Not.Null);
    }

    [Test]
    public void After_missed_events_the_counts_of_those_who_are_gone_are_dropped_and_connections_are_found()
    {
        using var rig = new PoolRig(connectivityEvents: new EventPublisher<ConnectivityEvent>(1));
        rig.Start();
        ScriptedConnection gone = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        rig.Metrics.WriteMetricMessageReceived(gone.Peer);
        gone.End();
        NodeId unheard = rig.NewId();
        var connection = new ScriptedConnection(unheard, 5) { Direction = ConnectionDirection.Inbound };
        rig.Connectivity.Add(connection);
        ScriptedConnection last = rig.Connectivity.Add(new ScriptedConnection(rig.NewId(), 6) { Direction = ConnectionDirection.Inbound });
        rig.Metrics.WriteMetricMessageReceived(last.Peer);
        rig.Connectivity.Events.Publish(new ConnectivityEvent.PeerDisconnected(gone.Peer, false));
        rig.Connectivity.Events.Publish(new ConnectivityEvent.PeerConnected(last));
        rig.Scheduler.RunAll();
        Assert.That(rig.Metrics.GetMessagesReceivedTimeSeries(gone.Peer).Count, Is.Zero);
        Assert.That(rig.Metrics.GetMessagesReceivedTimeSeries(last.Peer), Has.Count.EqualTo(1));
        Assert.That(rig.Members.Contains(unheard) && rig.Members.Contains(last.Peer));
        Assert.That((connection.HandleCount, last.HandleCount), Is.EqualTo((1, 1)));
        Assert.That(rig.Log.Count(DhtConnectivityEventId.EventsMissed), Is.EqualTo(1));
    }

    [Test]
    public void Twelve_inbound_members_starve_the_pool_at_the_third_look_and_six_outbound_ones_end_that()
    {
        using var rig = new PoolRig();
        List<NodeId> good = rig.AddGood(24);
        rig.Start();
        rig.ConnectInbound(12);
        Assert.That(rig.Counts, Is.EqualTo((0, 12)));
        foreach (int expected in (int[])[0, 0, 1])
        {
            rig.Pass(120);
            Assert.That(rig.TakeStarved(), Is.EqualTo(expected));
        }

        Assert.That(rig.Status.CooldownUntil, Is.EqualTo(rig.Clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
        // Dials of the tick before the last took too long, and those peers were left out of the last one.
        rig.Refresh();
        foreach (NodeId peer in good.Take(6))
        {
            rig.Connect(peer);
        }

        Assert.That(rig.Counts, Is.EqualTo((6, 12)));
        rig.Pass(120);
        Assert.That((rig.Counts, rig.Status.StarvedTicks), Is.EqualTo(((6, 6), 0)));
        Assert.That(rig.TakeStarved(), Is.Zero);
    }

    [Test]
    public void A_starving_pool_says_so_six_minutes_after_the_start_and_not_before()
    {
        using var rig = new PoolRig();
        rig.Start();
        Assert.That(rig.TakeStarved(), Is.Zero);
        rig.Pass(120);
        Assert.That(rig.TakeStarved(), Is.Zero);
        rig.Pass(120);
        Assert.That(rig.TakeStarved(), Is.Zero);
        rig.Pass(119);
        Assert.That(rig.TakeStarved(), Is.Zero);
        Assert.That(rig.Status.IsStarving, Is.False);
        rig.Pass(1);
        Assert.That(rig.TakeStarved(), Is.EqualTo(1));
        Assert.That(rig.Status.IsStarving);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.PoolStarved), Is.EqualTo(1));
    }

    [Test]
    public void With_chances_a_starving_pool_says_so_at_the_third_or_fourth_look_within_5_point_4_to_8_point_8_minutes()
    {
        HashSet<int> looks = [];
        for (int seed = 0; seed < 30; seed++)
        {
            using var rig = new PoolRig(random: new Random(seed));
            rig.Start();
            DateTimeOffset start = rig.Clock.GetUtcNow();
            int look = 0;
            while (rig.TakeStarved() == 0)
            {
                rig.Pass((rig.Status.NextTick!.Value - rig.Clock.GetUtcNow()).TotalSeconds + 0.001);
                Assert.That(++look, Is.LessThanOrEqualTo(4), $"seed {seed}");
            }

            looks.Add(look);
            Assert.That((rig.Clock.GetUtcNow() - start).TotalMinutes, Is.InRange(5.4, 8.801), $"seed {seed}");
        }

        Assert.That(looks, Is.EquivalentTo((int[])[3, 4]));
    }

    [Test]
    public void A_look_at_which_the_refresh_fails_neither_counts_as_starved_nor_as_healthy()
    {
        using var rig = new PoolRig();
        rig.AddGood(1);
        rig.Start();
        rig.Pass(120);
        rig.Pass(120);
        Assert.That(rig.Status.StarvedTicks, Is.EqualTo(2));
        rig.Connectivity.AllowListFailure = s_failure;
        rig.Pass(120);
        Assert.That(rig.Status.StarvedTicks, Is.EqualTo(2));
        rig.Connectivity.AllowListFailure = null;
        rig.Pass(120);
        Assert.That(rig.TakeStarved(), Is.EqualTo(1));
    }

    [Test]
    public void A_refresh_that_fails_half_way_leaves_the_pool_as_it_was()
    {
        using var rig = new PoolRig(size: 4);
        rig.Start();
        List<ScriptedConnection> inbound = rig.ConnectInbound(3);
        NodeId good = rig.AddGood();
        rig.Connectivity.AllowListFailure = s_failure;
        rig.Refresh();
        Assert.That((rig.Members.Count, rig.Counts), Is.EqualTo((3, (0, 3))));
        Assert.That(inbound.TrueForAll(connection => connection is { HandleCount: 1, IsConnected: true }));

        rig.Connectivity.AllowListFailure = null;
        rig.Connectivity.RequestFailure = s_failure;
        rig.Refresh();
        Assert.That((rig.Members.Count, rig.Members.Contains(good)), Is.EqualTo((3, false)), "who could not be asked for is no member");

        rig.Connectivity.RequestFailure = null;
        rig.Refresh();
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[good]));
        Assert.That((rig.Members.Count, rig.Counts), Is.EqualTo((4, (0, 3))));
    }

    [Test]
    public void A_failed_dial_is_replaced_and_the_peer_waits_before_it_is_dialled_again()
    {
        using var rig = new PoolRig(size: 1);
        NodeId failing = rig.AddGood();
        rig.Start();
        NodeId other = rig.AddGood();
        rig.Fail(failing);
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[failing, other]));
        Assert.That((rig.Status.BackedOff, rig.Members.Contains(failing)), Is.EqualTo((1, false)));
        rig.Refresh();
        Assert.That(rig.Dials, Has.Count.EqualTo(2));
        rig.Pass(30);
        rig.Refresh();
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[failing, other, failing]));
    }

    [Test]
    public void Of_peers_that_all_failed_nobody_is_dialled_but_the_one_that_connected_since()
    {
        using var rig = new PoolRig(size: 2);
        List<NodeId> good = rig.AddGood(4);
        rig.Start();
        Assert.That(rig.Dials, Is.EquivalentTo(good));
        good.ForEach(rig.Fail);
        rig.Fail(good[0]);
        rig.Refresh();
        Assert.That((rig.Dials.Count, rig.Status.BackedOff), Is.EqualTo((4, 4)));

        rig.Disconnect(rig.Connect(good[0], ConnectionDirection.Inbound));
        Assert.That((rig.Dials.Count, rig.Status.BackedOff), Is.EqualTo((4, 3)));
        rig.Refresh();
        Assert.That(rig.Dials.Skip(4), Is.EqualTo((NodeId[])[good[0]]));
    }

    [Test]
    public void A_failed_dial_of_a_peer_outside_the_pool_makes_it_wait_and_replaces_nobody()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        NodeId peer = rig.AddGood();
        rig.Metrics.WriteMetricMessageReceived(peer);
        rig.Fail(peer);
        Assert.That(rig.Dials, Is.Empty);
        Assert.That(rig.Status.BackedOff, Is.EqualTo(1));
        Assert.That(rig.Metrics.GetMessagesReceivedTimeSeries(peer).Count, Is.Zero);
    }

    [Test]
    public void A_member_that_disconnects_is_replaced_and_its_counts_are_forgotten()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        ScriptedConnection connection = rig.Connect(rig.AddGood());
        NodeId other = rig.AddGood();
        rig.Metrics.WriteMetricMessageReceived(connection.Peer);
        rig.Disconnect(connection);
        Assert.That(rig.Metrics.GetMessagesReceivedTimeSeries(connection.Peer).Count, Is.Zero);
        Assert.That((rig.Dials, connection.HandleCount), Is.EqualTo(((IReadOnlyList<NodeId>)[other], 0)));
        Assert.That(connection.Disconnects, Is.Empty);
    }

    [Test]
    public void An_event_about_a_connection_before_the_one_that_is_up_replaces_nobody()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        ScriptedConnection connection = rig.Connect(rig.AddGood());
        rig.AddGood();
        rig.Publish(new ConnectivityEvent.PeerDisconnected(connection.Peer, false));
        rig.Fail(connection.Peer);
        Assert.That(rig.Dials, Is.Empty);
        Assert.That((connection.HandleCount, rig.Members.Contains(connection.Peer)), Is.EqualTo((1, true)));
    }

    [Test]
    public void A_pool_that_is_well_and_full_replaces_nobody()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        rig.Connect(rig.NewId());
        rig.Connect(rig.NewId());
        ScriptedConnection surplus = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        rig.AddGood();
        rig.Disconnect(surplus);
        Assert.That(rig.Dials, Is.Empty);
    }

    [Test]
    public void Clients_allowed_peers_and_connections_that_somebody_else_needs_are_left_alone()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        NodeId allowed = rig.NewId();
        rig.Connectivity.AddPeerToAllowListAsync(allowed).AsTask().GetAwaiter().GetResult();
        ScriptedConnection client = rig.Connect(rig.NewId(), features: PeerFeatures.CommunicationClient);
        ScriptedConnection friend = rig.Connect(allowed);
        var needed = new ScriptedConnection(rig.NewId(), 5);
        using (needed.Acquire(ConnectionStrength.Strong))
        {
            rig.Publish(new ConnectivityEvent.PeerConnected(needed));
            Assert.That((client.HandleCount, friend.HandleCount, needed.HandleCount, rig.Members.Count), Is.EqualTo((0, 0, 1, 0)));
            Assert.That(client.IsConnected && friend.IsConnected && needed.IsConnected);
        }
    }

    [Test]
    public void A_member_that_connects_is_held_though_somebody_else_needs_it_too()
    {
        using var rig = new PoolRig(size: 2);
        NodeId good = rig.AddGood();
        rig.Start();
        var connection = new ScriptedConnection(good, 5);
        using (connection.Acquire(ConnectionStrength.Strong))
        {
            rig.Publish(new ConnectivityEvent.PeerConnected(connection));
            rig.Pass(120);
            Assert.That((rig.Members.Contains(good), rig.Counts), Is.EqualTo((true, (1, 0))));
            Assert.That(rig.Dials.Count(peer => peer == good), Is.EqualTo(1));
        }
    }

    [Test]
    public void A_pool_full_of_inbound_members_closes_a_foreign_outbound_connection()
    {
        using var rig = new PoolRig(size: 4);
        rig.Start();
        rig.ConnectInbound(4);
        ScriptedConnection foreign = rig.Connect(rig.NewId());
        Assert.That((rig.Counts, rig.Members.Contains(foreign.Peer)), Is.EqualTo(((0, 4), false)));
        Assert.That((foreign.Disconnects, foreign.HandleCount), Is.EqualTo(((List<bool>)[true], 0)));
    }

    [Test]
    public void A_full_pool_takes_inbound_connections_in_until_the_next_refresh_closes_the_last_ones()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        ScriptedConnection outbound = rig.Connect(rig.NewId());
        List<ScriptedConnection> inbound = rig.ConnectInbound(3);
        Assert.That(rig.Counts, Is.EqualTo((1, 3)));
        rig.Refresh();
        Assert.That((rig.Counts, rig.Members.Count), Is.EqualTo(((1, 1), 2)));
        Assert.That(outbound.IsConnected && inbound[0].IsConnected);
        Assert.That(inbound[1].Disconnects.Concat(inbound[2].Disconnects), Is.EqualTo((bool[])[false, false]));
    }

    [Test]
    public void A_connection_in_the_place_of_another_closes_the_older_one()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        ScriptedConnection older = rig.Connect(rig.NewId());
        ScriptedConnection newer = rig.Connect(older.Peer, ConnectionDirection.Inbound);
        Assert.That((older.Disconnects, older.HandleCount), Is.EqualTo(((List<bool>)[false], 0)));
        Assert.That((newer.HandleCount, rig.Counts), Is.EqualTo((1, (0, 1))));
    }

    [Test]
    public void A_connection_that_could_not_be_closed_is_logged_and_its_handle_given_up()
    {
        using var rig = new PoolRig(size: 2);
        rig.Start();
        ScriptedConnection older = rig.Connect(rig.NewId());
        older.DisconnectFailure = s_failure;
        ScriptedConnection newer = rig.Connect(older.Peer);
        Assert.That((older.HandleCount, newer.HandleCount), Is.EqualTo((0, 1)));
        Assert.That(rig.Log.Count(DhtConnectivityEventId.DisconnectFailed), Is.EqualTo(1));
    }

    [Test]
    public void Connections_that_were_up_before_the_start_join_the_pool()
    {
        using var rig = new PoolRig(size: 2);
        ScriptedConnection connection = rig.Connectivity.Connect(rig.NewId());
        rig.Start();
        Assert.That((rig.Members.Contains(connection.Peer), connection.HandleCount), Is.EqualTo((true, 1)));
    }

    [Test]
    public void A_healthy_pool_exchanges_one_member_after_two_hours_for_one_that_was_not_seen_lately()
    {
        using var rig = new PoolRig(size: 3);
        rig.Start();
        List<ScriptedConnection> members = [];
        for (int i = 0; i < 3; i++)
        {
            members.Add(rig.Connect(rig.NewId()));
        }

        rig.AddGood();
        for (int tick = 0; tick < 59; tick++)
        {
            rig.Pass(120);
        }

        Assert.That(rig.Dials, Is.Empty);
        rig.Pass(120);
        Assert.That(members.Count(member => member.IsConnected), Is.EqualTo(2));
        Assert.That(rig.Dials, Has.Count.EqualTo(1));
        Assert.That(rig.Status.LastRefresh, Is.EqualTo(rig.Clock.GetUtcNow()));
        rig.Pass(120);
        Assert.That(members.Count(member => member.IsConnected), Is.EqualTo(2));
    }

    [Test]
    public void Online_fills_the_pool_and_joins_once_per_cooldown()
    {
        using var rig = new PoolRig(configure: config => config with { AutoJoin = true });
        rig.Start();
        rig.AddGood(2);
        rig.SetState(ConnectivityState.Online);
        Assert.That((rig.Dials.Count, rig.Joins), Is.EqualTo((2, 1)));
        rig.Pass(600);
        rig.SetState(ConnectivityState.Online);
        Assert.That(rig.Joins, Is.EqualTo(1));
        rig.Pass(1);
        rig.SetState(ConnectivityState.Online);
        Assert.That(rig.Joins, Is.EqualTo(2));
    }

    [Test]
    public void A_node_that_does_not_join_by_itself_does_not_and_a_join_that_fails_is_logged()
    {
        using (var rig = new PoolRig())
        {
            rig.Start();
            rig.SetState(ConnectivityState.Online);
            Assert.That(rig.Joins, Is.Zero);
        }

        using (var rig = new PoolRig(configure: config => config with { AutoJoin = true }))
        {
            rig.OnJoin = _ => Task.FromException(s_failure);
            rig.Start();
            rig.SetState(ConnectivityState.Online);
            Assert.That((rig.Joins, rig.Log.Count(DhtConnectivityEventId.JoinFailed)), Is.EqualTo((1, 1)));
        }
    }

    [Test]
    public void A_join_that_takes_long_holds_nothing_up_and_ends_with_the_pool()
    {
        using var rig = new PoolRig(configure: config => config with { AutoJoin = true });
        bool ended = false;
        rig.OnJoin = async token =>
        {
            var never = new TaskCompletionSource();
            using (token.Register(() => never.TrySetCanceled(token)))
            {
                try
                {
                    await never.Task;
                }
                finally
                {
                    ended = true;
                }
            }
        };
        rig.Start();
        rig.SetState(ConnectivityState.Online);
        rig.ConnectInbound(1);
        Assert.That((rig.Counts, ended), Is.EqualTo(((0, 1), false)));
        rig.Dispose();
        Assert.That(ended);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.JoinFailed), Is.Zero);
    }

    [Test]
    public void Offline_dials_others_after_15_seconds_in_which_events_are_dealt_with()
    {
        using var rig = new PoolRig(configure: Always);
        rig.Start();
        rig.AddGood(3);
        rig.SetState(ConnectivityState.Offline);
        rig.Pass(10);
        rig.SetState(ConnectivityState.Offline);
        ScriptedConnection inbound = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        Assert.That(inbound.HandleCount, Is.EqualTo(1));
        rig.Pass(4.9);
        Assert.That(rig.Dials, Is.Empty);
        rig.Pass(0.1);
        Assert.That(rig.Dials, Has.Count.EqualTo(3));
        Assert.That(inbound.IsConnected && rig.Members.Contains(inbound.Peer), "who has connected meanwhile stays");
    }

    [Test]
    public void The_end_does_not_wait_for_the_pause_after_offline_nor_for_the_delay_of_the_start()
    {
        using (var rig = new PoolRig())
        {
            rig.Start();
            rig.SetState(ConnectivityState.Offline);
        }

        using (var rig = new PoolRig(configure: Delayed(60)))
        {
            rig.Start();
        }
    }

    [Test]
    public void A_pool_that_was_never_started_ends_and_is_not_started_after_that()
    {
        var rig = new PoolRig();
        Assert.That(rig.Pool.DisposeAsync().AsTask().IsCompletedSuccessfully);
        Assert.That(rig.Pool.Start, Throws.TypeOf<ObjectDisposedException>());
        rig.Dispose();
    }

    [Test]
    public void A_pool_is_started_once()
    {
        using var rig = new PoolRig();
        rig.Start();
        Assert.That(rig.Pool.Start, Throws.InvalidOperationException);
    }

    [Test]
    public void A_pool_whose_scheduler_refuses_it_ends_all_the_same()
    {
        using var rig = new PoolRig();
        var refused = new DhtConnectivity(
            new DhtConnectivityServices
            {
                Self = rig.Self,
                Peers = rig.Peers,
                Connectivity = rig.Connectivity,
                Events = rig.Events,
                Members = rig.Members,
                Floods = new Dataflow.Inbound.Metrics.FloodGuard(rig.Metrics, rig.Connectivity, rig.Config, rig.Log),
                SendJoin = _ => Task.CompletedTask,
            },
            new DhtConnectivityOptions { TimeProvider = rig.Clock, TaskScheduler = new RefusingTaskScheduler() });
        Assert.That(refused.Start, Throws.TypeOf<TaskSchedulerException>());
        Assert.That(refused.DisposeAsync().AsTask().IsCompletedSuccessfully);
        rig.Start();
    }

    [Test]
    public void A_pool_whose_transport_tells_of_no_events_ends_all_the_same()
    {
        using var rig = new PoolRig();
        rig.Connectivity.SubscribeFailure = s_failure;
        Assert.That(rig.Pool.Start, Throws.TypeOf<ConnectivityException>());
    }

    [Test]
    public void The_configured_delay_comes_before_the_first_dial_and_events_before_it_are_not_lost()
    {
        using var rig = new PoolRig(configure: Delayed(60));
        rig.AddGood(3);
        rig.Start();
        rig.SetState(ConnectivityState.Online);
        rig.ConnectInbound(1);
        rig.Pass(59.9);
        Assert.That((rig.Dials.Count, rig.Counts), Is.EqualTo((0, (0, 1))));
        rig.Pass(0.1);
        Assert.That(rig.Dials, Has.Count.EqualTo(3));
    }

    [Test]
    public void Ticks_that_were_missed_are_not_made_up_for()
    {
        using var rig = new PoolRig();
        rig.Start();
        rig.Pass(120);
        Assert.That(rig.Status.StarvedTicks, Is.EqualTo(1));
        rig.Pass((120 * 4) + 30);
        Assert.That(rig.Status.StarvedTicks, Is.EqualTo(2));
        Assert.That(rig.Status.NextTick, Is.EqualTo(rig.Clock.GetUtcNow() + TimeSpan.FromSeconds(90)));
    }

    [Test]
    public void Each_tick_comes_an_interval_after_the_one_before_with_a_tenth_more_or_less_and_on_average_exactly([Values(1, 2, 3)] int seed)
    {
        const int Ticks = 400;
        using var rig = new PoolRig(random: new Random(seed));
        rig.Start();
        List<double> pauses = [];
        DateTimeOffset start = rig.Clock.GetUtcNow();
        while (pauses.Count < Ticks)
        {
            TimeSpan pause = rig.Status.NextTick!.Value - rig.Clock.GetUtcNow();
            pauses.Add(pause.TotalSeconds);

            // Timers come with the next whole millisecond.
            rig.Clock.Advance(TimeSpan.FromMilliseconds((long)Math.Ceiling(pause.TotalMilliseconds) - 1));
            rig.Scheduler.RunAll();
            Assert.That(rig.Status.StarvedTicks, Is.EqualTo(pauses.Count - 1), "not before its time");
            rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
            rig.Scheduler.RunAll();
            Assert.That(rig.Status.StarvedTicks, Is.EqualTo(pauses.Count), "at its time");
        }

        // What a tick is late, the next pause is shorter.
        Assert.That(pauses, Is.All.InRange(108 - 0.001, 132));
        Assert.That(pauses.Min(), Is.LessThan(109.5), "the whole range is used");
        Assert.That(pauses.Max(), Is.GreaterThan(130.5), "the whole range is used");
        Assert.That((rig.Clock.GetUtcNow() - start).TotalSeconds / Ticks, Is.EqualTo(120).Within(2), "six deviations of such a mean");
    }

    [TestCase(0.0, 108)]
    [TestCase(0.25, 114)]
    [TestCase(0.5, 120)]
    [TestCase(0.75, 126)]
    public void A_tick_is_drawn_from_the_source_of_chances(double drawn, double seconds)
    {
        using var rig = new PoolRig(random: new FixedDraw(drawn));
        rig.Start();
        for (int tick = 1; tick <= 5; tick++)
        {
            Assert.That(rig.Status.NextTick, Is.EqualTo(rig.Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)));
            rig.Pass(seconds);
            Assert.That(rig.Status.StarvedTicks, Is.EqualTo(tick));
        }
    }

    [Test]
    public void Two_pools_with_other_chances_that_start_together_are_not_in_step_for_long()
    {
        using var one = new PoolRig(random: new Random(1));
        using var other = new PoolRig(random: new Random(2));
        one.Start();
        other.Start();
        int inStep = 0, longest = 0, now = 0;
        for (int i = 0; i < 400; i++)
        {
            // A second is longer than an exchange of connections takes.
            double apart = Math.Abs((one.Status.NextTick!.Value - other.Status.NextTick!.Value).TotalSeconds) % 120;
            bool isInStep = Math.Min(apart, 120 - apart) < 1;
            inStep += isInStep ? 1 : 0;
            now = isInStep ? now + 1 : 0;
            longest = Math.Max(longest, now);
            TickOnce(one);
            TickOnce(other);
        }

        Assert.That(inStep, Is.LessThan(40), "a sixtieth of the time by chance");
        Assert.That(longest, Is.LessThanOrEqualTo(3), "ticks in a row");

        static void TickOnce(PoolRig rig) => rig.Pass((rig.Status.NextTick!.Value - rig.Clock.GetUtcNow()).TotalSeconds + 0.001);
    }

    [TestCase(0.0)]
    [TestCase(0.5)]
    [TestCase(0.999)]
    public void Ticks_that_were_missed_are_not_made_up_for_wherever_the_next_one_is_drawn(double drawn)
    {
        using var rig = new PoolRig(random: new FixedDraw(drawn));
        rig.Start();
        int ticks = 0;
        for (double late = 1; late < 1000; late += 37)
        {
            rig.Pass((rig.Status.NextTick!.Value - rig.Clock.GetUtcNow()).TotalSeconds + late);
            Assert.That(rig.Status.StarvedTicks, Is.EqualTo(++ticks), $"{late} s late");
            Assert.That((rig.Status.NextTick!.Value - rig.Clock.GetUtcNow()).TotalSeconds, Is.InRange(0.001, 132), $"{late} s late");
        }
    }

    [Test]
    public void A_disconnect_that_never_ends_is_given_up_after_ten_seconds_and_holds_up_neither_the_pool_nor_its_end()
    {
        using var rig = new PoolRig(size: 1);
        rig.Start();
        List<ScriptedConnection> released = rig.ConnectInbound(3)[1..];
        released.ForEach(static connection => connection.DisconnectHangs = true);

        rig.Pass(120);
        Assert.That(released.Select(static connection => connection.HandleCount), Is.All.EqualTo(1), "they are waited for");
        rig.Pass(9.9);
        Assert.That(released.Select(static connection => connection.HandleCount), Is.All.EqualTo(1));
        rig.Pass(0.1);
        Assert.That(released.Select(static connection => connection.HandleCount), Is.All.Zero);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.DisconnectFailed), Is.EqualTo(2));

        // What is under way at the end, the rig waits for without time.
        rig.ConnectInbound(1)[0].DisconnectHangs = true;
        rig.Pass(120);
        Assert.That(rig.Connections[^1].HandleCount, Is.EqualTo(1));
    }

    [Test]
    public void A_peer_that_floods_is_banned_at_the_next_tick_and_one_that_left_before_is_not()
    {
        using var rig = new PoolRig();
        rig.Start();
        ScriptedConnection stays = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        ScriptedConnection leaves = rig.Connect(rig.NewId(), ConnectionDirection.Inbound);
        rig.Pass(100);
        for (int i = 0; i < 1001; i++)
        {
            rig.Metrics.WriteMetricMessageReceived(stays.Peer);
            rig.Metrics.WriteMetricMessageReceived(leaves.Peer);
        }

        rig.Disconnect(leaves);
        Assert.That(rig.Connectivity.Bans, Is.Empty);
        rig.Pass(20);
        Assert.That(
            rig.Connectivity.Bans.Select(ban => (ban.Peer, ban.Duration)),
            Is.EqualTo(((NodeId, TimeSpan)[])[(stays.Peer, TimeSpan.FromMinutes(10))]));
    }

    [Test]
    public void Minimizing_keeps_those_closest_to_this_node_and_dials_nobody()
    {
        using var rig = new PoolRig(size: 3, config => config with { MinimizeConnections = true });
        rig.Start();
        List<ScriptedConnection> all = rig.ConnectInbound(3);
        rig.AddGood();
        IReadOnlyList<NodeId> before = rig.Dials;
        all.Add(rig.Connect(rig.NewId(), ConnectionDirection.Inbound));
        ScriptedConnection farthest = all.MaxBy(connection => XorDistance.Between(rig.Self, connection.Peer))!;
        Assert.That(all.Where(connection => !connection.IsConnected), Is.EqualTo((ScriptedConnection[])[farthest]));
        Assert.That((farthest.Disconnects, rig.Members.Count), Is.EqualTo(((List<bool>)[true], 3)));
        Assert.That(rig.Dials, Is.EqualTo(before));
    }

    [Test]
    public void Too_few_members_of_TCP_over_IPv4_are_logged_once_and_so_is_the_end_of_that()
    {
        using var rig = new PoolRig();
        rig.Start();
        rig.ConnectInbound(2);
        rig.Pass(120);
        rig.Pass(120);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.FewTcpv4Nodes), Is.EqualTo(1));
        rig.Connect(rig.NewId(), ConnectionDirection.Inbound, address: "/ip4/1.2.3.4/tcp/1000");
        rig.Pass(120);
        Assert.That(rig.Log.Count(DhtConnectivityEventId.EnoughTcpv4Nodes), Is.EqualTo(1));
        Assert.That(rig.Log.Count(DhtConnectivityEventId.FewTcpv4Nodes), Is.EqualTo(1));
    }

    [Test]
    public void A_pool_of_nobody_dials_nobody_and_leaves_connections_alone()
    {
        using var rig = new PoolRig(size: 0);
        rig.AddGood(3);
        rig.Start();
        ScriptedConnection outbound = rig.Connect(rig.NewId());
        rig.Refresh();
        for (int tick = 0; tick < 5; tick++)
        {
            rig.Pass(120);
        }

        Assert.That((rig.Dials.Count, rig.TakeStarved(), rig.Members.Count), Is.EqualTo((0, 0, 0)));
        Assert.That((outbound.IsConnected, outbound.HandleCount), Is.EqualTo((true, 0)));
    }

    [Test]
    public void The_end_of_the_events_of_connectivity_does_not_end_the_pool()
    {
        using var rig = new PoolRig();
        rig.Start();
        rig.Connectivity.Events.Complete();
        rig.Events.Complete();
        rig.Scheduler.RunAll();
        rig.AddGood(2);
        rig.Pass(120);
        Assert.That(rig.Dials, Has.Count.EqualTo(2));
    }

    [Test]
    public void This_node_and_allowed_peers_are_not_chosen_from_the_store()
    {
        using var rig = new PoolRig();
        rig.Peers.AddOrUpdatePeer(Storage.PeerStore.PeerMaker.Node(1_000_000, rig.Clock.GetUtcNow(), rig.Clock.GetUtcNow()));
        NodeId allowed = rig.AddGood();
        NodeId good = rig.AddGood();
        rig.Connectivity.AddPeerToAllowListAsync(allowed).AsTask().GetAwaiter().GetResult();
        rig.Start();
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[good]));
    }

    [Test]
    public void Status_tells_of_members_waits_and_times()
    {
        using var rig = new PoolRig(size: 3);
        List<NodeId> good = rig.AddGood(3);
        rig.Start();
        rig.Connect(good[0]);
        rig.ConnectInbound(1);
        rig.Fail(good[1]);
        PoolStatus status = rig.Status;
        Assert.That(
            (status.Size, status.ConnectedOutbound, status.ConnectedInbound, status.Connected, status.Pending, status.BackedOff,
                status.LearnedQueued),
            Is.EqualTo((3, 1, 1, 2, 1, 1, 0)));
        Assert.That((status.StarvedTicks, status.CooldownUntil), Is.EqualTo((0, (DateTimeOffset?)null)));
        Assert.That(status.LastRefresh, Is.EqualTo(rig.Clock.GetUtcNow()));
        Assert.That(status.NextTick, Is.EqualTo(rig.Clock.GetUtcNow() + TimeSpan.FromMinutes(2)));
    }

    [Test]
    public void The_gauge_tells_of_the_pool_from_its_start_to_its_end()
    {
        using var metrics = new DhtMetrics();
        Dictionary<string, int> measured = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (instrument.Meter.Name == DhtMetrics.MeterName && instrument.Name == "tari.dht.pool")
            {
                itself.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured[(string)tags[0].Value!] = value);
        listener.Start();
        using (var rig = new PoolRig(size: 3, metrics: metrics))
        {
            List<NodeId> good = rig.AddGood(3);
            rig.Start();
            rig.Connect(good[0]);
            rig.ConnectInbound(1);
            rig.Fail(good[1]);
            listener.RecordObservableInstruments();
        }

        Assert.That(measured, Is.EquivalentTo(new Dictionary<string, int>
        {
            ["wanted"] = 3,
            ["outbound"] = 1,
            ["inbound"] = 1,
            ["pending"] = 1,
            ["backed_off"] = 1,
            ["learned"] = 0,
        }));
        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.That(measured, Is.Empty);
    }

    private static DhtConfig Always(DhtConfig config) =>
        config with { Connectivity = config.Connectivity with { RandomPoolRefreshInterval = TimeSpan.Zero } };

    private static Func<DhtConfig, DhtConfig> Delayed(double seconds) =>
        config => config with { NetworkDiscovery = config.NetworkDiscovery with { InitialPeerSyncDelay = TimeSpan.FromSeconds(seconds) } };

    /// <summary>Draws the same time and again.</summary>
    private sealed class FixedDraw(double drawn) : Random
    {
        public override int Next(int maxValue) => 0;

        public override double NextDouble() => drawn;
    }
}
