using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>A node of the DHT on a transport: both graphs, the duplicate cache, discovery, and the actor.</summary>
/// <remarks>
/// <para>
/// Made by <see cref="DhtBuilder"/>. Link an application's block to <see cref="Messages"/>; until one is, messages wait, and with them what
/// comes behind. Everything else is asked through the requesters.
/// </para>
/// <para>
/// <see cref="StopAsync"/> takes no more messages from the transport, lets those inside out until a deadline, ends what waits for answers, stores
/// the time, and closes the databases. Thread safe.
/// </para>
/// </remarks>
public sealed class Dht : IAsyncDisposable
{
    private readonly DedupCache _dedupCache;
    private readonly DhtMetadataStore _metadata;
    private readonly DhtDiscoveryService _discovery;
    private readonly OutboundPipeline _outbound;
    private readonly InboundPipeline _inbound;
    private readonly DhtActor _actor;
    private readonly FloodGuard _floodGuard;
    private readonly IDisposable _fromTransport;
    private readonly TimeSpan _shutdownTimeout;
    private readonly Lock _gate = new();
    private Task<long>? _stopping;

    private Dht(
        NodeIdentity identity, PeerManager peers, IComms comms, DhtConfig config, DhtOptions options, DedupCache dedupCache, DhtMetadataStore metadata)
    {
        Identity = identity;
        Peers = peers;
        Config = config;
        _dedupCache = dedupCache;
        _metadata = metadata;
        _shutdownTimeout = options.ShutdownTimeout;

        // Discovery, the outbound graph and the actor need one another, so some learn of the others after they were made.
        var offences = new OffenceRelay();
        var selector = new PeerSelector(peers, comms.Connectivity, config, options.TimeProvider, options.Logger);
        var validator = new DhtPeerValidator(config.PeerValidatorConfig, config.MaxPermittedPeerClaims, options.TimeProvider);
        _discovery = new DhtDiscoveryService(identity, peers, validator, offences, new DhtDiscoveryOptions
        {
            RequestTimeout = config.DiscoveryRequestTimeout,
            TimeProvider = options.TimeProvider,
            TaskScheduler = options.TaskScheduler,
            Random = options.Random,
            Logger = options.Logger,
        });
        DiscoveryRequester = _discovery.CreateRequester();
        _outbound = new OutboundPipeline(identity, selector, dedupCache, OutboundOptions(config, options), DiscoveryRequester);
        OutboundRequester = new OutboundMessageRequester(_outbound, options.BufferPool, options.Random);
        _discovery.Start(OutboundRequester);
        _actor = new DhtActor(
            new DhtActorServices
            {
                Identity = identity,
                Peers = peers,
                Connectivity = comms.Connectivity,
                Selector = selector,
                DedupCache = dedupCache,
                Metadata = metadata,
                Outbound = OutboundRequester,
                Discoverer = DiscoveryRequester,
            },
            new DhtActorOptions
            {
                Config = config,
                TimeProvider = options.TimeProvider,
                TaskScheduler = options.TaskScheduler,
                Random = options.Random,
                Logger = options.Logger,
            });
        offences.SetTarget(_actor.Requester);
        _inbound = new InboundPipeline(
            identity,
            new InboundServices
            {
                Peers = peers,
                PeerValidator = validator,
                Outbound = OutboundRequester,
                Offences = offences,
                DiscoveryResponses = DiscoveryRequester,
                EnableForwarding = config.EnableForwarding,
                Random = options.Random,
            },
            dedupCache,
            InboundOptions(config, options));
        _floodGuard = new FloodGuard(
            _inbound.MetricsCollector, comms.Connectivity, config, options.TimeProvider, options.TaskScheduler, options.Logger);

        _floodGuard.Start();
        _outbound.LinkTo(comms.Outbound, new DataflowLinkOptions());
        _fromTransport = comms.Inbound.LinkTo(_inbound, new DataflowLinkOptions());
    }

    /// <summary>Who this node is.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>The peers it knows.</summary>
    public PeerManager Peers { get; }

    /// <summary>What it does on the network.</summary>
    public DhtConfig Config { get; }

    /// <summary>Messages for the application, which disposes each.</summary>
    public ISourceBlock<DecryptedDhtMessage> Messages => _inbound;

    /// <summary>Sends messages.</summary>
    public OutboundMessageRequester OutboundRequester { get; }

    /// <summary>Joins, selects, dials and bans.</summary>
    public DhtRequester Requester => _actor.Requester;

    /// <summary>Finds peers; waits for <see cref="DhtConfig.DiscoveryRequestTimeout"/>.</summary>
    public DhtDiscoveryRequester DiscoveryRequester { get; }

    /// <summary>The counts of messages received, per peer and in all.</summary>
    public MetricsCollectorHandle MetricsCollector => _inbound.MetricsCollector;

    /// <summary>Ends with the inbound graph: without an error when the node was stopped.</summary>
    public Task Completion => _inbound.Completion;

    /// <summary>Starts a builder, with the reference's default configuration.</summary>
    public static DhtBuilder CreateBuilder() => new();

    /// <summary>Messages that ended early for a reason, in both graphs together.</summary>
    /// <param name="reason">The reason.</param>
    public long GetDiscardCount(Pipeline.DropReason reason) => _inbound.GetDiscardCount(reason) + _outbound.GetDiscardCount(reason);

    /// <summary>Stops the node; the same task each time.</summary>
    /// <param name="deadline">How long messages inside may take to get out, in each graph.</param>
    /// <returns>Messages discarded at the deadline.</returns>
    public Task<long> StopAsync(TimeSpan deadline)
    {
        lock (_gate)
        {
            return _stopping ??= StopCoreAsync(deadline);
        }
    }

    /// <summary>Stops the node within <see cref="DhtOptions.ShutdownTimeout"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_shutdownTimeout);

    internal static async Task<Dht> CreateAsync(
        NodeIdentity identity, PeerManager peers, IComms comms, DhtConfig config, DhtOptions options, CancellationToken cancellationToken)
    {
        options = options with { Logger = GuardedLogger.Of(options.Logger) };
        (config, var changed) = config.ClampRebootstrapSettings();
        foreach (string setting in changed)
        {
            options.Logger.SettingClamped(setting);
        }

        string? file = config.IsDatabaseInMemory ? null : config.DatabaseUrl;
        DedupCache dedupCache = await DedupCache.OpenAsync(
            new DedupCacheOptions
            {
                Capacity = config.DedupCacheCapacity,
                TrimInterval = config.DedupCacheTrimInterval,
                DatabasePath = file,
                TimeProvider = options.TimeProvider,
                TaskScheduler = options.TaskScheduler,
                Logger = options.Logger,
            },
            cancellationToken);
        DhtMetadataStore? metadata = null;
        try
        {
            metadata = await DhtMetadataStore.OpenAsync(
                new DhtMetadataStoreOptions
                {
                    DatabasePath = file is null ? null : file + ".metadata",
                    TimeProvider = options.TimeProvider,
                    TaskScheduler = options.TaskScheduler,
                    Logger = options.Logger,
                },
                cancellationToken);
            return new Dht(identity, peers, comms, config, options, dedupCache, metadata);
        }
        catch
        {
            if (metadata is not null)
            {
                await metadata.DisposeAsync();
            }

            await dedupCache.DisposeAsync();
            throw;
        }
    }

    private static InboundPipelineOptions InboundOptions(DhtConfig config, DhtOptions options) => options.Inbound with
    {
        TaskScheduler = options.TaskScheduler,
        TimeProvider = options.TimeProvider,
        Logger = options.Logger,
        BufferPool = options.BufferPool,
        Metrics = options.Metrics,
        DiscardObserver = options.DiscardObserver,
        ShutdownTimeout = options.ShutdownTimeout,
        DedupAllowedMessageOccurrences = config.DedupAllowedMessageOccurrences,
        Flood = new FloodOptions { MaxMessageCount = config.FloodBanMaxMsgCount, TimeSpan = config.FloodBanTimespan },
    };

    private static OutboundPipelineOptions OutboundOptions(DhtConfig config, DhtOptions options) => options.Outbound with
    {
        TaskScheduler = options.TaskScheduler,
        TimeProvider = options.TimeProvider,
        Logger = options.Logger,
        BufferPool = options.BufferPool,
        Metrics = options.Metrics,
        DiscardObserver = options.DiscardObserver,
        ShutdownTimeout = options.ShutdownTimeout,
        ProtocolVersion = config.ProtocolVersion,
    };

    private async Task<long> StopCoreAsync(TimeSpan deadline)
    {
        _fromTransport.Dispose();
        await _floodGuard.DisposeAsync();

        // The inbound graph first: what it forwards and answers still gets out. Whoever waits for a discovery will not get it any more.
        long discarded = await _inbound.StopAsync(deadline);
        await _discovery.DisposeAsync();
        discarded += await _outbound.StopAsync(deadline);
        await _actor.DisposeAsync();
        await _metadata.DisposeAsync();
        await _dedupCache.DisposeAsync();
        return discarded;
    }
}
