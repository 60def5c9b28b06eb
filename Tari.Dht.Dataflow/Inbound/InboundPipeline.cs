using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Dedup;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Inbound.Filters;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Inbound;

/// <summary>
/// The inbound graph: received bytes in, authenticated, decrypted and deduplicated messages out. Link an application's block to it with
/// <c>LinkTo</c>.
/// </summary>
/// <remarks>
/// <para>
/// metrics → deserialize → (store-and-forward filter, expiry filter) → decryption → dedup → (rebroadcast filter) → logging → application.
/// </para>
/// <para>
/// What comes out includes messages encrypted for other nodes (<see cref="DecryptedDhtMessage.DecryptionFailed"/>) and DHT messages: forwarding
/// and handling them comes after logging. Messages are in no order unless the decryption stage's options ask for it.
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
        : this(new Parts(identity, peers, dedupCache, options ?? new InboundPipelineOptions()))
    {
    }

    private InboundPipeline(Parts parts)
        : base("inbound", parts.Options, parts.Settlement, parts.Build) => MetricsCollector = parts.Collector;

    /// <summary>The counts of messages received, per peer and in all.</summary>
    public MetricsCollectorHandle MetricsCollector { get; }

    private sealed class Parts
    {
        private readonly NodeIdentity _identity;
        private readonly IPeerLookup _peers;
        private readonly IDedupCache _dedupCache;

        public Parts(NodeIdentity identity, IPeerLookup peers, IDedupCache dedupCache, InboundPipelineOptions options)
        {
            ArgumentNullException.ThrowIfNull(identity);
            ArgumentNullException.ThrowIfNull(peers);
            ArgumentNullException.ThrowIfNull(dedupCache);
            options.Validate();
            _identity = identity;
            _peers = peers;
            _dedupCache = dedupCache;
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
            var logging = graph.Add(new InboundLoggingStage(Options.Logger, Settlement.Metrics, _identity.NodeId), Options.LoggingStage);

            PipelineGraph.Connect(metrics, deserialize);
            graph.Connect(deserialize, decryption, new StoreAndForwardFilter(), new ExpiryFilter(Options.TimeProvider));
            PipelineGraph.Connect(decryption, dedup);
            graph.Connect(dedup, logging, new RebroadcastFilter());

            // Forward and the DHT handler take their place here, between logging and the application.
            return (metrics, logging);
        }
    }
}
