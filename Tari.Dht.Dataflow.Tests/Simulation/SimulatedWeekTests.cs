using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>A network that lives for a week, or for some hours in the short form, with all that happens to one.</summary>
[TestFixture]
internal sealed class SimulatedWeekTests
{
    private static readonly TimeSpan s_step = TimeSpan.FromMinutes(10);

    [Test]
    public void A_network_keeps_itself_connected_through_churn_a_partition_and_the_loss_of_seeds()
    {
        using var week = new Week(LongRun.IsAsked
            ? new Plan(Nodes: 200, Unit: TimeSpan.FromDays(1), Units: 7)
            : new Plan(Nodes: 48, Unit: TimeSpan.FromMinutes(40), Units: 7));
        week.Run();
    }

    /// <summary>
    /// By the rules of the pools a node hangs up on those who dialled it and are too many, who then dial somebody else; in a network that is not much
    /// larger than a pool that never ends. It stays bounded, and nobody suffers.
    /// </summary>
    [TestCase(20)]
    [TestCase(36)]
    public void A_network_not_much_larger_than_a_pool_stays_connected_with_bounded_exchange(int nodes)
    {
        using var network = new LivingNetwork(seed: nodes, seeds: 2, deadSeeds: 0);
        for (int i = 2; i < nodes; i++)
        {
            network.Add();
        }

        network.RunFor(TimeSpan.FromMinutes(121));
        int hours = LongRun.IsAsked ? 72 : 4;
        long before = network.Connections;
        int starvedBefore = network.Nodes.Sum(static node => node.StarvationsInAll);
        for (int hour = 0; hour < hours; hour++)
        {
            network.RunFor(TimeSpan.FromHours(1));
            foreach (LivingNode node in network.Nodes)
            {
                PoolStatus pool = node.Dht.GetStatus().Pool;
                Assert.That(node.Comms.Connectivity.Status.Nodes, Is.GreaterThanOrEqualTo(pool.Size / 2), $"{network.Time.Elapsed}: {node}: {pool}");
                Assert.That(node.Lies, Is.Empty);
            }
        }

        double perNodeAndHour = (network.Connections - before) / (double)(nodes * hours);
        int starved = network.Nodes.Sum(static node => node.StarvationsInAll) - starvedBefore;
        TestContext.Out.WriteLine(
            $"{nodes} nodes: {perNodeAndHour:F1} connections made by a node in an hour, {starved} starvations in {hours} hours, {network.CountParts()} parts");
        DhtConnectivityConfig config = LivingNetwork.Config.Connectivity;
        Assert.That(network.CountParts(), Is.EqualTo(1));
        Assert.That(network.Bans, Is.Zero);
        double ticks = TimeSpan.FromHours(1) / config.UpdateInterval;
        Assert.That(perNodeAndHour, Is.LessThan(ticks * network.Nodes[0].Dht.GetStatus().Pool.Size), "less than half of what the ticks may dial");
        Assert.That(
            starved, Is.LessThanOrEqualTo(nodes * (1 + (hours * 3600 / (0.75 * config.RebootstrapCooldownMin.TotalSeconds)))), "as the pauses allow");
        network.Finish();
    }

    /// <summary>How much happens.</summary>
    /// <param name="Nodes">Nodes at the start, the seeds left aside.</param>
    /// <param name="Unit">What a day is.</param>
    /// <param name="Units">How many of them.</param>
    private sealed record Plan(int Nodes, TimeSpan Unit, int Units);

    private sealed class Week : IDisposable
    {
        // Nodes that are down at the same time, of a hundred.
        private const int MostDown = 20;
        private const int TimersPerNode = 12;

        private readonly Plan _plan;
        private readonly LivingNetwork _network = new(seed: 7, seeds: 3, deadSeeds: 2);
        private readonly Random _random = new(7);
        private readonly List<(TimeSpan At, LivingNode Node)> _returns = [];
        private readonly HashSet<LivingNode> _spared = [];
        private HashSet<LivingNode> _isolated = [];
        private long _heapAtFirst;
        private int _mostTimers;
        private int _mostConnections;

        public Week(Plan plan)
        {
            _plan = plan;
            for (int i = 0; i < plan.Nodes; i++)
            {
                _network.Add();
                _network.RunFor(TimeSpan.FromSeconds(2));
            }
        }

        private static DhtConnectivityConfig Config => LivingNetwork.Config.Connectivity;

        // Ticks come up to a tenth of the interval later.
        private static TimeSpan LongestInterval => Config.UpdateInterval * 1.1;

        public void Run()
        {
            Live(1);
            _heapAtFirst = Heap();

            StarveOne();
            Live(1);
            Part();
            Live(1);
            Heal();
            Live(1);

            // One seed goes for good, as two have been from the start.
            _network.End(_network.Nodes[0], isCrash: true);
            Live(_plan.Units - 4);

            TestContext.Out.WriteLine(
                $"{_network.Time.Elapsed}: {_network.Running.Count()} of {_network.Nodes.Count} nodes, at most {_mostTimers} timers and {_mostConnections} connections of a node, {_network.Nodes.Sum(node => node.StarvationsInAll)} starvations, heap {_heapAtFirst >> 20} MiB at first, {Heap() >> 20} MiB at the end");
            if (LongRun.IsAsked)
            {
                Assert.That(Heap(), Is.LessThan(_heapAtFirst + (_heapAtFirst / 2)), "the heap does not grow");
            }

            _network.Finish();
        }

        public void Dispose() => _network.Dispose();

        private static long Heap() => GC.GetTotalMemory(forceFullCollection: true);

        private void Live(int units)
        {
            TimeSpan end = _network.Time.Elapsed + (units * _plan.Unit);
            while (_network.Time.Elapsed < end)
            {
                Churn();
                _network.RunFor(s_step);
                Check();
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

            LivingNode[] candidates = [.. _network.Running.Skip(3).Where(node => !_spared.Contains(node) && !_isolated.Contains(node))];
            int goes = _random.Next(3);
            for (int i = 0; i < goes && _returns.Count * 100 < _plan.Nodes * MostDown; i++)
            {
                LivingNode node = candidates[_random.Next(candidates.Length)];
                if (!node.IsRunning)
                {
                    continue;
                }

                _network.End(node, isCrash: _random.Next(2) == 0);
                if (_random.Next(10) == 0)
                {
                    // For good; somebody else comes in its place.
                    _network.Add();
                }
                else
                {
                    _returns.Add((_network.Time.Elapsed + TimeSpan.FromMinutes(5 + _random.Next(175)), node));
                }
            }
        }

        /// <summary>A node and those it is connected to are cut off; then these die, and the node is alone.</summary>
        private void StarveOne()
        {
            LivingNode starved = _network.Running.Skip(3).First();
            var peers = starved.ConnectedPeers(_network).ToHashSet();
            LivingNode[] doomed = [.. _network.Running.Skip(3).Where(node => peers.Contains(node.Id))];
            Disturb([starved, .. doomed]);
            _network.Network.Partition([starved.Id, .. doomed.Select(static node => node.Id)]);
            _network.RunFor(s_step);
            foreach (LivingNode node in doomed)
            {
                _network.End(node, isCrash: true);
            }

            // The first signal comes after the ticks that it takes, one by chance, and one during which the loss is noticed.
            int before = starved.Starvations;
            _network.RunFor(_network.Options.LossDetection + (LongestInterval * (Config.PoolStarvedTicks + 2)));
            Assert.That(starved.Starvations, Is.GreaterThan(before), "the lonely node says that it starves");
            _network.RunFor(_plan.Unit / 4);
            Assert.That(starved.Dht.GetStatus().Pool.Connected, Is.Zero, "the lonely node is alone");
            CheckWork();

            Undisturb();
            foreach (LivingNode node in doomed)
            {
                _network.Start(node);
            }

            TimeSpan recovery = RecoveryAfterBackoff();
            _network.RunFor(recovery);
            Assert.That(IsPoor(starved), Is.False, $"the lonely node has a pool again {recovery} after the others can be reached");
        }

        /// <summary>Half of the nodes don't reach the other half; each half has seeds.</summary>
        private void Part()
        {
            LivingNode[] half = [.. _network.Nodes.Where((_, i) => i % 2 == 0)];
            _network.Network.Partition([.. half.Select(static node => node.Id)]);
            _network.RunFor(RecoveryAfterBackoff());
            Assert.That(_network.CountParts(), Is.GreaterThan(1), "the network is parted");
        }

        private void Heal()
        {
            _network.Network.Heal();

            // Until then every pool has exchanged some of its members.
            _network.RunFor(Config.RandomPoolRefreshInterval + LongestInterval);
            Assert.That(_network.CountParts(), Is.EqualTo(1), "the network is whole again");
        }

        private void Disturb(IEnumerable<LivingNode> nodes) => _isolated = [.. nodes];

        private void Undisturb()
        {
            _network.Network.Heal();
            foreach (LivingNode node in _isolated)
            {
                node.UndisturbedSince = _network.Time.Elapsed;
                node.PoorSince = null;
            }

            _isolated = [];
        }

        private void Check()
        {
            CheckWork();
            TimeSpan now = _network.Time.Elapsed;
            foreach (LivingNode node in _network.Running)
            {
                if (_isolated.Contains(node) || !IsPoor(node))
                {
                    node.PoorSince = null;
                    continue;
                }

                node.PoorSince ??= now;
                Assert.That(
                    now - node.PoorSince.Value, Is.LessThanOrEqualTo(RecoveryAfterBackoff()), $"{now}: {node} recovers: {node.Dht.GetStatus().Pool}");
            }
        }

        /// <summary>Nothing is stuck, nothing grows, nobody lies and nobody is banned.</summary>
        private void CheckWork()
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
                PoolStatus pool = status.Pool;
                Assert.That(pool.NextTick, Is.InRange(now, now + LongestInterval), $"the pool ticks: {what}");
                Assert.That(pool.BackedOff, Is.LessThanOrEqualTo(_network.Nodes.Count + 2), what);
                Assert.That(pool.LearnedQueued, Is.LessThanOrEqualTo(200), what);
                Assert.That(status.NetworkDiscovery.AttemptedPeers, Is.LessThanOrEqualTo(_network.Nodes.Count + 2), what);
                Assert.That(status.Peers, Is.LessThanOrEqualTo(_network.Nodes.Count + 2), what);
                Assert.That(status.PeerSharingCalls, Is.LessThanOrEqualTo(10), what);
                Assert.That(status.DedupEntries, Is.Zero, what);
                _mostConnections = Math.Max(_mostConnections, status.Connectivity.Nodes);
            }

            _mostTimers = Math.Max(_mostTimers, _network.Time.ArmedTimers);
            Assert.That(_network.Time.ArmedTimers, Is.LessThanOrEqualTo(TimersPerNode * running), "timers");
            Assert.That(_network.Bans, Is.Zero, "nobody is banned");
        }

        private static void CheckDiscovery(NetworkDiscoveryStatus discovery, DateTimeOffset now, string what)
        {
            if (discovery.NextWakeUp is { } wake)
            {
                Assert.That(wake, Is.GreaterThanOrEqualTo(now), $"discovery goes on: {what}");
            }
            else if (discovery.State != NetworkDiscoveryState.Initializing)
            {
                // A round dials for three minutes at most, and then asks one after another.
                Assert.That(
                    discovery.State,
                    Is.AnyOf(NetworkDiscoveryState.SeedStrap, NetworkDiscoveryState.Discovering, NetworkDiscoveryState.Rebootstrap),
                    what);
                Assert.That(now - discovery.Since, Is.LessThanOrEqualTo(TimeSpan.FromMinutes(10)), $"work ends: {what}");
            }
        }

        /// <summary>Less than half of the connections that are wanted.</summary>
        private static bool IsPoor(LivingNode node)
        {
            PoolStatus pool = node.Dht.GetStatus().Pool;
            return pool.Connected < pool.Size * Config.PoolStarvedThresholdRatio;
        }

        /// <summary>
        /// The longest pause of a peer that could not be reached, the tick after it, and another one, as dials may meet nodes that are down, with the
        /// time that it takes to notice that.
        /// </summary>
        private TimeSpan RecoveryAfterBackoff() =>
            TimeSpan.FromMinutes(10) + (2 * LongestInterval) + _network.Options.LossDetection + _network.Options.ConnectTimeout;
    }
}
