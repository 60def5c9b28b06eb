using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A network of nodes in one process, with links that take time and lose messages, and nodes that come and go.</summary>
/// <remarks>
/// <para>
/// Everything happens on the scheduler of the options, one thing after another, and every chance follows from the seed: on a
/// <see cref="VirtualScheduler"/> a run repeats exactly. The network does what a peer would notice of a real one: identities are
/// exchanged and checked, bans and partitions refuse connections, and connections are ordered streams with bounded queues.
/// </para>
/// <para>Thread safe. Disposing it crashes all nodes.</para>
/// </remarks>
public sealed class MemoryNetwork : ITurnTarget, IDisposable
{
    private const int ResumeTurn = 0;
    private const int CutTurn = 1;

    private readonly Lock _gate = new();
    private readonly Lock _traceGate = new();
    private readonly Dictionary<ulong, MemoryComms> _listeners = [];
    private readonly List<MemoryComms> _nodes = [];
    private readonly ConcurrentDictionary<(NodeId From, NodeId To), MemoryLinkOptions> _links = new();

    // Asked for every message, and a concurrent dictionary takes all its locks to say that it is empty.
    private volatile bool _hasLinks;
    private volatile Dictionary<NodeId, int>? _groups;
    private long _partition;
    private ulong _nextPort;

    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public MemoryNetwork(MemoryNetworkOptions? options = null)
    {
        Options = options ?? new MemoryNetworkOptions();
        Options.Validate();
        Turns = new TurnQueue(Options.TimeProvider, Options.TaskScheduler);
    }

    /// <summary>How it behaves.</summary>
    public MemoryNetworkOptions Options { get; }

    /// <summary>The nodes that run, in the order in which they came.</summary>
    public IReadOnlyList<MemoryComms> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _nodes];
            }
        }
    }

    internal TurnQueue Turns { get; }

    /// <summary>An address that no node has had yet: <c>/memory/1</c> and so on.</summary>
    public Multiaddr NextAddress() => Multiaddr.FromMemoryPort(Interlocked.Increment(ref _nextPort));

    /// <summary>A new node, which runs at once. It listens at those of its own addresses that are of the process.</summary>
    /// <param name="identity">Who it is; stays the caller's, and has to live as long as the node.</param>
    /// <param name="peers">Whom it knows; stays the caller's, and has to be open as long as the node runs.</param>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or one of the addresses is taken.</exception>
    public MemoryComms AddNode(NodeIdentity identity, PeerManager peers, MemoryNodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(peers);
        options ??= new MemoryNodeOptions();
        options.Validate();
        var node = new MemoryComms(this, identity, peers, options);
        lock (_gate)
        {
            foreach (Multiaddr address in identity.PublicAddresses)
            {
                if (TryGetPort(address, out ulong port) && _listeners.ContainsKey(port))
                {
                    throw new ArgumentException($"A node listens at {address} already.", nameof(identity));
                }
            }

            foreach (Multiaddr address in identity.PublicAddresses)
            {
                if (TryGetPort(address, out ulong port))
                {
                    _listeners[port] = node;
                }
            }

            _nodes.Add(node);
        }

        node.Start();
        return node;
    }

    /// <summary>Sets how messages travel from one node to another, from the next message on; the other direction stays.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="link">How; null for the network's default.</param>
    public void SetLink(NodeId from, NodeId to, MemoryLinkOptions? link)
    {
        if (link is null)
        {
            _links.TryRemove((from, to), out _);
        }
        else
        {
            link.Validate();
            _links[(from, to)] = link;
            _hasLinks = true;
        }
    }

    /// <summary>
    /// Parts the network: nodes of different groups don't reach each other. What is on the way waits, and connections that stay parted for
    /// <see cref="MemoryNetworkOptions.LossDetection"/> are lost. Replaces an earlier partition.
    /// </summary>
    /// <param name="groups">The groups; nodes that are in none form one more.</param>
    public void Partition(params IReadOnlyCollection<NodeId>[] groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var parted = new Dictionary<NodeId, int>();
        for (int i = 0; i < groups.Length; i++)
        {
            foreach (NodeId id in groups[i])
            {
                parted[id] = i + 1;
            }
        }

        _groups = parted;
        long number = Interlocked.Increment(ref _partition);
        Turns.Post(new Turn(this, ResumeTurn));
        Turns.PostAt(Turns.Now + Options.LossDetection, new Turn(this, CutTurn, Number: number));
    }

    /// <summary>Ends the partition; what waits goes on.</summary>
    public void Heal()
    {
        _groups = null;
        Interlocked.Increment(ref _partition);
        Turns.Post(new Turn(this, ResumeTurn));
    }

    /// <summary>Crashes all nodes, and drops what is on the way.</summary>
    public void Dispose()
    {
        foreach (MemoryComms node in Nodes)
        {
            node.Crash();
        }

        foreach (Turn turn in Turns.TakeWaiting())
        {
            (turn.State as IDisposable)?.Dispose();
        }

        Turns.Dispose();
    }

    void ITurnTarget.OnTurn(in Turn turn)
    {
        if (turn.Kind == CutTurn)
        {
            if (turn.Number == Interlocked.Read(ref _partition))
            {
                foreach (MemoryComms node in Nodes)
                {
                    node.LoseUnreachable();
                }
            }

            return;
        }

        foreach (MemoryComms node in Nodes)
        {
            node.Resume();
        }
    }

    internal static bool TryGetPort(in Multiaddr address, out ulong port)
    {
        if (address.TryGetFirst(out MultiaddrComponent component) && component.Protocol == MultiaddrProtocol.Memory)
        {
            port = component.MemoryPort;
            return true;
        }

        port = 0;
        return false;
    }

    internal MemoryComms? FindListener(ulong port)
    {
        lock (_gate)
        {
            return _listeners.GetValueOrDefault(port);
        }
    }

    internal void Remove(MemoryComms node)
    {
        lock (_gate)
        {
            _nodes.Remove(node);
            List<ulong> ports = [];
            foreach ((ulong port, MemoryComms listener) in _listeners)
            {
                if (ReferenceEquals(listener, node))
                {
                    ports.Add(port);
                }
            }

            foreach (ulong port in ports)
            {
                _listeners.Remove(port);
            }
        }
    }

    internal MemoryLinkOptions LinkOf(in NodeId from, in NodeId to) =>
        _hasLinks ? _links.GetValueOrDefault((from, to), Options.Link) : Options.Link;

    internal TimeSpan RoundTrip(in NodeId from, in NodeId to) => LinkOf(from, to).Latency + LinkOf(to, from).Latency;

    internal bool CanReach(in NodeId from, in NodeId to) =>
        _groups is not { } groups || groups.GetValueOrDefault(from) == groups.GetValueOrDefault(to);

    internal void Trace(MemoryTraceKind kind, in NodeId from, in NodeId to, int length = 0)
    {
        if (Options.Trace is { } trace)
        {
            // Some of it happens outside of turns, such as a ban on the thread that asked for it.
            lock (_traceGate)
            {
                trace(new MemoryTraceEntry(Turns.Now, kind, from, to, length));
            }
        }
    }

    /// <summary>Ends a task that others may wait for, away from the network's own steps.</summary>
    internal void Complete<T>(TaskCompletionSource<T> source, T result) => DeferredResult.Complete(Options.TaskScheduler, source, result);

    internal void Fail<T>(TaskCompletionSource<T> source, Exception error) => DeferredResult.Fail(Options.TaskScheduler, source, error);
}
