using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>
/// A node of the DHT on a transport: both graphs, the duplicate cache, discovery of peers and of the network, the actor, the pool of
/// connections, and the calls by which peers share whom they know.
/// </summary>
/// <remarks>
/// <para>
/// Made by <see cref="DhtBuilder"/>. Link an application's block to <see cref="Messages"/>; until one is, messages wait, and with them what
/// comes behind. Everything else is asked through the requesters.
/// </para>
/// <para>
/// <see cref="StopAsync"/> takes no more messages from the transport, lets those inside out until a deadline, ends what waits for answers,
/// stores the time, and closes the databases. The node does the same by itself when the transport ends, since it could do nothing any more.
/// Everything runs on <see cref="DhtOptions.TaskScheduler"/>. Thread safe.
/// </para>
/// </remarks>
public sealed class Dht : IAsyncDisposable
{
    /// <summary>Events that a slow subscriber may fall behind, as in the reference.</summary>
    internal const int EventCapacity = 100;

    private readonly IComms _comms;
    private readonly ILogger _logger;
    private readonly TaskScheduler _scheduler;
    private readonly TimeSpan _shutdownTimeout;
    private readonly DhtMetrics _metrics;
    private readonly Func<int> _countCalls;
    private readonly bool _ownsMetrics;
    private readonly DedupCache _dedupCache;
    private readonly DhtMetadataStore _metadata;
    private readonly DhtDiscoveryService _discovery;
    private readonly OutboundPipeline _outbound;
    private readonly InboundPipeline _inbound;
    private readonly DhtActor _actor;
    private readonly DhtConnectivity _pool;
    private readonly NetworkDiscoveryService _networkDiscovery;
    private readonly DhtRpcService _peerSharing;
    private readonly DhtRpcConnector _rpc;
    private readonly EventPublisher<DhtEvent> _events = new(EventCapacity);
    private readonly TaskCompletionSource<long> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDisposable? _fromTransport;
    private IDisposable? _sharing;
    private int _isStopping;

    private Dht(
        NodeIdentity identity, PeerManager peers, IComms comms, DhtConfig config, DhtOptions options, DedupCache dedupCache, DhtMetadataStore metadata)
    {
        // One set of instruments for both graphs.
        _ownsMetrics = options.Metrics is null;
        _metrics = options.Metrics ?? new DhtMetrics();
        options = options with { Metrics = _metrics };
        Identity = identity;
        Peers = peers;
        Config = config;
        _comms = comms;
        _logger = options.Logger;
        _scheduler = options.TaskScheduler;
        _shutdownTimeout = options.ShutdownTimeout;
        _dedupCache = dedupCache;
        _metadata = metadata;

        // Nothing a transport leaves unanswered may keep the node waiting, least of all when it stops.
        var connectivity = new BoundedConnectivity(comms.Connectivity, options.TimeProvider);

        // Discovery, the outbound graph and the actor need one another, so some learn of the others after they were made. Nothing happens
        // before the links to the transport, so nobody notices.
        var offences = new OffenceRelay();
        var selector = new PeerSelector(peers, connectivity, config, options.TimeProvider, options.Logger);
        var validator = new DhtPeerValidator(config.PeerValidatorConfig, config.MaxPermittedPeerClaims, options.TimeProvider);
        _discovery = new DhtDiscoveryService(identity, peers, validator, offences, DiscoveryOptions(config, options));
        DiscoveryRequester = _discovery.CreateRequester();
        _outbound = new OutboundPipeline(identity, selector, dedupCache, OutboundOptions(config, options), DiscoveryRequester);
        OutboundRequester = new OutboundMessageRequester(_outbound, options.BufferPool, options.Random);
        _discovery.Start(OutboundRequester);
        _actor = new DhtActor(
            new DhtActorServices
            {
                Identity = identity,
                Peers = peers,
                Connectivity = connectivity,
                Selector = selector,
                DedupCache = dedupCache,
                Metadata = metadata,
                Outbound = OutboundRequester,
                Discoverer = DiscoveryRequester,
            },
            ActorOptions(config, options));
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
        var members = new PoolMembers();
        _pool = new DhtConnectivity(
            new DhtConnectivityServices
            {
                Self = identity.NodeId,
                Peers = peers,
                Connectivity = connectivity,
                Events = _events,
                Members = members,
                Floods = new FloodGuard(_inbound.MetricsCollector, connectivity, config, options.Logger),
                SendJoin = _actor.Requester.SendJoinAsync,
            },
            ConnectivityOptions(config, options));
        _rpc = new DhtRpcConnector(comms.Rpc, options.TimeProvider);
        _networkDiscovery = new NetworkDiscoveryService(
            new NetworkDiscoveryServices
            {
                Identity = identity,
                Peers = peers,
                Connectivity = connectivity,
                Rpc = _rpc,
                Validator = validator,
                Offences = offences,
                Events = _events,
                Pool = members,
                SeedProvider = options.SeedPeerProvider,
            },
            NetworkDiscoveryOptions(config, options));
        _peerSharing = new DhtRpcService(peers, config, options.TimeProvider, options.Logger, connectivity);
        _countCalls = () => _peerSharing.ActiveCalls;
    }

    /// <summary>Who this node is.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>The peers it knows.</summary>
    public PeerManager Peers { get; }

    /// <summary>What it does on the network, with the settings of rebootstrapping brought into their ranges.</summary>
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

    /// <summary>
    /// Ends when the node has stopped: without an error when it was asked to or the transport completed, with the error of the transport or
    /// of the inbound graph when one of them faulted.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Starts a builder, with the reference's default configuration.</summary>
    public static DhtBuilder CreateBuilder() => new();

    /// <summary>
    /// The events from now on. A reader that falls more than 100 events behind loses the oldest, and is told how many. Ends with the node.
    /// </summary>
    public EventSubscription<DhtEvent> SubscribeEvents() => _events.Subscribe();

    /// <summary>Opens a client with which one peer is asked for others that it knows, and for a sign of life.</summary>
    /// <param name="connection">
    /// A connection of this node's transport, such as that of the handle that <see cref="DhtRequester.DialOrDiscoverPeerAsync"/> gives. The
    /// client holds it until it is disposed.
    /// </param>
    /// <param name="options">How long to wait; null for the reference's times.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A client that the caller disposes. It is the transport's alone, and so is not ended by the end of the node.</returns>
    /// <exception cref="ArgumentException">The connection is not this transport's, or an option is out of its range.</exception>
    /// <exception cref="ConnectivityException">
    /// <see cref="ConnectivityError.RequestTimedOut"/>, or <see cref="ConnectivityError.PeerConnectionError"/>: the connection has ended,
    /// or the peer shares no peers.
    /// </exception>
    public Task<IDhtRpcClient> ConnectRpcAsync(
        IPeerConnection connection, DhtRpcClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= DhtRpcClientOptions.Default;
        options.Validate();
        return _rpc.ConnectHoldingAsync(connection, options, cancellationToken);
    }

    /// <summary>
    /// How the node is doing; also after it has stopped. Looks once at every record of the peer store, which is cheap enough to be asked for every
    /// second.
    /// </summary>
    public DhtStatus GetStatus()
    {
        bool isRunning = Volatile.Read(ref _isStopping) == 0;
        var discards = new List<(DropReason, long)>();
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            long count = GetDiscardCount(reason);
            if (count > 0)
            {
                discards.Add((reason, count));
            }
        }

        return new DhtStatus
        {
            IsRunning = isRunning,
            Connectivity = _comms.Connectivity.Status,
            Pool = _pool.Status,
            NetworkDiscovery = _networkDiscovery.Status,
            PeerSharingCalls = _peerSharing.ActiveCalls,
            PeerSharingCallsAnswered = _peerSharing.AnsweredCalls,
            PeersByState = CountPeers(),
            PeerStore = Peers.Health,
            DedupEntries = _dedupCache.Count,
            IsDedupAvailable = _dedupCache.IsAvailable,
            IsMetadataAvailable = !_metadata.IsFailing,
            DiscoveriesInFlight = _discovery.InFlight,
            InboundQueues = _inbound.GetQueueDepths(),
            OutboundQueues = _outbound.GetQueueDepths(),
            Discards = discards,
        };
    }

    /// <summary>Messages that ended early for a reason, in both graphs together.</summary>
    /// <param name="reason">The reason.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public long GetDiscardCount(DropReason reason) => _inbound.GetDiscardCount(reason) + _outbound.GetDiscardCount(reason);

    /// <summary>Stops the node. Asked again, it goes on as it was asked first.</summary>
    /// <param name="deadline">How long messages inside may take to get out, in each graph; zero does not wait.</param>
    /// <param name="cancellationToken">Brings the deadline forward.</param>
    /// <returns>Messages discarded at the deadline. Does not fail: what could not be stored is in the log.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative.</exception>
    public Task<long> StopAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(deadline, TimeSpan.Zero);
        BeginStop(deadline, null, cancellationToken);
        return _stopped.Task;
    }

    /// <summary>Stops the node within <see cref="DhtOptions.ShutdownTimeout"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_shutdownTimeout);

    /// <summary>Opens the databases and makes a node on the scheduler of the options; see <see cref="DhtBuilder.BuildAsync"/>.</summary>
    internal static Task<Dht> CreateAsync(
        NodeIdentity identity, PeerManager peers, IComms comms, DhtConfig config, DhtOptions options, CancellationToken cancellationToken)
    {
        options = options with { Logger = GuardedLogger.Of(options.Logger) };
        (config, var changed) = config.ClampRebootstrapSettings();

        // Before anything is opened or made.
        DiscoveryOptions(config, options).Validate();
        ActorOptions(config, options).Validate();
        ConnectivityOptions(config, options).Validate();
        NetworkDiscoveryOptions(config, options).Validate();
        InboundOptions(config, options).Validate();
        OutboundOptions(config, options).Validate();
        foreach (string setting in changed)
        {
            options.Logger.SettingClamped(setting);
        }

        return Task.Factory.StartNew(
            () => CreateCoreAsync(identity, peers, comms, config, options, cancellationToken),
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            options.TaskScheduler).Unwrap();
    }

    private static async Task<Dht> CreateCoreAsync(
        NodeIdentity identity, PeerManager peers, IComms comms, DhtConfig config, DhtOptions options, CancellationToken cancellationToken)
    {
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
        Dht dht;
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
            cancellationToken.ThrowIfCancellationRequested();
            dht = new Dht(identity, peers, comms, config, options, dedupCache, metadata);
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

        try
        {
            dht.Start();
        }
        catch
        {
            await dht.StopAsync(TimeSpan.Zero, CancellationToken.None);
            throw;
        }

        return dht;
    }

    private static DhtDiscoveryOptions DiscoveryOptions(DhtConfig config, DhtOptions options) => new()
    {
        RequestTimeout = config.DiscoveryRequestTimeout,
        TimeProvider = options.TimeProvider,
        TaskScheduler = options.TaskScheduler,
        Random = options.Random,
        Logger = options.Logger,
    };

    private static DhtActorOptions ActorOptions(DhtConfig config, DhtOptions options) => new()
    {
        Config = config,
        TimeProvider = options.TimeProvider,
        TaskScheduler = options.TaskScheduler,
        Random = options.Random,
        Logger = options.Logger,
    };

    private static DhtConnectivityOptions ConnectivityOptions(DhtConfig config, DhtOptions options) => new()
    {
        Config = config,
        TimeProvider = options.TimeProvider,
        TaskScheduler = options.TaskScheduler,
        Random = options.Random,
        Logger = options.Logger,
        Metrics = options.Metrics,
    };

    private static NetworkDiscoveryOptions NetworkDiscoveryOptions(DhtConfig config, DhtOptions options) => new()
    {
        Config = config,
        TimeProvider = options.TimeProvider,
        TaskScheduler = options.TaskScheduler,
        Random = options.Random,
        Logger = options.Logger,
        Metrics = options.Metrics,
    };

    /// <summary>A graph's options with what all graphs of the node have in common.</summary>
    private static T WithCommon<T>(T graph, DhtOptions options)
        where T : PipelineOptions
    {
        PipelineOptions common = graph;
        return (T)(common with
        {
            TaskScheduler = options.TaskScheduler,
            TimeProvider = options.TimeProvider,
            Logger = options.Logger,
            BufferPool = options.BufferPool,
            Metrics = options.Metrics,
            DiscardObserver = options.DiscardObserver,
            ShutdownTimeout = options.ShutdownTimeout,
        });
    }

    private static InboundPipelineOptions InboundOptions(DhtConfig config, DhtOptions options) => WithCommon(options.Inbound, options) with
    {
        DedupAllowedMessageOccurrences = config.DedupAllowedMessageOccurrences,

        // The guard judges by the configuration; a limit above what is counted is one that nobody reaches.
        Flood = new FloodOptions
        {
            MaxMessageCount = Math.Min(config.FloodBanMaxMsgCount, FloodOptions.MaxAllowedMessageCount),
            TimeSpan = config.FloodBanTimespan,
        },
    };

    private static OutboundPipelineOptions OutboundOptions(DhtConfig config, DhtOptions options) =>
        WithCommon(options.Outbound, options) with
        {
            ProtocolVersion = config.ProtocolVersion,

            // Neighbours are taken to judge as this node does; the last tenth of what they allow is for own messages.
            RelayLimit = new RelayLimit
            {
                MaxMessageCount = config.FloodBanMaxMsgCount - (config.FloodBanMaxMsgCount / 10),
                TimeSpan = config.FloodBanTimespan,
            },
        };

    private void Start()
    {
        _metrics.AddCalls(_countCalls);
        _sharing = _comms.Rpc.Register(_peerSharing);

        // Subscribed before the pool, which may starve.
        _networkDiscovery.Start();
        _pool.Start();
        _outbound.LinkTo(_comms.Outbound, new DataflowLinkOptions());
        _fromTransport = _comms.Inbound.LinkTo(_inbound, new DataflowLinkOptions());
        StopWhenEnded(_comms.Inbound.Completion, "transport's inbound side");
        StopWhenEnded(_comms.Outbound.Completion, "transport's outbound side");

        // An application can end the graph through its own end of it.
        StopWhenEnded(_inbound.Completion, "inbound graph");
        _logger.NodeStarted(Identity.NodeId);
    }

    private PeerStatistics CountPeers()
    {
        try
        {
            return Peers.GetStatistics();
        }
        catch (ObjectDisposedException)
        {
            // The store is the application's, who may close it once the node has stopped.
            return default;
        }
    }

    private void StopWhenEnded(Task completion, string part) => completion.ContinueWith(
        ended => OnEnded(ended, part), CancellationToken.None, TaskContinuationOptions.DenyChildAttach, _scheduler);

    private void OnEnded(Task ended, string part)
    {
        Exception? error = ended.Exception?.GetBaseException();
        if (BeginStop(_shutdownTimeout, error, CancellationToken.None))
        {
            _logger.PartEnded(error, part);
        }
    }

    private bool BeginStop(TimeSpan deadline, Exception? fault, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStopping, 1) != 0)
        {
            return false;
        }

        _ = Task.Factory.StartNew(
            () => StopCoreAsync(deadline, fault, cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            _scheduler);
        return true;
    }

    private async Task StopCoreAsync(TimeSpan deadline, Exception? fault, CancellationToken cancellationToken)
    {
        await EndAsync("link to the transport", () =>
        {
            _fromTransport?.Dispose();
            return ValueTask.CompletedTask;
        });
        await EndAsync("peer sharing", () =>
        {
            _metrics.RemoveCalls(_countCalls);
            _sharing?.Dispose();
            return ValueTask.CompletedTask;
        });
        await EndAsync("network discovery", _networkDiscovery.DisposeAsync);
        await EndAsync("pool of connections", _pool.DisposeAsync);

        // What goes to a transport that has ended never leaves, and must not hold up what came in.
        long unsent = 0;
        bool canSend = !_comms.Outbound.Completion.IsCompleted;
        if (!canSend)
        {
            unsent = await _outbound.StopAsync(TimeSpan.Zero, CancellationToken.None);
        }

        // The inbound graph first: what it forwards and answers still gets out. Whoever waits for a discovery will not get it any more.
        long discarded = await _inbound.StopAsync(deadline, cancellationToken);
        await EndAsync("discovery", _discovery.DisposeAsync);
        if (canSend)
        {
            unsent = await _outbound.StopAsync(deadline, cancellationToken);
        }

        discarded += unsent;
        await EndAsync("actor", _actor.DisposeAsync);
        await EndAsync("metadata store", _metadata.DisposeAsync);
        await EndAsync("duplicate cache", _dedupCache.DisposeAsync);
        _events.Complete();
        if (_ownsMetrics)
        {
            _metrics.Dispose();
        }

        _logger.NodeStopped(Identity.NodeId, discarded);
        _stopped.SetResult(discarded);
        if (fault is null)
        {
            _completion.SetResult();
        }
        else
        {
            _completion.SetException(fault);

            // Looked at, as nobody has to wait for the completion.
            _ = _completion.Task.Exception;
        }
    }

    /// <summary>Ends a part. Some call the transport, whose failure must not keep the databases open.</summary>
    private async Task EndAsync(string part, Func<ValueTask> end)
    {
        try
        {
            await end();
        }
        catch (Exception error)
        {
            _logger.PartNotEnded(error, part);
        }
    }
}
