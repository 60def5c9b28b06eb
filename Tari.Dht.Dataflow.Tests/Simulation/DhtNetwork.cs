using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Whole nodes on a network in one process, on virtual time; everything but key material follows from the seed.</summary>
/// <remarks>
/// All buffers, those of the transport too, come from one checking pool. <see cref="Finish"/> ends everything and proves that no buffer is
/// left, nothing was logged as an error and nothing left the scheduler; a test that does not call it only cleans up.
/// </remarks>
internal sealed class DhtNetwork : IDisposable
{
    private readonly NodeSimulation _simulation;
    private readonly List<DhtNode> _nodes = [];
    private readonly List<MemoryTraceEntry> _trace = [];

    public DhtNetwork(int seed = 1, MemoryLinkOptions? link = null)
    {
        Random = new Random(seed);
        _simulation = new NodeSimulation(seed, new MemoryNetworkOptions
        {
            BufferPool = Pool,
            Link = link ?? new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(20) },
            Trace = _trace.Add,
        });
    }

    public VirtualTime Time => _simulation.Time;

    public VirtualScheduler Scheduler => _simulation.Scheduler;

    public MemoryNetwork Network => _simulation.Network;

    public CheckingArrayPool Pool { get; } = new();

    public LogRecorder Log => _simulation.Log;

    /// <summary>For the test's own choices.</summary>
    public Random Random { get; }

    public IReadOnlyList<DhtNode> Nodes => _nodes;

    public IReadOnlyList<MemoryTraceEntry> Trace => _trace;

    /// <summary>The preset of the reference's multi-node tests.</summary>
    public static DhtConfig Config { get; } = DhtConfig.DefaultLocalTest with
    {
        DiscoveryRequestTimeout = TimeSpan.FromSeconds(60),
        NumNeighbouringNodes = 8,
    };

    /// <summary>Tasks that came from outside of the scheduler, but for those that the stopping of nodes made.</summary>
    public long ForeignTasks => _simulation.ForeignTasks;

    /// <summary>Each ban with who banned whom; the reasons are in <see cref="BanReasons"/>.</summary>
    public IReadOnlyList<(string By, string Whom)> Bans =>
        [.. _trace.Where(entry => entry.Kind == MemoryTraceKind.Banned).Select(entry => (NameOf(entry.From), NameOf(entry.To)))];

    /// <summary>The reasons of the bans in the stores, by who was banned.</summary>
    public IEnumerable<(string By, string Whom, string Reason)> BanReasons =>
        from node in _nodes
        from other in _nodes
        let record = node.Peers.Find(other.Id)
        where record is not null && record.IsBanned(Time.GetUtcNow())
        select (node.Name, other.Name, record.BannedReason);

    /// <summary>A node with a DHT, which runs from here on.</summary>
    /// <param name="name">What tests call it.</param>
    /// <param name="features">What it offers.</param>
    /// <param name="configure">Changes its configuration.</param>
    /// <param name="prepare">Called before the DHT starts, to tell it of peers.</param>
    /// <param name="options">Changes what it works with.</param>
    /// <param name="wrap">Stands between the DHT and the transport.</param>
    public DhtNode AddNode(
        string? name = null,
        PeerFeatures features = PeerFeatures.CommunicationNode,
        Func<DhtConfig, DhtConfig>? configure = null,
        Action<DhtNode>? prepare = null,
        Func<DhtOptions, DhtOptions>? options = null,
        Func<DhtNode, IComms>? wrap = null)
    {
        DhtNode node = AddTransport(name, features);
        prepare?.Invoke(node);
        StartDht(node, configure, options, wrap);
        return node;
    }

    /// <summary>A node that has a transport and no DHT.</summary>
    public DhtNode AddPeer(string? name = null, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        DhtNode node = AddTransport(name, features);
        node.LinkWire();
        return node;
    }

    /// <summary>Ends a node without a word to its peers, and what it knows with it.</summary>
    public void Crash(DhtNode node)
    {
        node.Comms.Crash();
        StopDht(node);
    }

    /// <summary>Starts a node again that crashed, with its key and an empty store.</summary>
    public void Restart(DhtNode node)
    {
        StartTransport(node);
        StartDht(node, null);
    }

    /// <summary>Tells a node of another.</summary>
    public static void Introduce(DhtNode to, DhtNode other) => to.Peers.AddOrUpdatePeer(other.Identity.ToPeer());

    /// <summary>Tells a node of another and connects them.</summary>
    public void Connect(DhtNode from, DhtNode to)
    {
        Introduce(from, to);
        Run(async () =>
        {
            using PeerConnectionHandle handle = await from.Comms.Connectivity.DialPeerAsync(to.Id, ConnectionStrength.Weak);
            return true;
        });
    }

    /// <summary>A ring of all nodes with some chords, so that no single node parts it.</summary>
    public void ConnectRing(IReadOnlyList<DhtNode> nodes, int chords)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            Connect(nodes[i], nodes[(i + 1) % nodes.Count]);
        }

        for (int i = 0; i < chords; i++)
        {
            int from = Random.Next(nodes.Count);
            int to = (from + 2 + Random.Next(nodes.Count - 3)) % nodes.Count;
            Connect(nodes[from], nodes[to]);
        }
    }

    /// <summary>Runs an operation to its end, and with it everything else.</summary>
    public T Run<T>(Func<Task<T>> operation) => _simulation.Run(operation);

    public void RunFor(double seconds) => Scheduler.RunFor(TimeSpan.FromSeconds(seconds));

    public bool RunUntil(Func<bool> condition, double seconds) => Scheduler.RunUntil(condition, TimeSpan.FromSeconds(seconds));

    /// <summary>Sends with a domain header and waits until the graph has taken it.</summary>
    public SendMessageResponse Send(DhtNode from, SendMessageParams parameters, int type, byte[] message) =>
        Run(() => from.Dht.OutboundRequester.SendMessageAsync(parameters, new OutboundDomainMessage(type, message)));

    /// <summary>Propagates a clear, unsigned message to everybody.</summary>
    public SendMessageResponse Propagate(DhtNode from, byte[] message)
    {
        from.Sent.Add(message[0]);
        return Send(from, Parameters().Propagate(NodeDestination.Unknown, []), 123, message);
    }

    /// <summary>Parameters whose tag follows from the seed.</summary>
    public SendMessageParams Parameters() => new(Random);

    /// <summary>Sends the bytes of an envelope from a node's transport, past its DHT.</summary>
    public Task<MessageSendResult> Post(DhtNode from, DhtNode to, ReadOnlySpan<byte> envelope)
    {
        var reply = new TaskCompletionSource<MessageSendResult>();
        var message = new OutboundMessage(
            1, to.Id, new SharedBuffer(BufferLease.CopyOf(Pool, envelope), 0, envelope.Length), reply);
        if (!from.Comms.Outbound.Post(message))
        {
            message.Dispose();
        }

        return reply.Task;
    }

    /// <summary>As <see cref="Post"/>, and waits for the verdict.</summary>
    public MessageSendResult PostAndWait(DhtNode from, DhtNode to, byte[] envelope) => Run(() => Post(from, to, envelope));

    /// <summary>Ends all nodes and proves that nothing is left of them, nothing went wrong, and nothing left the scheduler.</summary>
    public void Finish()
    {
        _simulation.Finish();
        Pool.AssertWhole();
    }

    public void Dispose() => _simulation.Dispose();

    public string NameOf(NodeId id) => _nodes.Find(node => node.Id == id)?.Name ?? id.ToString();

    private DhtNode AddTransport(string? name, PeerFeatures features)
    {
        var node = new DhtNode(this, name ?? $"n{_nodes.Count}", _simulation.CreateIdentity(features));
        _nodes.Add(node);
        StartTransport(node);
        return node;
    }

    private void StartTransport(DhtNode node)
    {
        node.Peers = _simulation.OpenStore();

        // Who is connected to whom is each test's own affair.
        var options = new MemoryNodeOptions { Connectivity = new ConnectivityConfig { ProactiveDialingEnabled = false } };
        node.Comms = Network.AddNode(node.Identity, node.Peers, options);
    }

    private void StartDht(
        DhtNode node,
        Func<DhtConfig, DhtConfig>? configure,
        Func<DhtOptions, DhtOptions>? change = null,
        Func<DhtNode, IComms>? wrap = null)
    {
        DhtConfig config = configure?.Invoke(Config) ?? Config;
        node.MaybeDht = _simulation.Start(node.Identity, node.Peers, wrap?.Invoke(node) ?? node.Comms, config, options =>
        {
            options = options with { DiscardObserver = node.Discards };
            return change?.Invoke(options) ?? options;
        });
        node.LinkApplication();
    }

    private void StopDht(DhtNode node)
    {
        if (node.MaybeDht is { } dht)
        {
            node.MaybeDht = null;
            _simulation.Stop(dht);
        }
    }
}
