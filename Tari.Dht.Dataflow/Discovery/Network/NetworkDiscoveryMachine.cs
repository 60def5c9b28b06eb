using System.Collections.Immutable;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>The states of network discovery: what follows from a state, an input and the time. Does nothing itself.</summary>
/// <remarks>
/// <para>Immutable, and a pure function. Times are those since the service started. One timer is enough: <see cref="NextTimer"/>.</para>
/// <code>
/// Initializing -- few peers known ----> SeedStrap -- answered --> Ready
/// Initializing -- enough known -------> Ready        (nobody answered: Waiting, and SeedStrap again)
/// Ready -- nodes to ask -> Discovering -- answered --> Ready  (nobody answered: Waiting)
/// Ready -- a seed to ask -> SeedStrap    Ready -- enough -> OnConnect    Ready -- nobody to ask -> Waiting
/// Waiting, OnConnect -- time ---------> Ready
/// all but Rebootstrap -- pool starves -> Rebootstrap --------> Ready
/// all --------------------------------> Shutdown
/// </code>
/// </remarks>
internal sealed record NetworkDiscoveryMachine
{
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromSeconds(1);

    private readonly NetworkDiscoveryConfig _config;

    /// <param name="config">What is wanted.</param>
    public NetworkDiscoveryMachine(NetworkDiscoveryConfig config)
    {
        _config = config;
        AskAgain = ColdStartBackoff.Create(FailurePause, IdlePause);
        SeedLimit = config.MaxSeedPeerSyncCount;
    }

    /// <summary>The state.</summary>
    public NetworkDiscoveryState State { get; private init; }

    /// <summary>When it began.</summary>
    public TimeSpan Since { get; private init; }

    /// <summary>When it ends by itself; null if it doesn't.</summary>
    public TimeSpan? WakeAt { get; private init; }

    /// <summary>The state that a <see cref="NetworkDiscoveryState.Waiting"/> leads to.</summary>
    public NetworkDiscoveryState Then { get; private init; }

    /// <summary>Rounds in which somebody answered since the last pause.</summary>
    public int Rounds { get; private init; }

    /// <summary>All rounds.</summary>
    public long TotalRounds { get; private init; }

    /// <summary>What the last round brought; null before the first.</summary>
    public DiscoveryRoundInfo? LastRound { get; private init; }

    /// <summary>How the node gets its first peers; null until that is decided.</summary>
    public BootstrapMethod? Method { get; private init; }

    /// <summary>Whether <see cref="DhtEvent.PrimaryBootstrapComplete"/> was published.</summary>
    public bool IsPrimaryBootstrapComplete { get; private init; }

    /// <summary>When a node that knows too few asks again.</summary>
    public ColdStartBackoff AskAgain { get; private init; }

    /// <summary>Seeds that <see cref="NetworkDiscoveryState.SeedStrap"/> asks at once.</summary>
    public int SeedLimit { get; private init; }

    /// <summary>Whom <see cref="NetworkDiscoveryState.Discovering"/> asks.</summary>
    public ImmutableArray<NodeId> Peers { get; private init; } = [];

    /// <summary>When a <see cref="NetworkDiscoveryInput.Tick"/> is due; null if none is.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            if (State is NetworkDiscoveryState.Shutdown)
            {
                return null;
            }

            TimeSpan? bootstrap =
                IsPrimaryBootstrapComplete || State is NetworkDiscoveryState.Rebootstrap ? null : _config.BootstrapTimeout;
            return WakeAt is null || bootstrap < WakeAt ? bootstrap : WakeAt;
        }
    }

    // Pauses of less than that would be no pauses.
    private TimeSpan FailurePause => Max(_config.OnFailureIdlePeriod, s_shortestPause);

    private TimeSpan IdlePause => Max(_config.IdlePeriod, s_shortestPause);

    /// <summary>What an input does.</summary>
    /// <param name="input">The input; one that the state has no use for changes nothing.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    /// <param name="jitter">A random number from 0 to 1.</param>
    public NetworkDiscoveryStep Next(NetworkDiscoveryInput input, TimeSpan now, double jitter)
    {
        ArgumentNullException.ThrowIfNull(input);
        return (State, input) switch
        {
            (NetworkDiscoveryState.Shutdown, _) => Stay(),
            (_, NetworkDiscoveryInput.Shutdown) => Begin(NetworkDiscoveryState.Shutdown, now),
            (_, NetworkDiscoveryInput.Tick) => OnTick(now),
            (NetworkDiscoveryState.Rebootstrap, NetworkDiscoveryInput.RebootstrapComplete complete) =>
                OnRebootstrapped(complete.Info, now),
            (NetworkDiscoveryState.Rebootstrap, _) => Stay(),
            (_, NetworkDiscoveryInput.PoolStarved) => Begin(NetworkDiscoveryState.Rebootstrap, now),
            (_, NetworkDiscoveryInput.Errored) => OnErrored(now),
            (NetworkDiscoveryState.Initializing, NetworkDiscoveryInput.Initialized) =>
                (this with { Method = BootstrapMethod.SeedStrap }).Begin(
                    NetworkDiscoveryState.SeedStrap,
                    now,
                    Method is null ? [new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.SeedStrap)] : []),
            (NetworkDiscoveryState.Initializing, NetworkDiscoveryInput.InitialPeersSufficient) => OnSufficient(now),
            (NetworkDiscoveryState.SeedStrap, NetworkDiscoveryInput.DiscoveryComplete complete) =>
                OnSeedsAsked(complete.Round, now, jitter),
            (NetworkDiscoveryState.Discovering, NetworkDiscoveryInput.DiscoveryComplete complete) => OnNodesAsked(complete.Round, now),
            (NetworkDiscoveryState.Ready, NetworkDiscoveryInput.Decided decided) => OnDecided(decided.Decision, now, jitter),
            (NetworkDiscoveryState.OnConnect, NetworkDiscoveryInput.SyncedOnConnect synced) =>
                new NetworkDiscoveryStep(this, PeersAdded(synced.Round), false),
            _ => Stay(),
        };
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static ImmutableArray<DhtEvent> PeersAdded(DiscoveryRoundInfo round) =>
        round.HasNewPeers ? [new DhtEvent.NetworkDiscoveryPeersAdded(round)] : [];

    private NetworkDiscoveryStep Stay() => new(this, [], false);

    private NetworkDiscoveryStep Begin(NetworkDiscoveryState state, TimeSpan now, ImmutableArray<DhtEvent> events = default) =>
        new(
            this with { State = state, Since = now, WakeAt = null, Peers = state == NetworkDiscoveryState.Discovering ? Peers : [] },
            events.IsDefault ? [] : events,
            true);

    private NetworkDiscoveryStep Wait(
        TimeSpan until, NetworkDiscoveryState then, TimeSpan now, ImmutableArray<DhtEvent> events = default)
    {
        NetworkDiscoveryStep step = Begin(NetworkDiscoveryState.Waiting, now, events);
        return step with { Machine = step.Machine with { WakeAt = until, Then = then } };
    }

    /// <summary>The first bootstrap is done; it is told once.</summary>
    private NetworkDiscoveryMachine Complete(ref ImmutableArray<DhtEvent> events)
    {
        if (IsPrimaryBootstrapComplete)
        {
            return this;
        }

        events = events.Add(new DhtEvent.PrimaryBootstrapComplete());
        return this with { IsPrimaryBootstrapComplete = true };
    }

    private NetworkDiscoveryStep OnTick(TimeSpan now)
    {
        if (!IsPrimaryBootstrapComplete && State is not NetworkDiscoveryState.Rebootstrap && now >= _config.BootstrapTimeout)
        {
            ImmutableArray<DhtEvent> events = [];
            NetworkDiscoveryMachine machine = Complete(ref events);
            return State is NetworkDiscoveryState.Waiting or NetworkDiscoveryState.OnConnect
                ? machine.Begin(NetworkDiscoveryState.Ready, now, events)
                : new NetworkDiscoveryStep(machine, events, false);
        }

        return !(WakeAt <= now) ? Stay()
            : State is NetworkDiscoveryState.Waiting ? Begin(Then, now)
            : Begin(NetworkDiscoveryState.Ready, now);
    }

    private NetworkDiscoveryStep OnErrored(TimeSpan now) => Wait(
        now + FailurePause,
        State is NetworkDiscoveryState.Initializing or NetworkDiscoveryState.SeedStrap ? State
            : State is NetworkDiscoveryState.Waiting ? Then
            : NetworkDiscoveryState.Ready,
        now);

    private NetworkDiscoveryStep OnSufficient(TimeSpan now)
    {
        ImmutableArray<DhtEvent> events = Method is null ? [new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.ExistingPeers)] : [];
        NetworkDiscoveryMachine machine = Complete(ref events);
        return (machine with { Method = Method ?? BootstrapMethod.ExistingPeers }).Begin(NetworkDiscoveryState.Ready, now, events);
    }

    private NetworkDiscoveryMachine AfterRound(DiscoveryRoundInfo round) => this with
    {
        LastRound = round,
        TotalRounds = TotalRounds + 1,
        Rounds = round.IsSuccess && Rounds < int.MaxValue ? Rounds + 1 : Rounds,
        AskAgain = round.HasNewPeers ? AskAgain.Reset() : AskAgain,
    };

    private NetworkDiscoveryStep OnSeedsAsked(DiscoveryRoundInfo round, TimeSpan now, double jitter)
    {
        ImmutableArray<DhtEvent> events = PeersAdded(round);
        NetworkDiscoveryMachine machine = AfterRound(round);
        if (round.IsSuccess)
        {
            return machine.Complete(ref events).Begin(NetworkDiscoveryState.Ready, now, events);
        }

        // Before the first bootstrap is done there is nobody else to ask.
        ColdStartBackoff pause = machine.AskAgain.Pause(now, jitter);
        return (machine with { AskAgain = pause }).Wait(
            pause.Until!.Value, IsPrimaryBootstrapComplete ? NetworkDiscoveryState.Ready : NetworkDiscoveryState.SeedStrap, now, events);
    }

    private NetworkDiscoveryStep OnNodesAsked(DiscoveryRoundInfo round, TimeSpan now)
    {
        NetworkDiscoveryMachine machine = AfterRound(round);
        return round.IsSuccess
            ? machine.Begin(NetworkDiscoveryState.Ready, now, PeersAdded(round))
            : machine.Wait(now + FailurePause, NetworkDiscoveryState.Ready, now, PeersAdded(round));
    }

    private NetworkDiscoveryStep OnDecided(ReadyDecision decision, TimeSpan now, double jitter)
    {
        NetworkDiscoveryMachine machine = decision.ResetsRounds ? this with { Rounds = 0 } : this;
        switch (decision.Outcome)
        {
            case ReadyOutcome.BeginDiscovery:
                return (machine with { Peers = decision.Peers }).Begin(NetworkDiscoveryState.Discovering, now);
            case ReadyOutcome.AskAgain:
                return (machine with { Peers = decision.Peers, AskAgain = AskAgain.Used() }).Begin(NetworkDiscoveryState.Discovering, now);
            case ReadyOutcome.AskSeed:
                return (machine with { SeedLimit = Math.Min(1, _config.MaxSeedPeerSyncCount), AskAgain = AskAgain.Used() }).Begin(NetworkDiscoveryState.SeedStrap, now);
            case ReadyOutcome.OnConnectMode:
                NetworkDiscoveryStep step = machine.Begin(NetworkDiscoveryState.OnConnect, now);
                return step with { Machine = step.Machine with { WakeAt = now + IdlePause } };
            case ReadyOutcome.Idle:
                return machine.Wait(now + IdlePause, NetworkDiscoveryState.Ready, now);
            default:
                ColdStartBackoff pause = AskAgain.Pause(now, jitter);
                return (machine with { AskAgain = pause }).Wait(pause.Until!.Value, NetworkDiscoveryState.Ready, now);
        }
    }

    private NetworkDiscoveryStep OnRebootstrapped(RebootstrapInfo info, TimeSpan now)
    {
        ImmutableArray<DhtEvent> events = [];
        NetworkDiscoveryMachine machine = Complete(ref events) with
        {
            Rounds = 0,
            AskAgain = info.LearnedPeers.IsEmpty ? AskAgain : AskAgain.Reset(),
        };
        return machine.Begin(NetworkDiscoveryState.Ready, now, events.Add(new DhtEvent.RebootstrapComplete(info)));
    }
}
