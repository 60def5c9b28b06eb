using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Faults of what network discovery stands on, and peers that feed it as slowly as they may.</summary>
[TestFixture]
internal sealed class NetworkDiscoveryFaultTests
{
    [Test]
    public void A_fault_between_states_is_logged_and_discovery_goes_on([Values(1, 2, 3, 4)] int draw)
    {
        using var rig = new DiscoveryRig();
        rig.Seed(rig.Infos(3));
        var service = new NetworkDiscoveryService(rig.Services, rig.Options with { Random = new FaultyRandom(draw, 1) });
        service.Start();
        bool asked = rig.RunUntil(() => service.Status.IsPrimaryBootstrapComplete, 60);
        rig.RunFor(60);

        Assert.That(asked, "the seed is asked all the same");
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.LoopFailed), Is.EqualTo(1));
        Assert.That(service.Completion.IsCompleted, Is.False);
        service.Stop();
        rig.Scheduler.RunUntilIdle();
        AssertEnded(rig, service);
    }

    [Test]
    public void A_fault_that_lasts_costs_one_line_a_second_and_discovery_can_still_be_stopped()
    {
        using var rig = new DiscoveryRig();
        rig.Seed(rig.Infos(3));
        var service = new NetworkDiscoveryService(rig.Services, rig.Options with { Random = new FaultyRandom(1, int.MaxValue) });
        service.Start();
        rig.RunFor(60);

        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.LoopFailed), Is.InRange(10, 61));
        service.Stop();
        rig.Scheduler.RunUntilIdle();
        AssertEnded(rig, service);
    }

    [Test]
    public void A_starving_pool_is_answered_although_the_loop_failed_while_it_was()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.Status = new ConnectivityStatus(ConnectivityState.Offline, 0);
        var service = new NetworkDiscoveryService(rig.Services, rig.Options with { Random = new FaultyRandom(2, 1) });
        service.Start();
        rig.Scheduler.RunUntilIdle();
        rig.Starve();

        Assert.That(rig.RunUntil(() => rig.Count<DhtEvent.RebootstrapComplete>() == 1, 60));
        service.Stop();
        rig.Scheduler.RunUntilIdle();
        AssertEnded(rig, service);
    }

    [Test]
    public void A_pause_that_no_timer_holds_is_made_of_several()
    {
        using var rig = new DiscoveryRig(config => config with { OnFailureIdlePeriod = TimeSpan.FromDays(49) });
        var service = new NetworkDiscoveryService(
            rig.Services, rig.Options with { Random = new LatestRandom(), TimeProvider = new LimitedTime(rig.Time) });
        service.Start();
        rig.RunFor(1);
        DateTimeOffset end = service.Status.NextWakeUp!.Value;
        TimeSpan pause = end - service.Status.Since;
        rig.RunFor(TimeSpan.FromDays(50).TotalSeconds);

        Assert.That(pause, Is.GreaterThan(TimeSpan.FromDays(50)));
        Assert.That((service.Status.State, service.Status.NextWakeUp), Is.EqualTo((NetworkDiscoveryState.Waiting, end)));
        Assert.That(rig.RunUntil(() => service.Status.NextWakeUp > end, pause.TotalSeconds), "the pause ends when it should");
        service.Stop();
        rig.Scheduler.RunUntilIdle();
        AssertEnded(rig, service);
    }

    [Test]
    public void A_transport_that_fails_to_close_a_connection_does_not_keep_discovery_from_ending()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.DisconnectFault = new InvalidOperationException("The transport has a fault.");
        NodeId seed = rig.Seed(rig.Infos(3));
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Connectivity.Disconnects.Count > 0, 60));

        rig.Service.Stop();
        rig.RunFor(1);

        Assert.That(rig.Connectivity.Disconnects, Is.EqualTo(new[] { (seed, true) }));
        rig.Finish();
    }

    [Test]
    public void A_disconnect_that_never_ends_does_not_keep_discovery_from_ending()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.DisconnectsHang = true;
        rig.Seed(rig.Infos(3));
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Connectivity.Disconnects.Count > 0, 60));
        Assert.That(rig.Connectivity.HandlesOut, Is.EqualTo(1), "it is waited for");

        rig.Service.Stop();
        rig.Scheduler.RunUntilIdle();

        Assert.That(rig.Service.Completion.IsCompleted, "without time");
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.DisconnectFailed), Is.Zero);
        rig.Finish();
    }

    [Test]
    public void A_disconnect_that_never_ends_is_given_up_after_ten_seconds()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.DisconnectsHang = true;
        rig.Seed(rig.Infos(3));
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Connectivity.Disconnects.Count > 0, 60));

        rig.RunFor(9.9);
        Assert.That(rig.Connectivity.HandlesOut, Is.EqualTo(1));
        rig.RunFor(0.2);

        Assert.That(rig.Connectivity.HandlesOut, Is.Zero);
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.DisconnectFailed), Is.EqualTo(1));
        rig.Finish();
    }

    [Test]
    public void A_dial_that_makes_the_transport_fail_costs_the_others_of_the_round_nothing()
    {
        using DiscoveryRig rig = Discovering();
        NodeId good = rig.Node(rig.Infos(2));
        for (int i = 0; i < 2; i++)
        {
            rig.Connectivity.Faulty.Add(rig.Store(isSeen: true));
        }

        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 30));

        DiscoveryRoundInfo round = rig.Service.Status.LastRound!;
        Assert.That((round.NewPeers, round.Succeeded), Is.EqualTo((2, 1)));
        Assert.That(round.SyncPeers, Is.EqualTo(new[] { good }));
        rig.Finish();
    }

    [Test]
    public void A_call_that_makes_the_transport_fail_costs_the_other_sources_of_a_rebootstrap_nothing()
    {
        using var rig = new DiscoveryRig();
        NodeId faulty = rig.Seed();
        rig.Rpc.Answer(faulty, () => throw new InvalidOperationException("The transport has a fault."));
        rig.Seed(rig.Infos(3));
        rig.Connectivity.Connect(rig.Node(rig.Infos(2)));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.SeedsSynced, info.FromSeeds, info.FromConnected), Is.EqualTo((1, 3, 2)));
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.CallFailed), Is.EqualTo(1));
        rig.Finish();
    }

    [Test]
    public void A_store_that_takes_nothing_any_more_ends_a_round_in_the_middle_of_an_answer_and_the_peer_pays_nothing()
    {
        using DiscoveryRig rig = Discovering();
        NodeId node = rig.Node(rig.Infos(10));
        int reads = 0;
        rig.Rpc.OnRead = (_, _) => CloseStoreAt(rig, ++reads, 4);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        DiscoveryRoundInfo round = rig.Service.Status.LastRound!;
        Assert.That((round.NewPeers, round.Succeeded, round.SyncPeers.Single(), reads), Is.EqualTo((3, 0, node, 4)));
        Assert.That(rig.Offences.Offences, Is.Empty);
    }

    [Test]
    public void A_store_that_takes_nothing_any_more_makes_what_a_connected_peer_told_a_failure_for_which_it_does_not_pay()
    {
        using var rig = new DiscoveryRig();
        NodeId peer = rig.Node(rig.Infos(10));
        rig.Connectivity.Connect(peer);
        int reads = 0;
        rig.Rpc.OnRead = (_, _) => CloseStoreAt(rig, ++reads, 4);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.ConnectedPeersSynced, info.FromConnected, info.LearnedPeers.Length), Is.EqualTo((0, 0, 0)));
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.SyncFailed), Is.EqualTo(1));
        Assert.That(rig.Offences.Offences, Is.Empty);
    }

    [Test]
    public void A_node_that_feeds_its_answer_slowly_holds_a_round_up_for_the_bootstrap_time_and_no_longer()
    {
        using DiscoveryRig rig = Discovering();
        NodeId slow = rig.Node();
        rig.Rpc.Answer(slow, [.. rig.Infos(1).Select(ScriptedRpc.PeerItem), .. Unconvertible(499)]);
        rig.Rpc.ItemDelay = TimeSpan.FromSeconds(4.5);
        rig.Start();

        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 310));
        DiscoveryRoundInfo round = rig.Service.Status.LastRound!;
        Assert.That((round.NewPeers, round.Succeeded), Is.EqualTo((1, 0)), "what it told is kept");
        Assert.That(rig.Offences.Offences, Is.Empty);
        rig.Finish();
    }

    [Test]
    public void A_seed_that_feeds_its_answer_slowly_holds_the_first_bootstrap_up_for_its_time_and_no_longer()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo[] told = rig.Infos(2);
        NodeId slow = rig.Seed();
        rig.Rpc.Answer(slow, [.. told.Select(ScriptedRpc.PeerItem), .. Unconvertible(248)]);
        rig.Rpc.ItemDelay = TimeSpan.FromSeconds(4.5);
        rig.Start();

        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 310));
        DiscoveryRoundInfo round = rig.Service.Status.LastRound!;
        Assert.That((round.NewPeers, round.Succeeded), Is.EqualTo((2, 1)));
        rig.Finish();
    }

    /// <summary>Whatever is under way: dials that end, fail or never do, sessions that open or don't, answers that come slowly.</summary>
    [Test]
    public void Discovery_that_is_stopped_at_any_moment_leaves_nothing_behind(
        [Values("asks seeds", "asks nodes", "asks whoever connects", "rebootstraps")] string moment)
    {
        for (int milliseconds = 0; milliseconds < 150; milliseconds += 3)
        {
            using DiscoveryRig rig = moment is "asks seeds" or "rebootstraps" ? new DiscoveryRig() : Discovering();
            if (moment == "asks whoever connects")
            {
                rig.Node();
                rig.Start();
                Assert.That(rig.RunUntil(NetworkDiscoveryState.OnConnect, 60));
                NodeId connecting = rig.Store();
                rig.Rpc.Answer(connecting, rig.Infos(2));
                rig.Connectivity.Events.Publish(
                    new ConnectivityEvent.PeerConnected(rig.Connectivity.Connect(connecting, ConnectionDirection.Inbound)));
            }
            else
            {
                PeerFlags flags = moment == "asks nodes" ? PeerFlags.None : PeerFlags.Seed;
                Func<NodeId> peer = () => rig.Store(flags, isSeen: true);
                rig.Connectivity.Pending.Add(peer());
                rig.Connectivity.Dialable.Add(peer());
                peer();
                NodeId answering = peer();
                rig.Connectivity.Dialable.Add(answering);
                rig.Rpc.Answer(answering, rig.Infos(3));
                rig.Connectivity.Connect(peer());
                rig.Connectivity.Connect(rig.Node(rig.Infos(2)));
                rig.Start();
            }

            rig.Rpc.ItemDelay = TimeSpan.FromMilliseconds(7);
            if (moment == "rebootstraps")
            {
                rig.Scheduler.RunUntilIdle();
                rig.Starve();
            }

            rig.RunFor(milliseconds / 1000.0);
            rig.Finish();
            foreach (NodeId pending in rig.Connectivity.Pending)
            {
                rig.Connectivity.Land(pending);
            }

            rig.Scheduler.RunUntilIdle();
            Assert.That(rig.Connectivity.HandlesOut, Is.Zero, "a dial that lands too late is given up");
        }
    }

    private static void CloseStoreAt(DiscoveryRig rig, int read, int last)
    {
        if (read == last)
        {
            Assert.That(rig.Peers.DisposeAsync().AsTask().IsCompletedSuccessfully, "in memory there is nothing to wait for");
        }
    }

    private static GetPeersItem[] Unconvertible(int count) =>
        [.. Enumerable.Repeat(new GetPeersItem(GetPeersItemKind.Unconvertible), count)];

    /// <summary>A node whose first round asks the nodes in its store.</summary>
    private static DiscoveryRig Discovering() => new(config => config with { MinDesiredPeers = 1 });

    private static void AssertEnded(DiscoveryRig rig, NetworkDiscoveryService service)
    {
        Assert.That(service.Completion.IsCompletedSuccessfully);
        Assert.That(service.Status.State, Is.EqualTo(NetworkDiscoveryState.Shutdown));
        Assert.That((rig.Connectivity.HandlesOut, rig.Rpc.Open, rig.Time.ArmedTimers), Is.EqualTo((0, 0, 0)));
        Assert.That(rig.Scheduler.ForeignTasks, Is.Zero);
    }

    /// <summary>Fails at some draws.</summary>
    private sealed class FaultyRandom(int first, int count) : Random(1)
    {
        private int _draws;

        public override double NextDouble() => ++_draws >= first && _draws - first < count
            ? throw new InvalidOperationException("Nothing was drawn.")
            : base.NextDouble();
    }

    /// <summary>Draws what makes every pause longest.</summary>
    private sealed class LatestRandom() : Random(1)
    {
        public override double NextDouble() => 0.999;
    }

    /// <summary>Refuses times that the framework's timers refuse.</summary>
    private sealed class LimitedTime(VirtualTime inner) : TimeProvider
    {
        private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(inner.CreateTimer(callback, state, Checked(dueTime), Checked(period)));

        private static TimeSpan Checked(TimeSpan time) =>
            time <= s_longest ? time : throw new ArgumentOutOfRangeException(nameof(time), time, "No timer holds that.");

        private sealed class Timer(ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(Checked(dueTime), Checked(period));

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
