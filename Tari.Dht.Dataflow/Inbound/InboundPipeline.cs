using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Dedup;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Inbound.Filters;
using Tari.Dht.Dataflow.Inbound.Forward;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Inbound;

/// <summary>
/// The inbound graph: received bytes in, authenticated, decrypted and deduplicated messages out. Link an application's block to it with
/// <c>LinkTo</c>.
/// </summary>
/// <remarks>
/// <para>
/// metrics → deserialize → (store-and-forward filter, expiry filter) → decryption → dedup → (rebroadcast filter) → logging
/// [→ forward] [→ DHT handler] → application.
/// </para>
/// <para>
/// A whole node's graph ends with the DHT handler, and has the forward stage before it if the node forwards: what comes out then can be read
/// and is for the application, or a permitted duplicate. The graph of a node identity, a peer lookup and a duplicate cache alone has
/// neither: what comes out includes messages encrypted for other nodes (<see cref="DecryptedDhtMessage.DecryptionFailed"/>) and DHT messages.
/// Messages are in no order unless the options of the decryption stage, and of the DHT handler's, ask for it.
/// </para>
/// <para>
/// Forward and DHT handler wait while the outbound graph is full, and with them all that comes behind. An outbound graph that in turn waits for a
/// discovery response must give up in time, as discovery does.
/// </para>
/// </remarks>
public sealed class InboundPipeline : PipelineBlock<InboundMessage, DecryptedDhtMessage>
{
    /// <summary>Builds the graph; it runs as soon as messages come.</summary>
    /// <param name="identity">Who this node is. Borrowed: it has to outlive the graph.</param>
    /// <param name="peers">Where sources are looked up.</param>
    /// <param name="dedupCache">Where hits are counted. Borrowed: the caller disposes it after the graph.</param>
    /// <param name="options">How the graph runs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public InboundPipeline(NodeIdentity identity, IPeerLookup peers, IDedupCache dedupCache, InboundPipelineOptions? options = null)
        : this(new Parts(identity, peers, dedupCache, services: null, options ?? new InboundPipelineOptions()))
    {
    }

    /// <summary>Builds the graph of a whole node, which also forwards and speaks the DHT's own messages.</summary>
    /// <param name="identity">Who this node is. Borrowed: it has to outlive the graph.</param>
    /// <param name="services">What the graph needs besides; its peers are those that sources are looked up in.</param>
    /// <param name="dedupCache">Where hits are counted. Borrowed: the caller disposes it after the graph.</param>
    /// <param name="options">How the graph runs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    internal InboundPipeline(NodeIdentity identity, InboundServices services, IDedupCache dedupCache, InboundPipelineOptions? options = null)
        : this(new Parts(identity, PeersOf(services), dedupCache, services, options ?? new InboundPipelineOptions()))
    {
    }

    private InboundPipeline(Parts parts)
        : base("inbound", parts.Options, parts.Settlement, parts.Build) => MetricsCollector = parts.Collector;

    /// <summary>The counts of messages received, per peer and in all.</summary>
    public MetricsCollectorHandle MetricsCollector { get; }

    private static PeerManager PeersOf(InboundServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Peers;
    }

    private sealed class Parts
    {
        private readonly NodeIdentity _identity;
        private readonly IPeerLookup _peers;
        private readonly IDedupCache _dedupCache;
        private readonly InboundServices? _services;

        public Parts(
            NodeIdentity identity, IPeerLookup peers, IDedupCache dedupCache, InboundServices? services, InboundPipelineOptions options)
        {
            ArgumentNullException.ThrowIfNull(identity);
            ArgumentNullException.ThrowIfNull(peers);
            ArgumentNullException.ThrowIfNull(dedupCache);
            options.Validate();
            _identity = identity;
            _peers = peers;
            _dedupCache = dedupCache;
            _services = services;
            Options = options with { Logger = GuardedLogger.Of(options.Logger) };
            Settlement = new Settlement(Options.Logger, options.Metrics ?? new DhtMetrics(), options.DiscardObserver);
            Collector = new MetricsCollectorHandle(options.TimeProvider, options.Flood);
        }

        public InboundPipelineOptions Options { get; }

        public Settlement Settlement { get; }

        public MetricsCollectorHandle Collector { get; }

        public (ITargetBlock<InboundMessage> Head, ISourceBlock<DecryptedDhtMessage?> Tail) Build(PipelineGraph graph)
        {
            var metrics = graph.Add(new MetricsStage(Collector, Settlement.Metrics), Options.MetricsStage);
            var deserialize = graph.Add(new DeserializeStage(_peers, Options.Logger), Options.DeserializeStage);
            var decryption = graph.AddBatch(new DecryptionStage(_identity, Options.BufferPool), Options.DecryptionStage);
            var dedup = graph.Add(new DedupStage(_dedupCache, Options.DedupAllowedMessageOccurrences), Options.DedupStage);
            DhtMetrics? delivered = _services is null ? Settlement.Metrics : null;
            var logging = graph.Add(new InboundLoggingStage(Options.Logger, delivered, _identity.NodeId), Options.LoggingStage);

            PipelineGraph.Connect(metrics, deserialize);
            graph.Connect(deserialize, decryption, new StoreAndForwardFilter(), new ExpiryFilter(Options.TimeProvider));
            PipelineGraph.Connect(decryption, dedup);
            graph.Connect(dedup, logging, new RebroadcastFilter());

            return (metrics, _services is null ? logging : AddDht(graph, logging, _services));
        }

        private TransformBlock<DecryptedDhtMessage, DecryptedDhtMessage?> AddDht(
            PipelineGraph graph, ISourceBlock<DecryptedDhtMessage?> last, InboundServices services)
        {
            var relay = new MessageRelay(services.Outbound, Collector);
            if (services.EnableForwarding)
            {
                var forward = graph.Add(new ForwardStage(_identity, relay, services.Offences, Options.TimeProvider), Options.ForwardStage);
                PipelineGraph.Connect(last, forward);
                last = forward;
            }

            var claims = new ClaimIntake(services.Peers, services.PeerValidator, services.Offences, Options.Logger);
            var handler = graph.Add(
                new DhtHandlerStage(
                    new JoinHandler(_identity, claims, relay, Options.TimeProvider),
                    new DiscoveryHandler(_identity, claims, services.Outbound, Options.TimeProvider, services.Random),
                    new DiscoveryResponseHandler(claims, services.DiscoveryResponses, services.Offences),
                    services.Offences,
                    Settlement.Metrics),
                Options.DhtHandlerStage);
            PipelineGraph.Connect(last, handler);
            return handler;
        }
    }
}
