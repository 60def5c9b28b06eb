using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>One node's outbound graph with a checking pool, a manual clock, and everything that comes out of it.</summary>
/// <remarks>Dispose it at the end of a test: that drains the graph and proves the pool whole.</remarks>
internal sealed class OutboundProbe : IAsyncDisposable
{
    private readonly BufferBlock<OutboundMessage> _sent = new();

    public OutboundProbe(
        NodeIdentity node,
        IPeerSelector selector,
        ScriptedDedupCache? cache = null,
        Func<OutboundPipelineOptions, OutboundPipelineOptions>? configure = null,
        IPeerDiscoverer? discoverer = null)
    {
        Cache = cache ?? new ScriptedDedupCache();
        var options = new OutboundPipelineOptions { BufferPool = Pool, TimeProvider = Clock, DiscardObserver = Observer };
        Pipeline = new OutboundPipeline(node, selector, Cache, configure?.Invoke(options) ?? options, discoverer);
        Pipeline.LinkTo(_sent, new DataflowLinkOptions { PropagateCompletion = true });
        Requester = new OutboundMessageRequester(Pipeline, Pool, new Random(20_261_122));
    }

    public CheckingArrayPool Pool { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public RecordingDiscardObserver Observer { get; } = new();

    public ScriptedDedupCache Cache { get; }

    public OutboundPipeline Pipeline { get; }

    public OutboundMessageRequester Requester { get; }

    /// <summary>The next message that leaves the graph; the caller disposes it.</summary>
    public Task<OutboundMessage> ReceiveAsync() => _sent.ReceiveAsync();

    /// <summary>The next messages that leave the graph, as copies of their bytes with their recipients; reported as sent.</summary>
    public async Task<(NodeId Peer, ulong Tag, byte[] Envelope)[]> TakeAsync(int count)
    {
        var taken = new (NodeId, ulong, byte[])[count];
        for (int i = 0; i < count; i++)
        {
            using OutboundMessage message = await _sent.ReceiveAsync();
            taken[i] = (message.Peer, message.Tag, message.Body.ToArray());
            message.Complete(MessageSendResult.Sent);
        }

        return taken;
    }

    /// <summary>Ends the graph and gives everything that still came out of it. The caller disposes the messages.</summary>
    public async Task<IReadOnlyList<OutboundMessage>> DrainAsync()
    {
        Pipeline.Complete();
        await Pipeline.Completion;
        return _sent.TryReceiveAll(out IList<OutboundMessage>? messages) ? [.. messages] : [];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (OutboundMessage message in await DrainAsync())
        {
            message.Dispose();
        }

        await Pipeline.DisposeAsync();
        Pool.AssertWhole();
    }
}
