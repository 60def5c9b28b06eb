using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>
/// Is told by a run what happens, and tells a display how the network is doing. Only looks, so that a watched run goes as any other. Thread safe.
/// </summary>
internal sealed class NetworkMonitor
{
    private static readonly MemoryTraceKind[] s_kinds = Enum.GetValues<MemoryTraceKind>();

    private readonly Action<string> _tell;
    private readonly long[] _events = new long[(int)s_kinds[^1] + 1];
    private readonly Lock _gate = new();
    private readonly List<SimulatedNode> _nodes = [];
    private TimeProvider? _time;
    private long _start;

    /// <param name="tell">Takes the lines of the run.</param>
    public NetworkMonitor(Action<string> tell) => _tell = tell;

    /// <summary>The run begins.</summary>
    /// <param name="time">Its clock.</param>
    public void Begin(TimeProvider time)
    {
        lock (_gate)
        {
            _time = time;
            _start = time.GetTimestamp();
        }
    }

    /// <summary>A node is part of the network from now on.</summary>
    public void Add(SimulatedNode node)
    {
        lock (_gate)
        {
            _nodes.Add(node);
        }
    }

    /// <summary>A line about how the run goes on.</summary>
    public void Tell(string line) => _tell(line);

    /// <summary>Something happened in the network.</summary>
    public void Note(MemoryTraceEntry entry) => Interlocked.Increment(ref _events[(int)entry.Kind]);

    /// <summary>How often something has happened.</summary>
    public long CountOf(MemoryTraceKind kind) => Interlocked.Read(ref _events[(int)kind]);

    /// <summary>How the network is doing.</summary>
    public NetworkSnapshot Take()
    {
        SimulatedNode[] nodes;
        TimeSpan elapsed;
        lock (_gate)
        {
            nodes = [.. _nodes];
            elapsed = _time?.GetElapsedTime(_start) ?? TimeSpan.Zero;
        }

        var states = new SortedDictionary<NetworkDiscoveryState, int>();
        PoolTotals pools = default;
        List<double> known = [], connected = [];
        long rounds = 0;
        foreach (SimulatedNode node in nodes)
        {
            if (node.TryGetStatus() is not { IsRunning: true } status)
            {
                continue;
            }

            states[status.NetworkDiscovery.State] = states.GetValueOrDefault(status.NetworkDiscovery.State) + 1;
            pools = pools.Add(status.Pool);
            known.Add(status.Peers);
            connected.Add(status.Connectivity.Nodes);
            rounds += status.NetworkDiscovery.Rounds;
        }

        return new NetworkSnapshot(
            elapsed,
            nodes.Length,
            known.Count,
            [.. states.Select(static state => (state.Key, state.Value))],
            pools,
            Spread.Of(known),
            Spread.Of(connected),
            (int)connected.Sum() / 2,
            rounds,
            [.. s_kinds.Select(kind => new EventCount(kind, CountOf(kind)))]);
    }
}
