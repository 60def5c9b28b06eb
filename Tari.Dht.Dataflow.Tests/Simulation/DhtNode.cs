using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// A node of a <see cref="DhtNetwork"/> with an application that keeps what it receives; without a DHT, a peer that does what a test says.
/// </summary>
internal sealed class DhtNode
{
    private readonly DhtNetwork _network;
    private readonly List<ReceivedMessage> _received = [];
    private readonly List<byte[]> _envelopes = [];

    public DhtNode(DhtNetwork network, string name, NodeIdentity identity)
    {
        _network = network;
        Name = name;
        Identity = identity;
    }

    public string Name { get; }

    public NodeIdentity Identity { get; }

    public NodeId Id => Identity.NodeId;

    public PeerManager Peers { get; set; } = null!;

    public MemoryComms Comms { get; set; } = null!;

    /// <summary>Null for a node that only has a transport.</summary>
    public Dataflow.Hosting.Dht? MaybeDht { get; set; }

    public Dataflow.Hosting.Dht Dht => MaybeDht ?? throw new InvalidOperationException($"{Name} has no DHT.");

    public RecordingDiscardObserver Discards { get; } = new();

    /// <summary>What the application received, over all lives of the node.</summary>
    public IReadOnlyList<ReceivedMessage> Received => _received;

    /// <summary>The first bytes of what the application propagated; it does not get these back.</summary>
    public List<byte> Sent { get; } = [];

    /// <summary>What a node without a DHT received.</summary>
    public IReadOnlyList<byte[]> Envelopes => _envelopes;

    /// <summary>The application passes on each message to everybody that it receives, as one of a block chain does.</summary>
    public bool Relays { get; set; }

    /// <summary>Messages that the transport delivered to this node.</summary>
    public int DeliveredTo => _network.Trace.Count(entry => entry.Kind == MemoryTraceKind.Delivered && entry.To == Id);

    /// <summary>Messages that the transport delivered to this node from another.</summary>
    public int DeliveredFrom(DhtNode other) =>
        _network.Trace.Count(entry => entry.Kind == MemoryTraceKind.Delivered && entry.To == Id && entry.From == other.Id);

    public bool Knows(DhtNode other) => Peers.Find(other.Id) is not null;

    public void LinkApplication() =>
        Dht.Messages.LinkTo(
            new ActionBlock<DecryptedDhtMessage>(
                TakeAsync, new ExecutionDataflowBlockOptions { TaskScheduler = _network.Scheduler, BoundedCapacity = 10 }),
            new DataflowLinkOptions());

    public override string ToString() => Name;

    /// <summary>Keeps what comes to a node without a DHT.</summary>
    public void LinkWire() =>
        Comms.Inbound.LinkTo(
            new ActionBlock<InboundMessage>(
                message =>
                {
                    _envelopes.Add(message.Body.ToArray());
                    message.Dispose();
                },
                new ExecutionDataflowBlockOptions { TaskScheduler = _network.Scheduler }),
            new DataflowLinkOptions());

    private async Task TakeAsync(DecryptedDhtMessage message)
    {
        ReceivedMessage kept;
        using (message)
        {
            kept = new ReceivedMessage(_network.Time.Elapsed, message);
            _received.Add(kept);
        }

        if (Relays && kept.Destination.IsUnknown && MaybeDht is { } dht)
        {
            await dht.OutboundRequester.SendRawNoWaitAsync(
                _network.Parameters().Propagate(NodeDestination.Unknown, [kept.Source]).WithTag(kept.Tag), kept.Body);
        }
    }
}
