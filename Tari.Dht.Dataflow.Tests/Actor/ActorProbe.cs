using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Actor;

/// <summary>An actor with everything around it in a test's hands. Dispose it at the end: that stops it and proves the pool whole.</summary>
internal sealed class ActorProbe : IAsyncDisposable
{
    public ActorProbe(
        TaskScheduler? scheduler = null, DhtConfig? config = null, DhtMetadataStore? metadata = null, int maxWaitingBans = 1024)
    {
        scheduler ??= new InlineTaskScheduler();
        Identity = NodeIdentity.Generate([Multiaddr.Parse("/ip4/44.1.2.3/tcp/18189")], timeProvider: Time);
        Peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = Time });
        Cache = DedupCache.Open(new DedupCacheOptions { TimeProvider = Time });
        Metadata = metadata ?? DhtMetadataStore.Open(new DhtMetadataStoreOptions { TimeProvider = Time });
        Config = config ?? new DhtConfig();
        Actor = new DhtActor(
            new DhtActorServices
            {
                Identity = Identity,
                Peers = Peers,
                Connectivity = Connectivity,
                Selector = new PeerSelector(Peers, Connectivity, Config, Time, Log),
                DedupCache = Cache,
                Metadata = Metadata,
                Outbound = new OutboundMessageRequester(Outbox, Pool, new Random(1)),
                Discoverer = Discoverer,
            },
            new DhtActorOptions
            {
                Config = Config,
                MaxWaitingBans = maxWaitingBans,
                TimeProvider = Time,
                TaskScheduler = scheduler,
                Random = new Random(2),
                Logger = Log,
            });
    }

    public ManualTimeProvider Time { get; } = new();

    public LogRecorder Log { get; } = new();

    public CheckingArrayPool Pool { get; } = new();

    public NodeIdentity Identity { get; }

    public PeerManager Peers { get; }

    public DedupCache Cache { get; }

    public DhtMetadataStore Metadata { get; }

    public DhtConfig Config { get; }

    public ScriptedConnectivity Connectivity { get; } = new();

    public RecordingDiscoverer Discoverer { get; } = new();

    /// <summary>Where requests to send go.</summary>
    public BufferBlock<DhtOutboundRequest> Outbox { get; } = new();

    public DhtActor Actor { get; }

    public DhtRequester Requester => Actor.Requester;

    public async ValueTask DisposeAsync()
    {
        await Actor.DisposeAsync();
        if (Outbox.TryReceiveAll(out IList<DhtOutboundRequest>? requests))
        {
            foreach (DhtOutboundRequest request in requests)
            {
                request.Dispose();
            }
        }

        await Metadata.DisposeAsync();
        await Cache.DisposeAsync();
        await Peers.DisposeAsync();
        Identity.Dispose();
        Pool.AssertWhole();
    }
}
