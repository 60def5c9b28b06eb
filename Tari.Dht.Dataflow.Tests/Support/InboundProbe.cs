using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>One node's inbound graph with a checking pool, a manual clock, and everything that comes out of it.</summary>
/// <remarks>Dispose it at the end of a test: that drains the graph and proves the pool whole.</remarks>
internal sealed class InboundProbe : IAsyncDisposable
{
    private readonly BufferBlock<DecryptedDhtMessage> _delivered = new();
    private ulong _nextTag = 1;

    public InboundProbe(
        NodeIdentity node,
        IPeerLookup peers,
        IDedupCache? cache = null,
        Func<InboundPipelineOptions, InboundPipelineOptions>? configure = null)
    {
        var options = new InboundPipelineOptions { BufferPool = Pool, TimeProvider = Clock, DiscardObserver = Observer };
        Cache = cache ?? new ScriptedDedupCache();
        Pipeline = new InboundPipeline(node, peers, Cache, configure?.Invoke(options) ?? options);
        Pipeline.LinkTo(_delivered, new DataflowLinkOptions { PropagateCompletion = true });
    }

    public CheckingArrayPool Pool { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public RecordingDiscardObserver Observer { get; } = new();

    public IDedupCache Cache { get; }

    public InboundPipeline Pipeline { get; }

    /// <summary>Sends an envelope in; the tag counts from 1.</summary>
    public Task<bool> SendAsync(NodeId source, byte[] envelope) =>
        Pipeline.SendAsync(new InboundMessage(_nextTag++, source, BufferLease.CopyOf(Pool, envelope)));

    /// <summary>Sends one envelope in and waits for what becomes of it: the message, or null when it was discarded.</summary>
    /// <remarks>The caller disposes the message.</remarks>
    public async Task<DecryptedDhtMessage?> RunOneAsync(NodeId source, byte[] envelope)
    {
        ulong tag = _nextTag;
        Assert.That(await SendAsync(source, envelope), "the graph takes the message");
        while (!Observer.Discards.Any(discard => discard.Tag == tag))
        {
            if (_delivered.TryReceive(out DecryptedDhtMessage? message))
            {
                return message;
            }

            await Task.Yield();
        }

        return null;
    }

    /// <summary>Ends the graph and gives everything that came out of it. The caller disposes the messages.</summary>
    public async Task<IReadOnlyList<DecryptedDhtMessage>> DrainAsync()
    {
        Pipeline.Complete();
        await Pipeline.Completion;
        return _delivered.TryReceiveAll(out IList<DecryptedDhtMessage>? messages) ? [.. messages] : [];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DecryptedDhtMessage message in await DrainAsync())
        {
            message.Dispose();
        }

        await Pipeline.DisposeAsync();
        await Cache.DisposeAsync();
        Pool.AssertWhole();
    }
}
