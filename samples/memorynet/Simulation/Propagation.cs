using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Follows a message through the network. Used on the simulation's scheduler only.</summary>
internal sealed class Propagation
{
    private readonly string _name;
    private readonly int _origin;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<SimulatedNode> _nodes;
    private readonly Dictionary<int, int> _hops;
    private readonly List<Receipt> _receipts = [];
    private readonly long _duplicatesBefore;
    private readonly long _start;

    /// <param name="name">Which message.</param>
    /// <param name="text">What it says; different from all others.</param>
    /// <param name="origin">Whose it is.</param>
    /// <param name="nodes">The nodes that run.</param>
    /// <param name="time">The clock.</param>
    public Propagation(string name, string text, SimulatedNode origin, IReadOnlyList<SimulatedNode> nodes, TimeProvider time)
    {
        _name = name;
        Text = text;
        _origin = origin.Index;
        _nodes = nodes;
        _time = time;
        _hops = new Dictionary<int, int> { [origin.Index] = 0 };
        _duplicatesBefore = CountDuplicates();
        _start = time.GetTimestamp();
    }

    public string Text { get; }

    public int Reached => _receipts.Count;

    public int Expected => _nodes.Count - 1;

    /// <summary>Notes an arrival.</summary>
    /// <param name="node">Where.</param>
    /// <param name="from">Who passed it on; a node that has it.</param>
    public void Add(int node, int from)
    {
        if (_hops.TryAdd(node, _hops[from] + 1))
        {
            _receipts.Add(new Receipt(node, from, _hops[node], _time.GetElapsedTime(_start)));
        }
    }

    /// <summary>What came of it.</summary>
    /// <param name="isolated">Nodes without a connection when it set out.</param>
    public PropagationFinding Finish(int isolated) =>
        new(_name, _origin, Expected, isolated, _receipts, CountDuplicates() - _duplicatesBefore);

    private long CountDuplicates()
    {
        long count = 0;
        foreach (SimulatedNode node in _nodes)
        {
            count += node.Dht.GetDiscardCount(DropReason.Duplicate);
        }

        return count;
    }
}
