using System.Collections.Immutable;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class NetworkDiscoveryMachineTests
{
    private static readonly NetworkDiscoveryConfig s_config = new();
    private static readonly ImmutableArray<NodeId> s_peers = [NodeIds.Of(1), NodeIds.Of(2)];
    private static readonly DiscoveryRoundInfo s_failed = new() { Phase = DiscoveryPhase.SeedStrap };
    private static readonly DiscoveryRoundInfo s_answered = new() { Succeeded = 1, DuplicatePeers = 2 };
    private static readonly DiscoveryRoundInfo s_fruitful = new() { Succeeded = 1, NewPeers = 3 };
    private static readonly NetworkDiscoveryInput.Tick s_tick = new();

    [Test]
    public void A_node_that_knows_few_peers_asks_seeds_and_tells_so_once()
    {
        NetworkDiscoveryStep step = New().Next(new NetworkDiscoveryInput.Initialized(), Seconds(1), 0.5);

        Assert.That(step.Machine.State, Is.EqualTo(NetworkDiscoveryState.SeedStrap));
        Assert.That(step.Events, Is.EqualTo(new DhtEvent[] { new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.SeedStrap) }));
        Assert.That((step.Machine.Method, step.Machine.SeedLimit), Is.EqualTo((BootstrapMethod.SeedStrap, 5)));
    }

    [Test]
    public void A_node_that_knows_enough_peers_has_its_first_bootstrap_behind_it()
    {
        NetworkDiscoveryStep step = New().Next(new NetworkDiscoveryInput.InitialPeersSufficient(), Seconds(1), 0.5);

        Assert.That(step.Machine.State, Is.EqualTo(NetworkDiscoveryState.Ready));
        Assert.That(step.Events, Is.EqualTo(new DhtEvent[]
        {
            new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.ExistingPeers),
            new DhtEvent.PrimaryBootstrapComplete(),
        }));
        Assert.That(step.Machine.Method, Is.EqualTo(BootstrapMethod.ExistingPeers));
    }

    [Test]
    public void Seeds_that_answered_complete_the_first_bootstrap()
    {
        NetworkDiscoveryStep step = SeedStrap().Next(new NetworkDiscoveryInput.DiscoveryComplete(s_fruitful), Seconds(2), 0.5);

        Assert.That((step.Machine.State, step.Machine.Rounds, step.Machine.TotalRounds), Is.EqualTo((NetworkDiscoveryState.Ready, 1, 1L)));
        Assert.That(step.Events, Is.EqualTo(new DhtEvent[]
        {
            new DhtEvent.NetworkDiscoveryPeersAdded(s_fruitful), new DhtEvent.PrimaryBootstrapComplete(),
        }));
    }

    [Test]
    public void When_no_seed_answers_the_seeds_are_asked_again_after_pauses_that_double()
    {
        NetworkDiscoveryMachine machine = SeedStrap();
        TimeSpan now = Seconds(1);
        var pauses = new List<double>();
        for (int i = 0; i < 4; i++)
        {
            NetworkDiscoveryStep failed = machine.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_failed), now, 0.5);
            Assert.That(
                (failed.Machine.State, failed.Machine.Then, failed.Events.Length),
                Is.EqualTo((NetworkDiscoveryState.Waiting, NetworkDiscoveryState.SeedStrap, 0)));
            pauses.Add((failed.Machine.WakeAt!.Value - now).TotalSeconds);
            now = failed.Machine.WakeAt.Value;
            NetworkDiscoveryStep woken = failed.Machine.Next(s_tick, now, 0.5);
            Assert.That(
                (woken.Machine.State, woken.BeginsState, woken.Events.Length), Is.EqualTo((NetworkDiscoveryState.SeedStrap, true, 0)));
            machine = woken.Machine;
        }

        Assert.That(pauses, Is.EqualTo(new double[] { 5, 10, 20, 40 }));

        NetworkDiscoveryStep answered = machine.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_answered), now, 0.5);
        Assert.That(answered.Machine.State, Is.EqualTo(NetworkDiscoveryState.Ready));
        Assert.That(answered.Events, Is.EqualTo(new DhtEvent[] { new DhtEvent.PrimaryBootstrapComplete() }));
    }

    [Test]
    public void When_no_node_answers_discovery_waits_for_the_failure_pause()
    {
        NetworkDiscoveryStep step = Discovering().Next(
            new NetworkDiscoveryInput.DiscoveryComplete(new DiscoveryRoundInfo()), Seconds(10), 0.9);

        Assert.That(
            (step.Machine.State, step.Machine.Then, step.Machine.WakeAt),
            Is.EqualTo((NetworkDiscoveryState.Waiting, NetworkDiscoveryState.Ready, Seconds(15))));
        Assert.That(step.Machine.Rounds, Is.EqualTo(1), "the seeds' alone");
    }

    [Test]
    public void A_round_that_succeeds_does_not_tell_the_bootstrap_method_again()
    {
        NetworkDiscoveryStep step = Discovering().Next(new NetworkDiscoveryInput.DiscoveryComplete(s_fruitful), Seconds(10), 0.5);

        Assert.That(step.Machine.State, Is.EqualTo(NetworkDiscoveryState.Ready));
        Assert.That(step.Events, Is.EqualTo(new DhtEvent[] { new DhtEvent.NetworkDiscoveryPeersAdded(s_fruitful) }));
    }

    [Test]
    public void The_bootstrap_timer_completes_the_first_bootstrap_once_and_leaves_the_work_alone(
        [Values(NetworkDiscoveryState.Initializing, NetworkDiscoveryState.SeedStrap)] NetworkDiscoveryState state)
    {
        NetworkDiscoveryMachine machine = state == NetworkDiscoveryState.Initializing ? New() : SeedStrap();
        Assert.That(machine.NextTimer, Is.EqualTo(Seconds(300)));

        NetworkDiscoveryStep step = machine.Next(s_tick, Seconds(300), 0.5);

        Assert.That((step.Machine.State, step.BeginsState), Is.EqualTo((state, false)));
        Assert.That(step.Events, Is.EqualTo(new DhtEvent[] { new DhtEvent.PrimaryBootstrapComplete() }));
        Assert.That(step.Machine.NextTimer, Is.Null);
        Assert.That(step.Machine.Next(s_tick, Seconds(301), 0.5).Events, Is.Empty);

        NetworkDiscoveryMachine seeds = state == NetworkDiscoveryState.SeedStrap
            ? step.Machine
            : step.Machine.Next(new NetworkDiscoveryInput.Initialized(), Seconds(302), 0.5).Machine;
        Assert.That(
            seeds.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_answered), Seconds(303), 0.5).Events, Is.Empty, "not a second time");
    }

    [Test]
    public void The_bootstrap_timer_ends_a_pause()
    {
        NetworkDiscoveryMachine waiting =
            SeedStrap().Next(new NetworkDiscoveryInput.DiscoveryComplete(s_failed), Seconds(298), 0.5).Machine;
        Assert.That((waiting.WakeAt, waiting.NextTimer), Is.EqualTo(((TimeSpan?)Seconds(303), (TimeSpan?)Seconds(300))));

        NetworkDiscoveryStep step = waiting.Next(s_tick, Seconds(300), 0.5);

        Assert.That((step.Machine.State, step.Machine.IsPrimaryBootstrapComplete), Is.EqualTo((NetworkDiscoveryState.Ready, true)));
    }

    [Test]
    public void A_tick_before_its_time_changes_nothing()
    {
        NetworkDiscoveryMachine waiting = Ready().Next(Decided(ReadyOutcome.Idle), Seconds(10), 0.5).Machine;

        Assert.That(waiting.WakeAt, Is.EqualTo(Seconds(1810)));
        NetworkDiscoveryStep early = waiting.Next(s_tick, Seconds(1809), 0.5);
        Assert.That((early.Machine, early.BeginsState), Is.EqualTo((waiting, false)));
        Assert.That(waiting.Next(s_tick, Seconds(1810), 0.5).Machine.State, Is.EqualTo(NetworkDiscoveryState.Ready));
    }

    [Test]
    public void An_error_before_the_seeds_were_asked_does_not_skip_them()
    {
        NetworkDiscoveryMachine waiting = New().Next(new NetworkDiscoveryInput.Errored(), Seconds(3), 0.5).Machine;

        Assert.That((waiting.State, waiting.WakeAt), Is.EqualTo((NetworkDiscoveryState.Waiting, (TimeSpan?)Seconds(8))));
        Assert.That(waiting.Next(s_tick, Seconds(8), 0.5).Machine.State, Is.EqualTo(NetworkDiscoveryState.Initializing));
    }

    [Test]
    public void OnConnect_ends_after_the_idle_period_and_tells_of_peers_that_are_new()
    {
        NetworkDiscoveryMachine machine = Ready().Next(Decided(ReadyOutcome.OnConnectMode), Seconds(10), 0.5).Machine;

        NetworkDiscoveryStep synced = machine.Next(new NetworkDiscoveryInput.SyncedOnConnect(s_fruitful), Seconds(20), 0.5);
        Assert.That((synced.BeginsState, synced.Machine), Is.EqualTo((false, machine)));
        Assert.That(synced.Events, Is.EqualTo(new DhtEvent[] { new DhtEvent.NetworkDiscoveryPeersAdded(s_fruitful) }));
        Assert.That(machine.Next(new NetworkDiscoveryInput.SyncedOnConnect(s_answered), Seconds(20), 0.5).Events, Is.Empty);

        Assert.That(machine.WakeAt, Is.EqualTo(Seconds(1810)));
        Assert.That(machine.Next(s_tick, Seconds(1810), 0.5).Machine.State, Is.EqualTo(NetworkDiscoveryState.Ready));
    }

    [Test]
    public void PoolStarved_leads_to_a_rebootstrap_from_every_other_state_and_its_info_is_published(
        [Values(
            NetworkDiscoveryState.Initializing,
            NetworkDiscoveryState.SeedStrap,
            NetworkDiscoveryState.Ready,
            NetworkDiscoveryState.Discovering,
            NetworkDiscoveryState.Waiting,
            NetworkDiscoveryState.OnConnect)] NetworkDiscoveryState state)
    {
        NetworkDiscoveryMachine machine = In(state);
        bool wasComplete = machine.IsPrimaryBootstrapComplete;

        NetworkDiscoveryStep starved = machine.Next(new NetworkDiscoveryInput.PoolStarved(), Seconds(20), 0.5);
        Assert.That((starved.Machine.State, starved.BeginsState), Is.EqualTo((NetworkDiscoveryState.Rebootstrap, true)));
        Assert.That((starved.Machine.NextTimer, starved.Events.Length), Is.EqualTo(((TimeSpan?)null, 0)));

        var info = new RebootstrapInfo { SeedsSynced = 1, LearnedPeers = s_peers };
        NetworkDiscoveryStep done = starved.Machine.Next(new NetworkDiscoveryInput.RebootstrapComplete(info), Seconds(30), 0.5);
        Assert.That((done.Machine.State, done.Machine.Rounds), Is.EqualTo((NetworkDiscoveryState.Ready, 0)));
        DhtEvent[] expected = [new DhtEvent.PrimaryBootstrapComplete(), new DhtEvent.RebootstrapComplete(info)];
        Assert.That(done.Events, Is.EqualTo(wasComplete ? expected[1..] : expected));
    }

    [Test]
    public void PoolStarved_during_a_rebootstrap_leaves_it_as_it_is()
    {
        NetworkDiscoveryMachine machine = In(NetworkDiscoveryState.Rebootstrap);

        NetworkDiscoveryStep step = machine.Next(new NetworkDiscoveryInput.PoolStarved(), Seconds(21), 0.5);

        Assert.That((step.Machine, step.BeginsState, step.Events.Length), Is.EqualTo((machine, false, 0)));
    }

    [Test]
    public void A_node_that_asks_again_first_pauses_and_takes_the_pause_only_once()
    {
        NetworkDiscoveryMachine waiting = Ready().Next(Decided(ReadyOutcome.Pause), Seconds(10), 0).Machine;
        Assert.That((waiting.WakeAt, waiting.AskAgain.Next), Is.EqualTo(((TimeSpan?)Seconds(13.75), Seconds(10))));

        NetworkDiscoveryMachine ready = waiting.Next(s_tick, Seconds(14), 0).Machine;
        Assert.That(ready.AskAgain.IsOver(Seconds(14)));
        NetworkDiscoveryMachine asking = ready.Next(Decided(ReadyOutcome.AskAgain), Seconds(14), 0).Machine;

        Assert.That((asking.State, asking.AskAgain.IsOver(Seconds(15))), Is.EqualTo((NetworkDiscoveryState.Discovering, false)));
        Assert.That(asking.Peers, Is.EqualTo(s_peers));
        Assert.That(
            asking.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_answered), Seconds(15), 0).Machine.AskAgain.Next,
            Is.EqualTo(Seconds(10)));
        Assert.That(
            asking.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_fruitful), Seconds(15), 0).Machine.AskAgain.Next,
            Is.EqualTo(Seconds(5)));
    }

    [Test]
    public void A_node_that_may_ask_nobody_else_asks_one_seed()
    {
        NetworkDiscoveryMachine machine = Ready().Next(Decided(ReadyOutcome.AskSeed), Seconds(10), 0).Machine;

        Assert.That((machine.State, machine.SeedLimit), Is.EqualTo((NetworkDiscoveryState.SeedStrap, 1)));

        NetworkDiscoveryMachine waiting = machine.Next(new NetworkDiscoveryInput.DiscoveryComplete(s_failed), Seconds(11), 0.5).Machine;
        Assert.That((waiting.State, waiting.Then), Is.EqualTo((NetworkDiscoveryState.Waiting, NetworkDiscoveryState.Ready)));
    }

    [Test]
    public void Pauses_of_no_time_are_a_second_so_that_time_passes()
    {
        var config = new NetworkDiscoveryConfig { OnFailureIdlePeriod = TimeSpan.Zero, IdlePeriod = TimeSpan.Zero };
        NetworkDiscoveryMachine ready = new NetworkDiscoveryMachine(config)
            .Next(new NetworkDiscoveryInput.InitialPeersSufficient(), Seconds(1), 0.5).Machine;

        Assert.That(ready.Next(Decided(ReadyOutcome.Idle), Seconds(1), 0.5).Machine.WakeAt, Is.EqualTo(Seconds(2)));
        Assert.That(ready.Next(new NetworkDiscoveryInput.Errored(), Seconds(1), 0.5).Machine.WakeAt, Is.EqualTo(Seconds(2)));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 1, 40 })]
    public void Any_sequence_of_inputs_keeps_to_the_table(int seed)
    {
        var random = new Random(seed);
        NetworkDiscoveryMachine machine = New();
        TimeSpan now = TimeSpan.Zero;
        int completions = 0, methods = 0, rounds = 0;
        const int Steps = 1_000;
        for (int i = 0; i < Steps; i++)
        {
            now += Seconds(random.NextDouble() * (random.Next(10) == 0 ? 4000 : 4));
            NetworkDiscoveryInput input = Draw(random, i == Steps - 1);
            NetworkDiscoveryMachine before = machine;
            NetworkDiscoveryStep step = machine.Next(input, now, random.NextDouble());
            machine = step.Machine;

            Assert.That(Allows(before, input, machine.State), $"{before.State} -> {machine.State} by {input}");
            Assert.That(step.BeginsState || machine.State == before.State, "a state that is left begins another one");
            Assert.That(machine.Since, Is.EqualTo(step.BeginsState ? now : before.Since));

            bool waits = machine.State is NetworkDiscoveryState.Waiting or NetworkDiscoveryState.OnConnect;
            Assert.That(
                machine.WakeAt is not null, Is.EqualTo(waits), "only states without work of their own end by a timer, and these do");
            if (step.BeginsState && waits)
            {
                Assert.That(machine.WakeAt, Is.GreaterThan(now).And.LessThanOrEqualTo(now + Seconds(1800 * 1.25)), "every pause ends");
            }

            if (waits)
            {
                NetworkDiscoveryState after =
                    machine.Next(s_tick, machine.WakeAt!.Value > now ? machine.WakeAt.Value : now, 0.5).Machine.State;
                Assert.That(after, Is.EqualTo(NetworkDiscoveryState.Ready).Or.EqualTo(machine.Then), "there is a way out");
            }

            Assert.That(machine.NextTimer is null || machine.State != NetworkDiscoveryState.Shutdown);
            Assert.That(!machine.Peers.IsEmpty, Is.EqualTo(machine.State == NetworkDiscoveryState.Discovering));
            Assert.That(machine.AskAgain.Next, Is.InRange(Seconds(5), Seconds(1800)));

            completions += step.Events.Count(published => published is DhtEvent.PrimaryBootstrapComplete);
            methods += step.Events.Count(published => published is DhtEvent.BootstrapMethodDetermined);
            rounds += machine.TotalRounds > before.TotalRounds ? 1 : 0;
            Assert.That(
                (completions, machine.IsPrimaryBootstrapComplete), Is.AnyOf((0, false), (1, true)), "it is told once, when it is so");
            Assert.That((methods, machine.Method.HasValue), Is.AnyOf((0, false), (1, true)));
            Assert.That(machine.TotalRounds, Is.EqualTo(rounds));
            if (before.State == NetworkDiscoveryState.Shutdown)
            {
                Assert.That((machine, step.Events.Length), Is.EqualTo((before, 0)), "nothing comes after the end");
            }
        }

        Assert.That(machine.State, Is.EqualTo(NetworkDiscoveryState.Shutdown));
    }

    private static NetworkDiscoveryInput Draw(Random random, bool ends) =>
        ends ? new NetworkDiscoveryInput.Shutdown() : random.Next(11) switch
    {
        0 => new NetworkDiscoveryInput.Initialized(),
        1 => random.Next(5) == 0 ? new NetworkDiscoveryInput.InitialPeersSufficient() : new NetworkDiscoveryInput.Initialized(),
        2 or 3 => new NetworkDiscoveryInput.DiscoveryComplete(
            new DiscoveryRoundInfo { Succeeded = random.Next(3), NewPeers = random.Next(3) }),
        4 or 5 => Decided((ReadyOutcome)random.Next(6), random.Next(2) == 0),
        6 => new NetworkDiscoveryInput.SyncedOnConnect(new DiscoveryRoundInfo { Succeeded = 1, NewPeers = random.Next(2) }),
        7 => random.Next(4) == 0 ? new NetworkDiscoveryInput.PoolStarved() : s_tick,
        8 => random.Next(4) == 0 ? new NetworkDiscoveryInput.Errored() : s_tick,
        9 => new NetworkDiscoveryInput.RebootstrapComplete(new RebootstrapInfo { LearnedPeers = random.Next(2) == 0 ? [] : s_peers }),
        _ => s_tick,
    };

    /// <summary>The table of states, said a second time.</summary>
    private static bool Allows(NetworkDiscoveryMachine before, NetworkDiscoveryInput input, NetworkDiscoveryState after)
    {
        NetworkDiscoveryState state = before.State;
        return after == state
            || (input is NetworkDiscoveryInput.Shutdown && after == NetworkDiscoveryState.Shutdown)
            || (state != NetworkDiscoveryState.Shutdown && (state, input, after) switch
            {
                (NetworkDiscoveryState.Rebootstrap, NetworkDiscoveryInput.RebootstrapComplete, NetworkDiscoveryState.Ready) => true,
                (NetworkDiscoveryState.Rebootstrap, _, _) => false,
                (_, NetworkDiscoveryInput.PoolStarved, NetworkDiscoveryState.Rebootstrap) => true,
                (_, NetworkDiscoveryInput.Errored, NetworkDiscoveryState.Waiting) => true,
                (NetworkDiscoveryState.Initializing, NetworkDiscoveryInput.Initialized, NetworkDiscoveryState.SeedStrap) => true,
                (NetworkDiscoveryState.Initializing, NetworkDiscoveryInput.InitialPeersSufficient, NetworkDiscoveryState.Ready) => true,
                (NetworkDiscoveryState.SeedStrap or NetworkDiscoveryState.Discovering,
                    NetworkDiscoveryInput.DiscoveryComplete { Round.IsSuccess: true },
                    NetworkDiscoveryState.Ready) => true,
                (NetworkDiscoveryState.SeedStrap or NetworkDiscoveryState.Discovering,
                    NetworkDiscoveryInput.DiscoveryComplete { Round.IsSuccess: false },
                    NetworkDiscoveryState.Waiting) => true,
                (NetworkDiscoveryState.Ready,
                    NetworkDiscoveryInput.Decided { Decision.Outcome: ReadyOutcome.BeginDiscovery or ReadyOutcome.AskAgain },
                    NetworkDiscoveryState.Discovering) => true,
                (NetworkDiscoveryState.Ready,
                    NetworkDiscoveryInput.Decided { Decision.Outcome: ReadyOutcome.AskSeed },
                    NetworkDiscoveryState.SeedStrap) => true,
                (NetworkDiscoveryState.Ready,
                    NetworkDiscoveryInput.Decided { Decision.Outcome: ReadyOutcome.OnConnectMode },
                    NetworkDiscoveryState.OnConnect) => true,
                (NetworkDiscoveryState.Ready,
                    NetworkDiscoveryInput.Decided { Decision.Outcome: ReadyOutcome.Idle or ReadyOutcome.Pause },
                    NetworkDiscoveryState.Waiting) => true,
                (NetworkDiscoveryState.Waiting, NetworkDiscoveryInput.Tick, _) =>
                    after == NetworkDiscoveryState.Ready || after == before.Then,
                (NetworkDiscoveryState.OnConnect, NetworkDiscoveryInput.Tick, NetworkDiscoveryState.Ready) => true,
                _ => false,
            });
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static NetworkDiscoveryInput.Decided Decided(ReadyOutcome outcome, bool resets = false) =>
        new(new ReadyDecision(outcome, resets, outcome is ReadyOutcome.BeginDiscovery or ReadyOutcome.AskAgain ? s_peers : []));

    private static NetworkDiscoveryMachine New() => new(s_config);

    private static NetworkDiscoveryMachine SeedStrap() => New().Next(new NetworkDiscoveryInput.Initialized(), Seconds(1), 0.5).Machine;

    private static NetworkDiscoveryMachine Ready() =>
        SeedStrap().Next(new NetworkDiscoveryInput.DiscoveryComplete(s_answered), Seconds(2), 0.5).Machine;

    private static NetworkDiscoveryMachine Discovering() => Ready().Next(Decided(ReadyOutcome.BeginDiscovery), Seconds(3), 0.5).Machine;

    private static NetworkDiscoveryMachine In(NetworkDiscoveryState state) => state switch
    {
        NetworkDiscoveryState.Initializing => New(),
        NetworkDiscoveryState.SeedStrap => SeedStrap(),
        NetworkDiscoveryState.Ready => Ready(),
        NetworkDiscoveryState.Discovering => Discovering(),
        NetworkDiscoveryState.Waiting => Ready().Next(Decided(ReadyOutcome.Idle), Seconds(3), 0.5).Machine,
        NetworkDiscoveryState.OnConnect => Ready().Next(Decided(ReadyOutcome.OnConnectMode), Seconds(3), 0.5).Machine,
        NetworkDiscoveryState.Rebootstrap => Ready().Next(new NetworkDiscoveryInput.PoolStarved(), Seconds(3), 0.5).Machine,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
