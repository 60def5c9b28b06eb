using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Comms.Memory;
using Tari.Dht.Dataflow.Tests.Support;
using Node = Tari.Dht.Dataflow.Hosting.Dht;

namespace Tari.Dht.Dataflow.Tests.Hosting;

/// <summary>Whole nodes on a network on virtual time, with one checking pool for all of them.</summary>
/// <remarks>
/// Dispose it at the end of a test: that stops the nodes and proves that the pool is whole. Until the first graph ends, nothing may have
/// left the scheduler (<see cref="BeginEnd"/>).
/// </remarks>
internal sealed class DhtNetwork : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly SimulatedNetwork _simulation;
    private readonly List<DhtNode> _nodes = [];
    private bool _ends;

    public DhtNetwork() => _simulation = new SimulatedNetwork(new MemoryNetworkOptions { BufferPool = Pool, Trace = Traces.Add });

    public CheckingArrayPool Pool { get; } = new();

    public List<MemoryTraceEntry> Traces { get; } = [];

    public VirtualTime Time => _simulation.Time;

    public VirtualScheduler Scheduler => _simulation.Scheduler;

    public MemoryNetwork Network => _simulation.Network;

    public DhtOptions Options => new()
    {
        TaskScheduler = Scheduler,
        TimeProvider = Time,
        BufferPool = Pool,
        Random = new Random(_nodes.Count),
        ShutdownTimeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>A transport without a node, which sends and takes raw envelopes.</summary>
    public MemoryComms AddTransport(PeerFeatures features = PeerFeatures.CommunicationNode) => _simulation.AddNode(features);

    public DhtNode AddNode(
        Func<DhtConfig, DhtConfig>? configure = null, PeerFeatures features = PeerFeatures.CommunicationNode, bool takesMessages = true)
    {
        MemoryComms comms = AddTransport(features);
        DhtConfig config = DhtConfig.DefaultLocalTest;
        var observer = new RecordingDiscardObserver();
        DhtBuilder builder = Node.CreateBuilder().WithConfig(configure?.Invoke(config) ?? config).WithOptions(
            Options with { DiscardObserver = observer });
        var node = new DhtNode(comms, Build(builder, comms), observer);
        if (takesMessages)
        {
            TakeMessages(node);
        }

        _nodes.Add(node);
        return node;
    }

    public void TakeMessages(DhtNode node) => node.Dht.Messages.LinkTo(
        new ActionBlock<DecryptedDhtMessage>(
            message =>
            {
                node.Received.Add(new ReceivedMessage(
                    message.Peer, message.AuthenticatedOrigin, message.IsEncrypted, [.. Parts(message)]));
                message.Dispose();
            },
            new ExecutionDataflowBlockOptions { TaskScheduler = Scheduler }),
        new DataflowLinkOptions());

    public Node Build(DhtBuilder builder, MemoryComms comms, IComms? instead = null) =>
        Run(() => builder.BuildAsync(comms.Identity, comms.Peers, instead ?? comms));

    /// <summary>Runs an operation on the scheduler.</summary>
    public T Run<T>(Func<Task<T>> operation) => Scheduler.Run(operation, Limit);

    public void Run(Func<Task> operation) => Scheduler.Run(
        async () =>
        {
            await operation();
            return true;
        },
        Limit);

    /// <summary>
    /// To be called before a graph ends: blocks tell of their ends on the thread pool. Proves that nothing has left the scheduler before
    /// the first of them.
    /// </summary>
    public void BeginEnd()
    {
        if (!_ends)
        {
            _ends = true;
            Assert.That(Scheduler.ForeignTasks, Is.Zero, "tasks that came from outside of the scheduler before a graph ended");
        }
    }

    /// <summary>
    /// Runs an operation in which graphs end, and leaves the clock where it is: a block tells of its end on the thread pool, which the
    /// scheduler can't wait for.
    /// </summary>
    public T Finish<T>(Func<Task<T>> operation)
    {
        BeginEnd();
        Task<T>? task = null;
        Run(() =>
        {
            task = operation();
            return Task.CompletedTask;
        });
        Until(() => task!.IsCompleted);
        return task!.GetAwaiter().GetResult();
    }

    /// <summary>Runs what there is to run until a condition holds; the clock stays.</summary>
    public void Until(Func<bool> condition)
    {
        long hang = Environment.TickCount64 + 60_000;
        while (!condition())
        {
            Assert.That(Environment.TickCount64, Is.LessThan(hang), "what is waited for does not come");
            Scheduler.RunUntilIdle();
            Thread.Yield();
        }
    }

    public void Finish(Func<Task> operation) => Finish(async () =>
    {
        await operation();
        return true;
    });

    /// <summary>Lets everything happen that is under way.</summary>
    public void Settle() => Scheduler.RunFor(TimeSpan.FromSeconds(2));

    /// <summary>Makes two transports known to one another and connects them.</summary>
    public void Connect(MemoryComms one, MemoryComms other)
    {
        other.Peers.AddOrUpdatePeer(one.Identity.ToPeer());
        _simulation.Dial(one, other).Dispose();
        Settle();
    }

    /// <summary>Sends an envelope over a connection, and lets everything happen that follows.</summary>
    public void Send(MemoryComms from, MemoryComms to, byte[] envelope)
    {
        Task<MessageSendResult> sent = _simulation.Post(from, to, envelope);
        Settle();
        Assert.That(sent.IsCompletedSuccessfully && sent.Result == MessageSendResult.Sent, "the envelope was sent");
    }

    /// <summary>What a transport without a node receives.</summary>
    public List<(TimeSpan At, byte[] Body)> Receive(MemoryComms comms) => _simulation.Receive(comms);

    public int Bans => Traces.Count(entry => entry.Kind == MemoryTraceKind.Banned);

    public void Dispose()
    {
        BeginEnd();
        foreach (DhtNode node in _nodes)
        {
            // At once, as the clock stands still.
            Finish(() => node.Dht.StopAsync(TimeSpan.Zero));
        }

        _simulation.Dispose();
        Pool.AssertWhole();
    }

    private static IEnumerable<byte[]> Parts(DecryptedDhtMessage message)
    {
        if (message.DecryptionFailed)
        {
            yield break;
        }

        for (int i = 0; i < message.Body.PartCount; i++)
        {
            yield return message.Body[i].ToArray();
        }
    }
}

/// <summary>A node, and what its application got.</summary>
internal sealed record DhtNode(MemoryComms Comms, Node Dht, RecordingDiscardObserver Observer)
{
    public List<ReceivedMessage> Received { get; } = [];

    public NodeIdentity Identity => Comms.Identity;
}

internal sealed record ReceivedMessage(NodeId Source, CommsPublicKey? Origin, bool IsEncrypted, byte[][] Parts);
