using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// Whole nodes with the default configuration that keep themselves connected, for hours and days of virtual time. They know seeds, some of
/// which never answer, and nobody else. Everything but key material follows from the seed.
/// </summary>
internal sealed class LivingNetwork : IDisposable
{
    private readonly NodeSimulation _simulation;
    private readonly List<LivingNode> _nodes = [];
    private readonly List<Peer> _seedPeers = [];
    private readonly List<(string What, TimeSpan EndedAt, WeakReference Reference)> _ended = [];

    /// <param name="seed">What all chances follow from.</param>
    /// <param name="seeds">Seeds that run from the start on.</param>
    /// <param name="deadSeeds">Seeds that nobody ever reaches.</param>
    public LivingNetwork(int seed, int seeds, int deadSeeds)
    {
        // Only errors are looked at; what the nodes warn of in a week would fill the memory.
        _simulation = new NodeSimulation(
            seed,
            new MemoryNetworkOptions { Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(30) }, Trace = Note },
            LogLevel.Error);
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
            _seedPeers.Add(_simulation.CreateIdentity().ToPeer() with { Flags = PeerFlags.Seed });
        }

        starting.ForEach(TellSeeds);
        starting.ForEach(Start);
    }

    public static DhtConfig Config { get; } = new()
    {
        PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = true },
    };

    public MemoryNetworkOptions Options => Network.Options;

    public VirtualScheduler Scheduler => _simulation.Scheduler;

    public VirtualTime Time => _simulation.Time;

    public MemoryNetwork Network => _simulation.Network;

    /// <summary>The nodes that run or will run again, the seeds first.</summary>
    public IReadOnlyList<LivingNode> Nodes => _nodes;

    public IEnumerable<LivingNode> Running => _nodes.Where(static node => node.IsRunning);

    /// <summary>How many nodes there ever were, those included that nobody ever reached.</summary>
    public int NodesEver => _simulation.Identities;

    /// <summary>How often a node banned another.</summary>
    public int Bans { get; private set; }

    /// <summary>How many connections were made.</summary>
    public long Connections { get; private set; }

    /// <summary>A new node, which runs from here on.</summary>
    public LivingNode Add()
    {
        LivingNode node = Create($"n{NodesEver}");
        TellSeeds(node);
        Start(node);
        return node;
    }

    /// <summary>Starts a node that does not run; it knows whom it knew.</summary>
    public void Start(LivingNode node)
    {
        MemoryComms comms = Network.AddNode(node.Identity, node.Peers);
        Dataflow.Hosting.Dht dht = _simulation.Start(node.Identity, node.Peers, comms, Config, started: started =>
        {
            node.Begin(started, comms);
            _ = WatchAsync(node, started, started.SubscribeEvents());
        });
        dht.Messages.LinkTo(
            new ActionBlock<DecryptedDhtMessage>(
                static message => message.Dispose(), new ExecutionDataflowBlockOptions { TaskScheduler = Scheduler }),
            new DataflowLinkOptions());
    }

    /// <summary>Ends a node, with a word to its peers or without one. It may be started again.</summary>
    public void End(LivingNode node, bool isCrash)
    {
        (Dataflow.Hosting.Dht dht, MemoryComms comms) = node.End();
        if (isCrash)
        {
            comms.Crash();
        }
        else
        {
            _simulation.Await(comms.StopAsync);
        }

        _simulation.Stop(dht);
        Remember($"{node}'s DHT", dht);
        Remember($"{node}'s transport", comms);
    }

    /// <summary>Ends a node for good, and what it knows with it.</summary>
    public void Remove(LivingNode node, bool isCrash)
    {
        End(node, isCrash);
        _nodes.Remove(node);
        _simulation.Forget(node.Identity, node.Peers);
        Remember($"{node}'s store", node.Peers);
    }

    public void RunFor(TimeSpan duration) => Scheduler.RunFor(duration);

    /// <summary>
    /// What is still in memory of nodes that ended before a time. Full collections are the caller's affair; what is gone is not looked for
    /// again.
    /// </summary>
    public IReadOnlyList<string> FindLeft(TimeSpan endedBefore)
    {
        _ended.RemoveAll(static ended => !ended.Reference.IsAlive);
        return [.. _ended.Where(ended => ended.EndedAt < endedBefore).Select(static ended => $"{ended.What}, ended at {ended.EndedAt}")];
    }

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
    public void Finish() => _simulation.Finish();

    public void Dispose() => _simulation.Dispose();

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

    private LivingNode Create(string name)
    {
        var node = new LivingNode(name, _simulation.CreateIdentity(), _simulation.OpenStore());
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

    private void Remember(string what, object ended) => _ended.Add((what, Time.Elapsed, new WeakReference(ended)));
}
