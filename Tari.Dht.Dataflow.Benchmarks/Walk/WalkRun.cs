using System.IO.Pipelines;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Comms.Framing;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Benchmarks.Walk;

/// <summary>Two nodes in one process, joined by a pipe: an outbound graph, frames, and the other node's inbound graph.</summary>
internal sealed class WalkRun : IAsyncDisposable
{
    private readonly Pipe _pipe = new();
    private readonly DedupCache _cacheOfSender = DedupCache.Open(new DedupCacheOptions());
    private readonly DedupCache _cacheOfReceiver = DedupCache.Open(new DedupCacheOptions());
    private readonly OutboundPipeline _outbound;
    private readonly OutboundFrameSink _frameSink;
    private readonly InboundPipeline _inbound;
    private readonly Task<FrameSourceResult> _reading;
    private readonly WalkSink _sink;
    private readonly Application _application;

    public WalkRun(OutboundKind kind, int payloadLength)
    {
        _sink = new WalkSink(kind == OutboundKind.ClearUnsigned ? null : Parties.Node.PublicKey);
        _outbound = new OutboundPipeline(
            Parties.Node,
            new KnownPeerSelector(Parties.KnownPeers),
            _cacheOfSender,
            new OutboundPipelineOptions { DiscardObserver = _sink });
        _frameSink = new OutboundFrameSink(_pipe.Writer);
        _outbound.LinkTo(_frameSink, new DataflowLinkOptions { PropagateCompletion = true });
        _inbound = new InboundPipeline(
            Parties.Recipients[0], Parties.KnownPeers, _cacheOfReceiver, new InboundPipelineOptions { DiscardObserver = _sink });
        _inbound.LinkTo(_sink);
        _reading = new InboundFrameSource(_pipe.Reader, Parties.Node.NodeId, _inbound).RunAsync();
        _application = new Application(_outbound, kind, payloadLength, peers: 1);
    }

    /// <summary>Sends messages; ends when the other node has them all.</summary>
    /// <param name="count">How many, a multiple of <paramref name="atOnce"/>.</param>
    /// <param name="atOnce">Requests at the same time.</param>
    public async Task WalkAsync(int count, int atOnce)
    {
        Task arrived = _sink.Expect(count);
        await _application.SendAsync(count, atOnce);
        await arrived;
    }

    public async ValueTask DisposeAsync()
    {
        await _outbound.DisposeAsync();
        await _frameSink.Completion;
        await _pipe.Writer.CompleteAsync();
        FrameSourceResult end = await _reading;
        await _inbound.DisposeAsync();
        await _cacheOfSender.DisposeAsync();
        await _cacheOfReceiver.DisposeAsync();
        if (end.End != FrameSourceEnd.EndOfStream)
        {
            throw new InvalidOperationException($"Reading ended with {end.End}.");
        }
    }
}
