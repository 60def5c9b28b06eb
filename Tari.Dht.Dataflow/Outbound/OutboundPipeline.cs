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
/// <para>
/// log → broadcast → log → serialize → transport. Use <see cref="OutboundMessageRequester"/> to make requests. An envelope is
/// serialised once; its recipients share the buffer.
/// </para>
/// <para>
/// With a discoverer, a request that allows it and names an unknown key leaves broadcast for a bounded place beside the graph, and comes
/// back before the second log when the peer is found. Meanwhile it holds up nothing else. The graph does not complete before all of them
/// have ended, each with its peer or with its failure; at a deadline they are discarded like everything else. A discoverer that asks
/// through this very graph can't do so any more once the intake has stopped, and has to fail then.
/// </para>
/// </remarks>
public sealed class OutboundPipeline : PipelineBlock<DhtOutboundRequest, OutboundMessage>
{
    /// <summary>Builds the graph; it runs as soon as requests come.</summary>
    /// <param name="identity">Who this node is. Borrowed: it has to outlive the graph.</param>
    /// <param name="peerSelector">Turns strategies into peers.</param>
    /// <param name="dedupCache">Where own messages are entered, so that their echoes are recognised. Borrowed.</param>
    /// <param name="options">How the graph runs; null for the defaults.</param>
    /// <param name="discoverer">Finds recipients that are not known; null for no discovery. Borrowed.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public OutboundPipeline(
        NodeIdentity identity,
        IPeerSelector peerSelector,
        IDedupCache dedupCache,
        OutboundPipelineOptions? options = null,
        IPeerDiscoverer? discoverer = null)
        : this(new Parts(identity, peerSelector, dedupCache, options ?? new OutboundPipelineOptions(), discoverer))
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
        private readonly IPeerDiscoverer? _discoverer;

        public Parts(
            NodeIdentity identity,
            IPeerSelector peerSelector,
            IDedupCache dedupCache,
            OutboundPipelineOptions options,
            IPeerDiscoverer? discoverer)
        {
            ArgumentNullException.ThrowIfNull(identity);
            ArgumentNullException.ThrowIfNull(peerSelector);
            ArgumentNullException.ThrowIfNull(dedupCache);
            options.Validate();
            _identity = identity;
            _peerSelector = peerSelector;
            _dedupCache = dedupCache;
            _discoverer = discoverer;
            Options = options with { Logger = GuardedLogger.Of(options.Logger) };
            Settlement = new Settlement(Options.Logger, options.Metrics ?? new DhtMetrics(), options.DiscardObserver);
        }

        public OutboundPipelineOptions Options { get; }

        public Settlement Settlement { get; }

        public (ITargetBlock<DhtOutboundRequest> Head, ISourceBlock<OutboundMessage?> Tail) Build(PipelineGraph graph)
        {
            PendingDiscoveries? pending = _discoverer is null
                ? null
                : new PendingDiscoveries(_discoverer, Options.MaxPendingDiscoveries, Settlement, Options.Logger);
            var generator = new MessageGenerator(_identity, _dedupCache, Options);
            var requestLogging = graph.Add(new RequestLoggingStage(Options.Logger, _identity.NodeId), Options.RequestLoggingStage);
            var broadcast = graph.Add(
                new BroadcastStage(_identity, _peerSelector, generator, pending, Options.Logger), Options.BroadcastStage);
            var discovery = pending is null
                ? null
                : graph.AddBehind(new DiscoveryStage(generator), Options.DiscoveryStage, () => pending.Count);
            var logging = graph.Add(
                new OutboundLoggingStage(Options.Logger, _identity.NodeId), Options.LoggingStage, singleProducer: discovery is null);
            var serialize = graph.AddFanOut(new SerializeStage(Options.BufferPool, Settlement.Metrics), Options.SerializeStage);

            PipelineGraph.Connect(requestLogging, broadcast);
            if (pending is null || discovery is null)
            {
                PipelineGraph.Connect(broadcast, logging);
            }
            else
            {
                // Only broadcast hands requests over, so that the discovery stage is always the last of the two to end.
                pending.Target = discovery;
                graph.WhenComplete(broadcast, pending.Complete);
                PipelineGraph.ConnectWithoutCompletion(broadcast, logging);
                PipelineGraph.Connect(discovery, logging);
            }

            PipelineGraph.Connect(logging, serialize);
            return (requestLogging, serialize);
        }
    }
}
