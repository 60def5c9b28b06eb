using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Outbound.Serialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Outbound;

/// <summary>The outbound graph: requests in, one message per recipient out. Link the transport's block to it with <c>LinkTo</c>.</summary>
/// <remarks>
/// log → broadcast → log → serialize → transport. Use <see cref="OutboundMessageRequester"/> to make requests. An envelope is
/// serialised once; its recipients share the buffer.
/// </remarks>
public sealed class OutboundPipeline : PipelineBlock<DhtOutboundRequest, OutboundMessage>
{
    /// <summary>Builds the graph; it runs as soon as requests come.</summary>
    /// <param name="identity">Who this node is. Borrowed: it has to outlive the graph.</param>
    /// <param name="peerSelector">Turns strategies into peers.</param>
    /// <param name="dedupCache">Where own messages are entered, so that their echoes are recognised. Borrowed.</param>
    /// <param name="options">How the graph runs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public OutboundPipeline(NodeIdentity identity, IPeerSelector peerSelector, IDedupCache dedupCache, OutboundPipelineOptions? options = null)
        : this(new Parts(identity, peerSelector, dedupCache, options ?? new OutboundPipelineOptions()))
    {
    }

    private OutboundPipeline(Parts parts)
        : base("outbound", parts.Options, parts.Settlement, parts.Build)
    {
    }

    private sealed class Parts
    {
        private readonly NodeIdentity _identity;
        private readonly IPeerSelector _peerSelector;
        private readonly IDedupCache _dedupCache;

        public Parts(NodeIdentity identity, IPeerSelector peerSelector, IDedupCache dedupCache, OutboundPipelineOptions options)
        {
            ArgumentNullException.ThrowIfNull(identity);
            ArgumentNullException.ThrowIfNull(peerSelector);
            ArgumentNullException.ThrowIfNull(dedupCache);
            options.Validate();
            _identity = identity;
            _peerSelector = peerSelector;
            _dedupCache = dedupCache;
            Options = options with { Logger = GuardedLogger.Of(options.Logger) };
            Settlement = new Settlement(Options.Logger, options.Metrics ?? new DhtMetrics(), options.DiscardObserver);
        }

        public OutboundPipelineOptions Options { get; }

        public Settlement Settlement { get; }

        public (ITargetBlock<DhtOutboundRequest> Head, ISourceBlock<OutboundMessage?> Tail) Build(PipelineGraph graph)
        {
            var requestLogging = graph.Add(new RequestLoggingStage(Options.Logger, _identity.NodeId), Options.RequestLoggingStage);
            var broadcast = graph.Add(new BroadcastStage(_identity, _peerSelector, _dedupCache, Options), Options.BroadcastStage);
            var logging = graph.Add(new OutboundLoggingStage(Options.Logger, _identity.NodeId), Options.LoggingStage);
            var serialize = graph.AddFanOut(new SerializeStage(Options.BufferPool, Settlement.Metrics), Options.SerializeStage);

            PipelineGraph.Connect(requestLogging, broadcast);
            PipelineGraph.Connect(broadcast, logging);
            PipelineGraph.Connect(logging, serialize);
            return (requestLogging, serialize);
        }
    }
}
