using System.Security.Cryptography;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

/// <summary>A network on virtual time, whose nodes' keys are always the same.</summary>
internal sealed class SimulatedNetwork : IDisposable
{
    private readonly List<MemoryComms> _all = [];

    public SimulatedNetwork(MemoryNetworkOptions options)
    {
        Time = new VirtualTime();
        Scheduler = new VirtualScheduler(Time);
        Network = new MemoryNetwork(options with { TimeProvider = Time, TaskScheduler = Scheduler });
    }

    public VirtualTime Time { get; }

    public VirtualScheduler Scheduler { get; }

    public MemoryNetwork Network { get; }

    public MemoryComms AddNode(PeerFeatures features = PeerFeatures.CommunicationNode, MemoryNodeOptions? options = null)
    {
        var key = CommsSecretKey.FromBytes([.. SHA256.HashData(BitConverter.GetBytes(_all.Count)).AsSpan(0, 31), 0]);
        var identity = new NodeIdentity(key, [Network.NextAddress()], features, timeProvider: Time);
        return AddNode(identity, NewStore(), options);
    }

    public MemoryComms AddNode(NodeIdentity identity, PeerManager peers, MemoryNodeOptions? options = null)
    {
        MemoryComms node = Network.AddNode(identity, peers, options);
        _all.Add(node);
        return node;
    }

    public PeerManager NewStore() => PeerManager.Open(new PeerManagerOptions
    {
        TimeProvider = Time,
        TaskScheduler = Scheduler,
        Random = new Random(_all.Count),
    });

    public PeerConnectionHandle Dial(MemoryComms from, MemoryComms to)
    {
        from.Peers.AddOrUpdatePeer(to.Identity.ToPeer());
        return Scheduler.Run(
            () => from.Connectivity.DialPeerAsync(to.Identity.NodeId, ConnectionStrength.Weak).AsTask(), TimeSpan.FromMinutes(5));
    }

    public Task<MessageSendResult> Post(MemoryComms from, MemoryComms to, params ReadOnlySpan<byte> body)
    {
        var reply = new TaskCompletionSource<MessageSendResult>();
        var message = new OutboundMessage(
            1, to.Identity.NodeId, new SharedBuffer(BufferLease.CopyOf(Network.Options.BufferPool, body), 0, body.Length), reply);
        if (!from.Outbound.Post(message))
        {
            message.Dispose();
        }

        return reply.Task;
    }

    public List<(TimeSpan At, byte[] Body)> Receive(MemoryComms node)
    {
        var received = new List<(TimeSpan, byte[])>();
        node.Inbound.LinkTo(
            new ActionBlock<InboundMessage>(
                message =>
                {
                    received.Add((Time.Elapsed, message.Body.ToArray()));
                    message.Dispose();
                },
                new ExecutionDataflowBlockOptions { TaskScheduler = Scheduler }),
            new DataflowLinkOptions());
        return received;
    }

    public void Dispose()
    {
        Network.Dispose();
        Scheduler.RunUntilIdle();
        foreach (MemoryComms node in _all)
        {
            node.Peers.DisposeAsync().AsTask().Wait();
            node.Identity.Dispose();
        }
    }
}
