using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>The library's instruments. Off, each costs a branch.</summary>
/// <remarks>
/// Meter <c>Tari.Dht.Dataflow</c>. Counters <c>tari.dht.inbound.received</c>, <c>tari.dht.inbound.delivered</c>,
/// <c>tari.dht.outbound.sent</c>, <c>tari.dht.discarded</c> (all <c>{message}</c>), histogram <c>tari.dht.stage.duration</c> (<c>s</c>),
/// gauges <c>tari.dht.queue.depth</c> (<c>{message}</c>), <c>tari.dht.peers</c> and <c>tari.dht.pool</c> (<c>{peer}</c>). Of connectivity: gauges
/// <c>tari.dht.connections</c> (<c>{connection}</c>), <c>tari.dht.uptime</c> (<c>s</c>) and <c>tari.dht.calls</c> (<c>{call}</c>), counter
/// <c>tari.dht.bans</c> (<c>{ban}</c>). Of network discovery: counter <c>tari.dht.discovery.rounds</c> (<c>{round}</c>) and gauge
/// <c>tari.dht.discovery.state</c> (<c>{node}</c>). Tags come from enums: <c>stage</c>, <c>reason</c>, <c>state</c>, <c>phase</c>, <c>outcome</c>,
/// <c>direction</c>. docs/operations.md says what each figure means. Thread safe.
/// </remarks>
public sealed partial class DhtMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Tari.Dht.Dataflow";

    private const string ListenerName = "A listener of the instruments";

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _received;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _discarded;
    private readonly Counter<long> _rounds;
    private readonly Histogram<double> _stageDuration;
    private readonly Lock _lock = new();
    private Func<IEnumerable<Measurement<int>>>[] _queues = [];
    private Func<IEnumerable<Measurement<int>>>[] _peers = [];
    private Func<string>[] _discoveryStates = [];
    private Func<IEnumerable<Measurement<int>>>[] _pools = [];
    private int _reported;

    /// <summary>Creates the instruments.</summary>
    /// <param name="factory">Where the meter comes from; null makes one that this object owns.</param>
    public DhtMetrics(IMeterFactory? factory = null)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _received = _meter.CreateCounter<long>("tari.dht.inbound.received", "{message}", "Messages received from peers.");
        _delivered = _meter.CreateCounter<long>("tari.dht.inbound.delivered", "{message}", "Messages that passed every inbound stage.");
        _sent = _meter.CreateCounter<long>("tari.dht.outbound.sent", "{message}", "Messages handed to the transport.");
        _discarded = _meter.CreateCounter<long>("tari.dht.discarded", "{message}", "Messages that ended at a stage, by reason.");
        _stageDuration = _meter.CreateHistogram<double>("tari.dht.stage.duration", "s", "Time a stage worked on a message.");
        _meter.CreateObservableGauge("tari.dht.queue.depth", MeasureQueues, "{message}", "Messages waiting at a stage.");
        _meter.CreateObservableGauge("tari.dht.peers", MeasurePeers, "{peer}", "Peers in the store, by state; one peer may be in several.");
        _rounds = _meter.CreateCounter<long>("tari.dht.discovery.rounds", "{round}", "Rounds of network discovery, by phase and outcome.");
        _meter.CreateObservableGauge("tari.dht.discovery.state", MeasureDiscovery, "{node}", "Nodes whose network discovery is in a state.");
        _meter.CreateObservableGauge("tari.dht.pool", MeasurePools, "{peer}", "Peers of the pool of connections, by state, and its size.");
        _banned = CreateConnectivityInstruments();
    }

    internal bool StageDurationEnabled => _stageDuration.Enabled;

    /// <summary>Stops the instruments, unless a factory owns them.</summary>
    public void Dispose()
    {
        if (!_ownsMeter)
        {
            return;
        }

        try
        {
            _meter.Dispose();
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, ListenerName, error);
        }
    }

    internal void Received()
    {
        if (_received.Enabled)
        {
            Add(_received, 1);
        }
    }

    internal void Delivered()
    {
        if (_delivered.Enabled)
        {
            Add(_delivered, 1);
        }
    }

    internal void Sent(int count)
    {
        if (_sent.Enabled)
        {
            Add(_sent, count);
        }
    }

    internal void Discarded(string stage, string reason)
    {
        if (_discarded.Enabled)
        {
            DiscardedCore(stage, reason);
        }
    }

    internal void StageWorked(string stage, long startTimestamp, int messages)
    {
        double seconds = Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds / messages;
        var tag = new KeyValuePair<string, object?>("stage", stage);
        try
        {
            for (int i = 0; i < messages; i++)
            {
                _stageDuration.Record(seconds, tag);
            }
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, ListenerName, error);
        }
    }

    /// <summary>A round of network discovery has ended.</summary>
    internal void DiscoveryRound(string phase, bool isSuccess)
    {
        if (_rounds.Enabled)
        {
            DiscoveryRoundCore(phase, isSuccess ? "success" : "failure");
        }
    }

    /// <summary>Adds a network discovery to the gauge of states, until it ends.</summary>
    internal void AddDiscoveryState(Func<string> state)
    {
        lock (_lock)
        {
            _discoveryStates = [.. _discoveryStates, state];
        }
    }

    internal void RemoveDiscoveryState(Func<string> state)
    {
        lock (_lock)
        {
            _discoveryStates = Array.FindAll(_discoveryStates, added => added != state);
        }
    }

    /// <summary>Adds the queues of a graph to the gauge, until the graph ends.</summary>
    internal void AddQueues(Func<IEnumerable<Measurement<int>>> depths)
    {
        lock (_lock)
        {
            _queues = [.. _queues, depths];
        }
    }

    internal void RemoveQueues(Func<IEnumerable<Measurement<int>>> depths)
    {
        lock (_lock)
        {
            _queues = Array.FindAll(_queues, queues => queues != depths);
        }
    }

    /// <summary>Adds the counts of a peer store to the gauge, until the store closes.</summary>
    internal void AddPeers(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _peers = [.. _peers, counts];
        }
    }

    internal void RemovePeers(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _peers = Array.FindAll(_peers, peers => peers != counts);
        }
    }

    /// <summary>Adds the counts of a pool of connections to the gauge, until the pool ends.</summary>
    internal void AddPool(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _pools = [.. _pools, counts];
        }
    }

    internal void RemovePool(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _pools = Array.FindAll(_pools, pools => pools != counts);
        }
    }

    private IEnumerable<Measurement<int>> MeasurePools()
    {
        Func<IEnumerable<Measurement<int>>>[] pools;
        lock (_lock)
        {
            pools = _pools;
        }

        return pools.SelectMany(static counts => counts());
    }

    private IEnumerable<Measurement<int>> MeasurePeers()
    {
        Func<IEnumerable<Measurement<int>>>[] peers;
        lock (_lock)
        {
            peers = _peers;
        }

        return peers.SelectMany(static counts => counts());
    }

    private IEnumerable<Measurement<int>> MeasureQueues()
    {
        Func<IEnumerable<Measurement<int>>>[] queues;
        lock (_lock)
        {
            queues = _queues;
        }

        return queues.SelectMany(static depths => depths());
    }

    private IEnumerable<Measurement<int>> MeasureDiscovery()
    {
        Func<string>[] states;
        lock (_lock)
        {
            states = _discoveryStates;
        }

        return states
            .GroupBy(static state => state())
            .Select(static group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("state", group.Key)));
    }

    // A listener's callback runs here; what it throws must not cost a message.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(Counter<long> counter, long count)
    {
        try
        {
            counter.Add(count);
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, ListenerName, error);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DiscardedCore(string stage, string reason)
    {
        try
        {
            _discarded.Add(1, new KeyValuePair<string, object?>("stage", stage), new KeyValuePair<string, object?>("reason", reason));
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, ListenerName, error);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DiscoveryRoundCore(string phase, string outcome)
    {
        try
        {
            _rounds.Add(1, new KeyValuePair<string, object?>("phase", phase), new KeyValuePair<string, object?>("outcome", outcome));
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, ListenerName, error);
        }
    }
}
