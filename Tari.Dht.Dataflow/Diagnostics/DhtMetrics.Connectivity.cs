using System.Diagnostics.Metrics;

namespace Tari.Dht.Dataflow.Diagnostics;

public sealed partial class DhtMetrics
{
    private readonly Counter<long> _banned;
    private Func<IEnumerable<Measurement<int>>>[] _connections = [];
    private Func<Measurement<long>>[] _uptimes = [];
    private Func<int>[] _calls = [];

    /// <summary>A ban was decided.</summary>
    internal void Banned()
    {
        if (_banned.Enabled)
        {
            Add(_banned, 1);
        }
    }

    /// <summary>Adds the connections of a node, by direction, to the gauge, until the node ends.</summary>
    internal void AddConnections(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _connections = [.. _connections, counts];
        }
    }

    internal void RemoveConnections(Func<IEnumerable<Measurement<int>>> counts)
    {
        lock (_lock)
        {
            _connections = Array.FindAll(_connections, connections => connections != counts);
        }
    }

    /// <summary>Adds the time that a node has been connected to the gauge, until the node ends.</summary>
    internal void AddUptimes(Func<Measurement<long>> uptime)
    {
        lock (_lock)
        {
            _uptimes = [.. _uptimes, uptime];
        }
    }

    internal void RemoveUptimes(Func<Measurement<long>> uptime)
    {
        lock (_lock)
        {
            _uptimes = Array.FindAll(_uptimes, uptimes => uptimes != uptime);
        }
    }

    /// <summary>Adds the calls that a node answers to the gauge, until the node ends.</summary>
    internal void AddCalls(Func<int> count)
    {
        lock (_lock)
        {
            _calls = [.. _calls, count];
        }
    }

    internal void RemoveCalls(Func<int> count)
    {
        lock (_lock)
        {
            _calls = Array.FindAll(_calls, calls => calls != count);
        }
    }

    private Counter<long> CreateConnectivityInstruments()
    {
        _meter.CreateObservableGauge("tari.dht.calls", MeasureCalls, "{call}", "Calls of peers that are being answered.");
        _meter.CreateObservableGauge("tari.dht.connections", MeasureConnections, "{connection}", "Live connections, by who dialled.");
        _meter.CreateObservableGauge("tari.dht.uptime", MeasureUptimes, "s", "Time since the node came online; 0 while it is offline.");
        return _meter.CreateCounter<long>("tari.dht.bans", "{ban}", "Bans that the node decided.");
    }

    private IEnumerable<Measurement<int>> MeasureConnections()
    {
        Func<IEnumerable<Measurement<int>>>[] connections;
        lock (_lock)
        {
            connections = _connections;
        }

        return connections.SelectMany(static counts => counts());
    }

    private IEnumerable<Measurement<long>> MeasureUptimes()
    {
        Func<Measurement<long>>[] uptimes;
        lock (_lock)
        {
            uptimes = _uptimes;
        }

        return Array.ConvertAll(uptimes, static uptime => uptime());
    }

    private IEnumerable<Measurement<int>> MeasureCalls()
    {
        Func<int>[] calls;
        lock (_lock)
        {
            calls = _calls;
        }

        return Array.ConvertAll(calls, static count => new Measurement<int>(count()));
    }
}
