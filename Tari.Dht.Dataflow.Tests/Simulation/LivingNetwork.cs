using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// Whole nodes with the default configuration that keep themselves connected, for hours and days of virtual time. They know seeds, some of which never
/// answer, and nobody else. Everything but key material follows from the seed.
/// </summary>
internal sealed class LivingNetwork : IDisposable
{
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(1);

    private readonly int _seed;
    private readonly List<LivingNode> _nodes = [];
    private readonly List<Peer> _seedPeers = [];
    private readonly List<NodeIdentity> _identities = [];
    private long _foreignOfStops;
    private int _starts;
    private bool _ended;

    /// <param name="seed">What all chances follow from.</param>
    /// <param name="seeds">Seeds that run from the start on.</param>
    /// <param name="deadSeeds">Seeds that nobody ever reaches.</param>
    public LivingNetwork(int seed, int seeds, int deadSeeds)
    {
        _seed = seed;
        Scheduler = new VirtualScheduler(new VirtualTime());
        Options = new MemoryNetworkOptions
        {
            Seed = (ulong)seed,
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(30) },
            Trace = Note,
        };
        Network = new MemoryNetwork(Options);
        List<LivingNode> starting = [];
        for (int i = 0; i < seeds; i++)
        {
            starting.Add(Create($"seed{i}"));
        }

        foreach (LivingNode node in starting)
        {
            _seedPeers.Add(node.Identity.ToPeer() with { Flags = PeerFlags.Seed });
        }

        for (int i = 0; i < deadSeeds; i++)
        {
            _seedPeers.Add(NewIdentity().ToPeer() with { Flags = PeerFlags.Seed });
        }

        starting.ForEach(node => TellSeeds(node));
        starting.ForEach(Start);
    }

    public static DhtConfig Config { get; } = new()
    {
        PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = true },
    };

    public MemoryNetworkOptions Options { get; }

    public VirtualScheduler Scheduler { get; }

    public VirtualTime Time => Scheduler.Time;

    public MemoryNetwork Network { get; }

    public LogRecorder Log { get; } = new(LogLevel.Warning);

    /// <summary>All nodes, the seeds first, those too that don't run.</summary>
    public IReadOnlyList<LivingNode> Nodes => _nodes;

    public IEnumerable<LivingNode> Running => _nodes.Where(static node => node.IsRunning);

    /// <summary>How often a node banned another.</summary>
    public int Bans { get; private set; }

    /// <summary>How many connections were made.</summary>
    public long Connections { get; private set; }

    /// <summary>A new node, which runs from here on.</summary>
    public LivingNode Add()
    {
        LivingNode node = Create($"n{_nodes.Count}");
        TellSeeds(node);
        Start(node);
        return node;
    }

    /// <summary>Starts a node that does not run; it knows whom it knew.</summary>
    public void Start(LivingNode node)
    {
        // For each life of each node other chances.
        int chances = _seed + (1000 * ++_starts);
        node.Comms = Network.AddNode(node.Identity, node.Peers);
        DhtBuilder builder = Dataflow.Hosting.Dht.CreateBuilder()
            .WithConfig(Config)
            .WithOptions(new DhtOptions { TaskScheduler = Scheduler, TimeProvider = Time, Random = new Random(chances), Logger = Log });
        Dataflow.Hosting.Dht dht = Scheduler.Run(
            async () =>
            {
                Dataflow.Hosting.Dht made = await builder.BuildAsync(node.Identity, node.Peers, node.Comms);
                EventSubscription<DhtEvent> events = made.SubscribeEvents();
                node.Begin(made, Time.Elapsed);
                _ = WatchAsync(node, made, events);
                return made;
            },
            s_buildLimit);
        dht.Messages.LinkTo(
            new ActionBlock<DecryptedDhtMessage>(
                static message => message.Dispose(), new ExecutionDataflowBlockOptions { TaskScheduler = Scheduler }),
            new DataflowLinkOptions());
    }

    /// <summary>Ends a node, with a word to its peers or without one.</summary>
    public void End(LivingNode node, bool isCrash)
    {
        Dataflow.Hosting.Dht dht = node.Dht;
        node.End();
        if (isCrash)
        {
            node.Comms.Crash();
        }
        else
        {
            Await(node.Comms.StopAsync);
        }

        Await(() => dht.StopAsync(TimeSpan.FromSeconds(1)));
    }

    public void RunFor(TimeSpan duration) => Scheduler.RunFor(duration);

    /// <summary>How many parts the running nodes form whose connections don't lead to one another.</summary>
    public int CountParts()
    {
        var left = Running.ToDictionary(static node => node.Id);
        int parts = 0;
        while (left.Count > 0)
        {
            parts++;
            var reached = new Queue<LivingNode>([left.Values.First()]);
            left.Remove(reached.Peek().Id);
            while (reached.TryDequeue(out LivingNode? node))
            {
                foreach (NodeId peer in node.ConnectedPeers(this))
                {
                    if (left.Remove(peer, out LivingNode? next))
                    {
                        reached.Enqueue(next);
                    }
                }
            }
        }

        return parts;
    }

    /// <summary>Ends all nodes and proves that nothing is left of them, nothing went wrong, and nothing left the scheduler.</summary>
    public void Finish()
    {
        Scheduler.RunUntilIdle();
        long foreign = Scheduler.ForeignTasks - _foreignOfStops;
        Close();
        Assert.Multiple(() =>
        {
            Assert.That(Log.Entries.Where(static entry => entry.Level >= LogLevel.Error), Is.Empty, "errors in the log");
            Assert.That(foreign, Is.Zero, "tasks that came from outside of the scheduler");
            Assert.That(Scheduler.QueuedTasks, Is.Zero, "tasks left");
            Assert.That(Time.ArmedTimers, Is.Zero, "timers left");
        });
    }

    public void Dispose() => Close();

    private static async Task WatchAsync(LivingNode node, Dataflow.Hosting.Dht dht, EventSubscription<DhtEvent> events)
    {
        using (events)
        {
            while (await events.ReadAsync() is { } received)
            {
                node.Take(dht, received.Event);
            }
        }
    }

    private void Note(MemoryTraceEntry entry)
    {
        Bans += entry.Kind == MemoryTraceKind.Banned ? 1 : 0;
        Connections += entry.Kind == MemoryTraceKind.Connected ? 1 : 0;
    }

    private NodeIdentity NewIdentity()
    {
        byte[] secret = SHA256.HashData([.. BitConverter.GetBytes(_seed), .. BitConverter.GetBytes(_identities.Count)]);
        secret[31] = 0;
        var identity = new NodeIdentity(
            CommsSecretKey.FromBytes(secret), [Network.NextAddress()], PeerFeatures.CommunicationNode, timeProvider: Time);
        _identities.Add(identity);
        return identity;
    }

    private LivingNode Create(string name)
    {
        PeerManager peers = PeerManager.Open(new PeerManagerOptions
        {
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Random = new Random(_seed + _nodes.Count),
        });
        var node = new LivingNode(name, NewIdentity(), peers);
        _nodes.Add(node);
        return node;
    }

    private void TellSeeds(LivingNode node)
    {
        foreach (Peer seed in _seedPeers)
        {
            if (seed.NodeId != node.Id)
            {
                node.Peers.AddOrUpdatePeer(seed);
            }
        }
    }

    /// <summary>
    /// Runs what stops a graph. Dataflow blocks end on the thread pool, whatever their scheduler, so the clock stands while that is waited for.
    /// </summary>
    private void Await(Func<Task> operation)
    {
        long before = Scheduler.ForeignTasks;
        Task task = Task.Factory.StartNew(operation, CancellationToken.None, TaskCreationOptions.None, Scheduler).Unwrap();
        var hang = Stopwatch.StartNew();
        do
        {
            Scheduler.RunUntilIdle();
            Assert.That(hang.Elapsed, Is.LessThan(s_hang), "a node does not stop");
            Thread.Yield();
        }
        while (!task.IsCompleted);

        _foreignOfStops += Scheduler.ForeignTasks - before;
        task.GetAwaiter().GetResult();
    }

    private void Close()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        foreach (LivingNode node in _nodes.Where(static node => node.IsRunning))
        {
            End(node, isCrash: true);
        }

        Network.Dispose();
        Scheduler.RunUntilIdle();
        foreach (LivingNode node in _nodes)
        {
            node.Peers.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        _identities.ForEach(static identity => identity.Dispose());
    }
}
