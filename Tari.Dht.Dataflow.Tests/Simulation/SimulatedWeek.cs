using System.Diagnostics;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// Seven days of a network with churn, dead seeds, a lonely node and a partition. Every ten minutes all nodes are looked at, and at the end
/// of each day what the process holds.
/// </summary>
internal sealed class SimulatedWeek : IDisposable
{
    private const int Days = 7;

    // Nodes that are down at the same time, of a hundred.
    private const int MostDown = 20;
    private const int TimersPerNode = 12;

    // What the heap may hold for a node, running or not, and for each peer in its store. Measured: 207 KiB and 930 bytes.
    private const long BytesPerNode = 280 << 10;
    private const long BytesPerKnownPeer = 1280;

    // A node has none of its own. The runtime starts threads of its pool as it likes, and opens a file now and then.
    private const int MoreHandles = 16;
    private const int MoreThreads = 24;

    private static readonly TimeSpan s_step = TimeSpan.FromMinutes(10);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ProcessResources _resourcesBefore = ProcessResources.Count();
    private readonly long _heapBefore = Heap();
    private readonly int _nodes;
    private readonly TimeSpan _day;
    private readonly LivingNetwork _network = new(seed: 7, seeds: 3, deadSeeds: 2);
    private readonly HashSet<LivingNode> _seeds;
    private readonly Random _random = new(7);
    private readonly List<(TimeSpan At, LivingNode Node)> _returns = [];
    private HashSet<LivingNode> _isolated = [];
    private int _daysOver;
    private int _starvations;

    /// <param name="nodes">Nodes at the start, the seeds left aside.</param>
    /// <param name="day">How long a day is.</param>
    public SimulatedWeek(int nodes, TimeSpan day)
    {
        _nodes = nodes;
        _day = day;
        _seeds = [.. _network.Nodes];
        for (int i = 0; i < nodes; i++)
        {
            _network.Add();
            _network.RunFor(TimeSpan.FromSeconds(2));
        }
    }

    private static DhtConnectivityConfig Config => LivingNetwork.Config.Connectivity;

    // Ticks come up to a tenth of the interval later.
    private static TimeSpan LongestInterval => Config.UpdateInterval * 1.1;

    /// <summary>
    /// The longest pause of a peer that could not be reached, the tick after it, and another one, as dials may meet nodes that are down,
    /// with the time that it takes to notice that.
    /// </summary>
    private TimeSpan Recovery =>
        TimeSpan.FromMinutes(10) + (2 * LongestInterval) + _network.Options.LossDetection + _network.Options.ConnectTimeout;

    private IEnumerable<LivingNode> RunningButSeeds => _network.Running.Where(node => !_seeds.Contains(node));

    public void Run()
    {
        Live(1);
        StarveOne();
        Live(1);
        Part();
        Live(1);
        Heal();
        Live(1);

        LoseSeed();
        Live(Days - _daysOver);
        _network.Finish();
    }

    public void Dispose() => _network.Dispose();

    private static long Heap() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>Less than half of the connections that are wanted.</summary>
    private static bool IsPoor(PoolStatus pool) => pool.Connected < pool.Size * Config.PoolStarvedThresholdRatio;

    private void Live(int days)
    {
        for (int day = 0; day < days; day++)
        {
            TimeSpan end = _network.Time.Elapsed + _day;
            while (_network.Time.Elapsed < end)
            {
                Churn();
                _network.RunFor(s_step);
                Check();
            }

            _daysOver++;
            CheckProcess();
        }
    }

    /// <summary>Some go, with a word or without; most of them come back.</summary>
    private void Churn()
    {
        foreach ((TimeSpan at, LivingNode node) in _returns.ToArray())
        {
            if (at <= _network.Time.Elapsed)
            {
                _returns.Remove((at, node));
                _network.Start(node);
            }
        }

        LivingNode[] candidates = [.. RunningButSeeds.Where(node => !_isolated.Contains(node))];
        int goes = _random.Next(3);
        for (int i = 0; i < goes && _returns.Count * 100 < _nodes * MostDown; i++)
        {
            LivingNode node = candidates[_random.Next(candidates.Length)];
            if (!node.IsRunning)
            {
                continue;
            }

            bool isCrash = _random.Next(2) == 0;
            if (_random.Next(10) == 0)
            {
                // For good; somebody else comes in its place.
                _starvations += node.StarvationsInAll;
                _network.Remove(node, isCrash);
                _network.Add();
            }
            else
            {
                _network.End(node, isCrash);
                _returns.Add((_network.Time.Elapsed + TimeSpan.FromMinutes(5 + _random.Next(175)), node));
            }
        }
    }

    /// <summary>A node and those it is connected to are cut off; then these die, and the node is alone.</summary>
    private void StarveOne()
    {
        // One that has not said so yet: after that there are pauses.
        LivingNode starved = RunningButSeeds.First(static node => node.Starvations == 0);
        var peers = starved.ConnectedPeers(_network).ToHashSet();
        LivingNode[] doomed = [.. RunningButSeeds.Where(node => peers.Contains(node.Id))];
        _isolated = [starved, .. doomed];
        int before = starved.Starvations;
        _network.Network.Partition([.. _isolated.Select(static node => node.Id)]);
        _network.RunFor(s_step);
        foreach (LivingNode node in doomed)
        {
            _network.End(node, isCrash: true);
        }

        // The first signal comes after the ticks that it takes, one by chance, and one during which the loss is noticed.
        _network.RunFor(_network.Options.LossDetection + (LongestInterval * (Config.PoolStarvedTicks + 2)));
        Assert.That(starved.Starvations, Is.GreaterThan(before), "the lonely node says that it starves");
        _network.RunFor(_day / 4);
        Assert.That(starved.Dht.GetStatus().Pool.Connected, Is.Zero, "the lonely node is alone");
        Check();

        _network.Network.Heal();
        _isolated = [];
        foreach (LivingNode node in doomed)
        {
            _network.Start(node);
        }

        _network.RunFor(Recovery);
        Assert.That(
            IsPoor(starved.Dht.GetStatus().Pool), Is.False, $"the lonely node has a pool again {Recovery} after the others can be reached");
    }

    /// <summary>Half of the nodes don't reach the other half; each half has seeds.</summary>
    private void Part()
    {
        LivingNode[] half = [.. _network.Nodes.Where((_, i) => i % 2 == 0)];
        _network.Network.Partition([.. half.Select(static node => node.Id)]);
        _network.RunFor(Recovery);
        Assert.That(_network.CountParts(), Is.GreaterThan(1), "the network is parted");
    }

    private void Heal()
    {
        _network.Network.Heal();

        // Until then every pool has exchanged some of its members.
        _network.RunFor(Config.RandomPoolRefreshInterval + LongestInterval);
        Assert.That(_network.CountParts(), Is.EqualTo(1), "the network is whole again");
    }

    /// <summary>One seed goes for good, as two have been from the start.</summary>
    private void LoseSeed()
    {
        LivingNode seed = _network.Nodes[0];
        _seeds.Remove(seed);
        _network.Remove(seed, isCrash: true);
    }

    /// <summary>Nothing is stuck, nothing grows, nobody lies, nobody is banned, and whose pool is poor recovers in time.</summary>
    private void Check()
    {
        DateTimeOffset now = _network.Time.GetUtcNow();
        int running = 0;
        foreach (LivingNode node in _network.Running)
        {
            running++;
            DhtStatus status = node.Dht.GetStatus();
            string what = $"{_network.Time.Elapsed}: {node}: {status}";
            Assert.That(status.IsRunning, what);
            Assert.That(node.Lies, Is.Empty);
            CheckDiscovery(status.NetworkDiscovery, now, what);
            CheckPool(node, status.Pool, now, what);
            Assert.That(status.NetworkDiscovery.AttemptedPeers, Is.LessThanOrEqualTo(_network.NodesEver), what);
            Assert.That(status.Peers, Is.LessThan(_network.NodesEver), what);
            Assert.That(status.PeerSharingCalls, Is.LessThanOrEqualTo(10), what);
            Assert.That(status.DedupEntries, Is.Zero, what);
        }

        Assert.That(_network.Time.ArmedTimers, Is.LessThanOrEqualTo(TimersPerNode * running), "timers");
        Assert.That(_network.Bans, Is.Zero, "nobody is banned");
    }

    private void CheckPool(LivingNode node, PoolStatus pool, DateTimeOffset now, string what)
    {
        Assert.That(pool.NextTick, Is.InRange(now, now + LongestInterval), $"the pool ticks: {what}");
        Assert.That(pool.BackedOff, Is.LessThan(_network.NodesEver), what);
        Assert.That(pool.LearnedQueued, Is.LessThanOrEqualTo(200), what);
        if (_isolated.Contains(node) || !IsPoor(pool))
        {
            node.PoorSince = null;
            return;
        }

        node.PoorSince ??= _network.Time.Elapsed;
        Assert.That(_network.Time.Elapsed - node.PoorSince.Value, Is.LessThanOrEqualTo(Recovery), $"it recovers: {what}");
    }

    private void CheckDiscovery(NetworkDiscoveryStatus discovery, DateTimeOffset now, string what)
    {
        TimeSpan longest = LongestStay(discovery.State);
        Assert.That(now - discovery.Since, Is.LessThanOrEqualTo(longest), $"a state ends: {what}");
        bool waits = discovery.State is NetworkDiscoveryState.Waiting or NetworkDiscoveryState.OnConnect;
        Assert.That(discovery.NextWakeUp is not null, Is.EqualTo(waits), $"only who waits wakes up: {what}");
        if (discovery.NextWakeUp is { } wake)
        {
            Assert.That(wake, Is.InRange(now, discovery.Since + longest), $"discovery goes on: {what}");
        }
    }

    /// <summary>How long a state may last by the configuration. Here a peer answers at once, or never.</summary>
    private TimeSpan LongestStay(NetworkDiscoveryState state)
    {
        NetworkDiscoveryConfig config = LivingNetwork.Config.NetworkDiscovery;
        TimeSpan call = config.BootstrapRpcConnectTimeout + config.BootstrapRpcGetPeersStreamTimeout + config.BootstrapRpcStreamingTimeout;
        return state switch
        {
            // Until there is a connection; a pool that starves ends it too.
            NetworkDiscoveryState.Initializing => Recovery,

            // All at once, and three times each.
            NetworkDiscoveryState.SeedStrap => 3 * (config.BootstrapDialPeerTimeout + call),

            // All are dialled at once, and asked one after the other.
            NetworkDiscoveryState.Discovering => PeerCaller.DialLimit + (config.MaxSyncPeers * call),
            NetworkDiscoveryState.Waiting => ColdStartBackoff.Spread(config.IdlePeriod, jitter: 1),
            NetworkDiscoveryState.OnConnect => config.IdlePeriod,
            NetworkDiscoveryState.Rebootstrap => config.BootstrapTimeout,
            _ => TimeSpan.Zero,
        };
    }

    /// <summary>What ended is gone, and what is there takes no more than it may; a line about the day.</summary>
    private void CheckProcess()
    {
        long heap = Heap() - _heapBefore;
        ProcessResources resources = ProcessResources.Count();
        DhtStatus[] states = [.. _network.Running.Select(static node => node.Dht.GetStatus())];
        int known = _network.Nodes.Sum(static node => node.Peers.Count);
        var discovery = states.CountBy(static status => status.NetworkDiscovery.State).OrderBy(static state => state.Key);
        TestContext.Progress.WriteLine(
            $"day {_daysOver}, {_network.Time.Elapsed}, real {_watch.Elapsed.TotalSeconds:F0} s: "
            + $"{states.Length} of {_network.Nodes.Count} nodes, {known} known peers, heap {heap >> 10} KiB, "
            + $"{resources.Handles} handles, {resources.Threads} threads, "
            + $"{_network.Time.ArmedTimers} timers, smallest pool {states.Min(static status => status.Pool.Connected)}, "
            + $"{_starvations + _network.Nodes.Sum(static node => node.StarvationsInAll)} starvations, "
            + string.Join(", ", discovery.Select(static state => $"{state.Value} {state.Key}")));

        // The other ends of its connections hold a node until they notice.
        TimeSpan noticed = _network.Time.Elapsed - _network.Options.LossDetection;
        Assert.That(_network.FindLeft(noticed), Is.Empty, "what is left of nodes that ended");
        long allowed = (BytesPerNode * _network.Nodes.Count) + (BytesPerKnownPeer * known);
        Assert.That(heap, Is.LessThanOrEqualTo(allowed), "bytes for nodes and known peers");
        Assert.That(resources.Handles, Is.LessThanOrEqualTo(_resourcesBefore.Handles + MoreHandles), "handles");
        Assert.That(resources.Threads, Is.LessThanOrEqualTo(_resourcesBefore.Threads + MoreThreads), "threads");
    }
}
