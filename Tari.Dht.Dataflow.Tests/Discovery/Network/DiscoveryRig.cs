using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Network discovery of one node on virtual time, with connections and peers that follow a script.</summary>
/// <remarks><see cref="Finish"/> ends it and proves that nothing is left behind.</remarks>
internal sealed class DiscoveryRig : IDisposable
{
    private readonly List<DhtEvent> _published = [];
    private readonly List<NodeIdentity> _identities = [];
    private bool _finished;

    public DiscoveryRig(
        Func<NetworkDiscoveryConfig, NetworkDiscoveryConfig>? configure = null,
        ISeedPeerProvider? provider = null,
        int seed = 1,
        bool testAddresses = false)
    {
        Scheduler = new VirtualScheduler(Time);
        Rpc = new ScriptedRpc(Time);
        Connectivity = new FakeConnectivity(Time);
        Peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = Time, TaskScheduler = Scheduler, Random = new Random(seed) });
        Identity = NewIdentity();
        Config = new DhtConfig
        {
            NetworkDiscovery = configure is null ? new NetworkDiscoveryConfig() : configure(new NetworkDiscoveryConfig()),
            PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = testAddresses },
        };
        Services = new NetworkDiscoveryServices
        {
            Identity = Identity,
            Peers = Peers,
            Connectivity = Connectivity,
            Rpc = Rpc,
            Validator = new DhtPeerValidator(Config.PeerValidatorConfig, Config.MaxPermittedPeerClaims, Time),
            Offences = Offences,
            Events = Events,
            Pool = Pool,
            SeedProvider = provider,
        };
        Options = new NetworkDiscoveryOptions
        {
            Config = Config,
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Random = new Random(seed),
            Logger = Log,
        };
        Service = new NetworkDiscoveryService(Services, Options);
        EventSubscription<DhtEvent> events = Events.Subscribe();
        Task.Factory.StartNew(() => KeepAsync(events), CancellationToken.None, TaskCreationOptions.None, Scheduler);
    }

    public VirtualTime Time { get; } = new();

    public VirtualScheduler Scheduler { get; }

    public FakeConnectivity Connectivity { get; }

    public ScriptedRpc Rpc { get; }

    public RecordingOffenceReporter Offences { get; } = new();

    public EventPublisher<DhtEvent> Events { get; } = new(100);

    public PoolMembers Pool { get; } = new();

    public LogRecorder Log { get; } = new();

    public PeerManager Peers { get; }

    public NodeIdentity Identity { get; }

    public DhtConfig Config { get; }

    public NetworkDiscoveryServices Services { get; }

    public NetworkDiscoveryOptions Options { get; }

    public NetworkDiscoveryService Service { get; }

    /// <summary>All that was published since the start.</summary>
    public IReadOnlyList<DhtEvent> Published => _published;

    public int Count<T>()
        where T : DhtEvent => Published.OfType<T>().Count();

    public NodeIdentity NewIdentity(string address = "/ip4/1.2.3.4/tcp/18189", PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        NodeIdentity identity = NodeIdentity.Generate([Multiaddr.Parse(address)], features);
        _identities.Add(identity);
        return identity;
    }

    /// <summary>Peers as somebody tells of them.</summary>
    public UnvalidatedPeerInfo[] Infos(int count) => [.. Enumerable.Range(0, count).Select(_ => Info(NewIdentity()))];

    public static UnvalidatedPeerInfo Info(NodeIdentity identity) => new(identity.PublicKey, [identity.Claim]);

    /// <summary>Peers that did not sign what is told of them.</summary>
    public UnvalidatedPeerInfo[] Forged(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new UnvalidatedPeerInfo(NewIdentity().PublicKey, [Identity.Claim]))];

    /// <summary>A peer in the store.</summary>
    public NodeId Store(PeerFlags flags = PeerFlags.None, bool isSeen = false, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        NodeIdentity identity = NewIdentity(features: features);
        Peers.AddOrUpdatePeer(identity.ToPeer() with { Flags = flags });
        if (isSeen)
        {
            Peers.SetAddressLastSeen(identity.NodeId, identity.PublicAddresses[0], Time.GetUtcNow());
        }

        return identity.NodeId;
    }

    /// <summary>A seed in the store that takes dials and tells of peers.</summary>
    public NodeId Seed(params UnvalidatedPeerInfo[] told)
    {
        NodeId seed = Store(PeerFlags.Seed);
        Connectivity.Dialable.Add(seed);
        Rpc.Answer(seed, told);
        return seed;
    }

    /// <summary>A node in the store that takes dials and tells of peers.</summary>
    public NodeId Node(params UnvalidatedPeerInfo[] told)
    {
        NodeId node = Store(isSeen: true);
        Connectivity.Dialable.Add(node);
        Rpc.Answer(node, told);
        return node;
    }

    public void Start() => Service.Start();

    public void RunFor(double seconds) => Scheduler.RunFor(TimeSpan.FromSeconds(seconds));

    public bool RunUntil(Func<bool> condition, double seconds) => Scheduler.RunUntil(condition, TimeSpan.FromSeconds(seconds));

    public bool RunUntil(NetworkDiscoveryState state, double seconds) => RunUntil(() => Service.Status.State == state, seconds);

    public void Starve() => Events.Publish(new DhtEvent.PoolStarved());

    /// <summary>The info of the one rebootstrap that was done.</summary>
    public RebootstrapInfo Rebootstrapped() => Published.OfType<DhtEvent.RebootstrapComplete>().Single().Info;

    /// <summary>Rebootstraps a node that does nothing else.</summary>
    public RebootstrapInfo Rebootstrap(double seconds = 300)
    {
        Connectivity.Status = new ConnectivityStatus(ConnectivityState.Offline, 0);
        Start();
        Scheduler.RunUntilIdle();
        Starve();
        Assert.That(RunUntil(() => Count<DhtEvent.RebootstrapComplete>() > 0, seconds), "the rebootstrap ends");
        return Rebootstrapped();
    }

    /// <summary>Ends it and proves that nothing is left behind.</summary>
    public void Finish()
    {
        _finished = true;
        Service.Stop();
        Scheduler.RunUntilIdle();
        Assert.Multiple(() =>
        {
            Assert.That(Service.Completion.IsCompletedSuccessfully, "the service ends without time");
            Assert.That(Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Shutdown));
            Assert.That(Connectivity.HandlesOut, Is.Zero, "handles out");
            Assert.That(Rpc.Open, Is.Zero, "sessions and streams open");
            Assert.That(Time.ArmedTimers, Is.Zero, "timers armed");
            Assert.That(Scheduler.ForeignTasks, Is.Zero, "tasks that left the scheduler");
            Assert.That(Log.Entries.Where(entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error), Is.Empty);
            Assert.That(Count<DhtEvent.PrimaryBootstrapComplete>(), Is.LessThanOrEqualTo(1));
            Assert.That(Count<DhtEvent.BootstrapMethodDetermined>(), Is.LessThanOrEqualTo(1));
        });
    }

    private async Task KeepAsync(EventSubscription<DhtEvent> events)
    {
        while (await events.ReadAsync() is { } received)
        {
            _published.Add(received.Event);
        }
    }

    public void Dispose()
    {
        if (!_finished)
        {
            Service.Stop();
            Scheduler.RunUntilIdle();
        }

        Peers.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _identities.ForEach(static identity => identity.Dispose());
    }
}
