using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Hosting.DependencyInjection;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;
using Node = Tari.Dht.Dataflow.Hosting.Dht;

namespace Tari.Dht.Dataflow.Tests.Hosting.DependencyInjection;

/// <summary>A node in an application's services, on the thread pool and a network in one process.</summary>
[TestFixture]
internal sealed class DhtHostTests
{
    [Test]
    public async Task A_host_starts_store_transport_and_node_in_order_and_stops_them_the_other_way_round()
    {
        using var rig = new Rig();
        await using ServiceProvider provider = rig.Services().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).BuildServiceProvider();
        var host = provider.GetRequiredService<DhtHost>();
        Assert.That(() => host.Dht, Throws.InvalidOperationException);
        Assert.That(provider.GetServices<IHostedService>(), Has.Exactly(1).SameAs(host));

        await host.StartAsync(CancellationToken.None);
        Assert.That(rig.Steps, Is.EqualTo((string[])["options", "transport", "started"]));
        Assert.That(host.Dht.GetStatus().IsRunning);
        Assert.That(async () => await host.StartAsync(CancellationToken.None), Throws.InvalidOperationException);

        await host.StopAsync(CancellationToken.None);
        Assert.That(rig.Steps, Is.EqualTo((string[])["options", "transport", "started", "node stopped: True", "store open: True"]));
        Assert.That(host.TryGetDht(out _), Is.False);
        await host.StopAsync(CancellationToken.None);
        Assert.That(rig.Steps, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task A_host_can_be_started_again_after_it_was_stopped()
    {
        using var rig = new Rig();
        await using ServiceProvider provider = rig.Services().BuildServiceProvider();
        var host = provider.GetRequiredService<DhtHost>();
        await host.StartAsync(CancellationToken.None);
        await host.StopAsync(CancellationToken.None);
        await host.StartAsync(CancellationToken.None);
        Assert.That(host.Dht.GetStatus().IsRunning);
    }

    [Test]
    public async Task A_start_that_fails_at_its_last_step_closes_what_it_opened()
    {
        using var rig = new Rig { StartError = new IOException("no") };
        await using ServiceProvider provider = rig.Services().BuildServiceProvider();
        var host = provider.GetRequiredService<DhtHost>();
        Assert.That(async () => await host.StartAsync(CancellationToken.None), Throws.TypeOf<IOException>());
        Assert.That(rig.Steps[^2..], Is.EqualTo((string[])["node stopped: True", "store open: True"]));
        Assert.That(host.TryGetDht(out _), Is.False);
    }

    [Test]
    public void Two_hosts_on_virtual_time_send_one_another_messages_and_nothing_leaves_the_scheduler()
    {
        var time = new VirtualTime();
        var scheduler = new VirtualScheduler(time);
        using var rig = new Rig(time, scheduler);
        using var otherRig = new Rig(time, scheduler, rig.Network);
        using ServiceProvider provider = rig.Services().BuildServiceProvider();
        using ServiceProvider otherProvider = otherRig.Services().BuildServiceProvider();
        DhtHost[] hosts = [provider.GetRequiredService<DhtHost>(), otherProvider.GetRequiredService<DhtHost>()];
        var received = new List<byte[]>();
        foreach (DhtHost host in hosts)
        {
            Run(() => host.StartAsync(CancellationToken.None));
            host.Dht.Messages.LinkTo(
                new ActionBlock<DecryptedDhtMessage>(
                    message =>
                    {
                        received.Add(message.Body[1].ToArray());
                        message.Dispose();
                    },
                    new ExecutionDataflowBlockOptions { TaskScheduler = scheduler }),
                new DataflowLinkOptions());
        }

        hosts[0].Dht.Peers.AddOrUpdatePeer(hosts[1].Dht.Identity.ToPeer());
        for (byte i = 0; i < 50; i++)
        {
            byte number = i;
            CommsPublicKey key = hosts[1].Dht.Identity.PublicKey;
            Run(() => hosts[0].Dht.OutboundRequester.SendDirectEncryptedAsync(
                key, new OutboundDomainMessage(1, new[] { number }), OutboundEncryption.EncryptFor(key)));
            scheduler.RunFor(TimeSpan.FromSeconds(1));
        }

        // Graphs end on the thread pool.
        Assert.That((received.Count, scheduler.ForeignTasks), Is.EqualTo((50, 0)));
        foreach (DhtHost host in hosts)
        {
            Task stopping = Task.Factory.StartNew(
                () => host.StopAsync(CancellationToken.None), CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
            while (!stopping.IsCompleted)
            {
                scheduler.RunUntilIdle();
                Thread.Yield();
            }

            stopping.GetAwaiter().GetResult();
        }

        void Run(Func<Task> operation) => scheduler.Run(
            async () =>
            {
                await operation();
                return true;
            },
            TimeSpan.FromMinutes(5));
    }

    [Test]
    public void A_provider_of_seeds_among_the_options_is_asked_when_the_pool_starves()
    {
        var time = new VirtualTime();
        var scheduler = new VirtualScheduler(time);
        var provider = new CountingProvider();
        DhtConfig config = DhtConfig.DefaultLocalTest;
        using var rig = new Rig(time, scheduler)
        {
            Configure = options => options with
            {
                Config = config with
                {
                    NetworkDiscovery = config.NetworkDiscovery with { Enabled = true },
                    Connectivity = config.Connectivity with { UpdateInterval = TimeSpan.FromSeconds(5), PoolStarvedTicks = 1 },
                },
                Options = options.Options with { SeedPeerProvider = provider },
            },
        };
        using ServiceProvider services = rig.Services().BuildServiceProvider();
        var host = services.GetRequiredService<DhtHost>();
        scheduler.Run(
            async () =>
            {
                await host.StartAsync(CancellationToken.None);
                return true;
            },
            TimeSpan.FromMinutes(1));
        scheduler.RunFor(TimeSpan.FromSeconds(60));

        Assert.That(provider.Calls, Is.EqualTo(1), "a starved pool rests before it says so again");
        Assert.That(host.Dht.GetStatus().NetworkDiscovery.IsPrimaryBootstrapComplete);
        Task stopped = host.StopAsync(CancellationToken.None);
        while (!stopped.IsCompleted)
        {
            // Graphs end on the thread pool.
            scheduler.RunFor(TimeSpan.FromMilliseconds(1));
            Thread.Yield();
        }

        Assert.That(stopped.IsCompletedSuccessfully);
    }

    [Test]
    public async Task Settings_come_from_the_section_and_a_wrong_one_fails_the_start()
    {
        using var rig = new Rig();
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("dht:broadcast_factor", "5"), new("dht:AutoJoin", "true"), new("bad:broadcast_factor", "many")])
            .Build();
        await using (ServiceProvider provider = rig.Services(configuration.GetSection("dht")).BuildServiceProvider())
        {
            var host = provider.GetRequiredService<DhtHost>();
            await host.StartAsync(CancellationToken.None);
            Assert.That(host.Dht.Config, Is.EqualTo(new DhtConfig { BroadcastFactor = 5, AutoJoin = true }));
        }

        await using ServiceProvider other = rig.Services(configuration.GetSection("bad")).BuildServiceProvider();
        Assert.That(
            async () => await other.GetRequiredService<DhtHost>().StartAsync(CancellationToken.None), Throws.TypeOf<DhtConfigException>());
    }

    [Test]
    public void A_second_node_in_one_host_is_refused()
    {
        using var rig = new Rig();
        IServiceCollection services = rig.Services();
        Assert.That(() => services.AddTariDht(rig.Options), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Health_goes_from_not_running_over_running_to_not_running()
    {
        using var rig = new Rig();
        await using ServiceProvider provider = rig.Services().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).BuildServiceProvider();
        var host = provider.GetRequiredService<DhtHost>();
        var health = provider.GetRequiredService<HealthCheckService>();
        async Task<HealthStatus> StatusAsync() =>
            (await health.CheckHealthAsync()).Entries[TariDhtServiceCollectionExtensions.HealthCheckName].Status;

        Assert.That(await StatusAsync(), Is.EqualTo(HealthStatus.Unhealthy));
        await host.StartAsync(CancellationToken.None);
        Assert.That(await StatusAsync(), Is.Not.EqualTo(HealthStatus.Unhealthy));
        await host.StopAsync(CancellationToken.None);
        Assert.That(await StatusAsync(), Is.EqualTo(HealthStatus.Unhealthy));
    }

    [Test]
    public void Health_is_judged_by_end_stores_and_connectivity_in_this_order()
    {
        DhtStatus online = Status(ConnectivityState.Online);
        DhtStatus offline = Status(ConnectivityState.Offline);
        Assert.Multiple(() =>
        {
            Assert.That(DhtHealthCheck.Judge(online).Status, Is.EqualTo(HealthStatus.Healthy));
            Assert.That(DhtHealthCheck.Judge(Status(ConnectivityState.Degraded)).Status, Is.EqualTo(HealthStatus.Healthy));
            Assert.That(DhtHealthCheck.Judge(Status(ConnectivityState.Initializing)).Status, Is.EqualTo(HealthStatus.Healthy));
            Assert.That(DhtHealthCheck.Judge(offline).Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(DhtHealthCheck.Judge(online with { IsRunning = false }).Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(
                DhtHealthCheck.Judge(offline with { PeerStore = PeerStoreHealth.Degraded }).Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(DhtHealthCheck.Judge(online with { IsDedupAvailable = false }).Description, Does.Contain("duplicate cache"));
            Assert.That(DhtHealthCheck.Judge(online with { IsMetadataAvailable = false }).Description, Does.Contain("metadata"));
            Assert.That(DhtHealthCheck.Judge(online).Data["nodes"], Is.EqualTo(3));
        });
    }

    [Test]
    public void A_node_whose_pool_starves_is_degraded_and_says_how_much()
    {
        DhtStatus online = Status(ConnectivityState.Online);
        DhtStatus starving = online with
        {
            Pool = new PoolStatus { Size = 12, ConnectedOutbound = 2, ConnectedInbound = 4, StarvedTicks = 3, IsStarving = true },
        };

        HealthCheckResult result = DhtHealthCheck.Judge(starving);

        Assert.Multiple(() =>
        {
            Assert.That(result.Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(result.Description, Does.Contain("starves: 2 of 12 "));
            Assert.That((result.Data["poolWanted"], result.Data["poolOutbound"], result.Data["poolInbound"]), Is.EqualTo((12, 2, 4)));
            Assert.That(result.Data["networkDiscovery"], Is.EqualTo("Ready"));
            Assert.That(DhtHealthCheck.Judge(starving with { IsRunning = false }).Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(DhtHealthCheck.Judge(starving with { IsDedupAvailable = false }).Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(
                DhtHealthCheck.Judge(online with { Pool = new PoolStatus { Size = 12, StarvedTicks = 1 } }).Status,
                Is.EqualTo(HealthStatus.Healthy),
                "a node that starts");
        });
    }

    private static DhtStatus Status(ConnectivityState state) => new()
    {
        IsRunning = true,
        Connectivity = new ConnectivityStatus(state, 3),
        Pool = new PoolStatus(),
        NetworkDiscovery = new NetworkDiscoveryStatus
        {
            State = NetworkDiscoveryState.Ready,
            Since = DateTimeOffset.UnixEpoch,
            Rounds = 0,
            AttemptedPeers = 0,
            IsPrimaryBootstrapComplete = false,
        },
        PeerSharingCalls = 0,
        PeerSharingCallsAnswered = 0,
        PeersByState = new PeerStatistics { Known = 1 },
        PeerStore = PeerStoreHealth.InMemory,
        DedupEntries = 0,
        IsDedupAvailable = true,
        IsMetadataAvailable = true,
        DiscoveriesInFlight = 0,
        InboundQueues = [],
        OutboundQueues = [],
        Discards = [],
    };

    /// <summary>
    /// An application with a transport in memory, which notes what happens; on the thread pool unless something else is given.
    /// </summary>
    private sealed class Rig(TimeProvider? time = null, TaskScheduler? scheduler = null, MemoryNetwork? network = null) : IDisposable
    {
        private readonly TimeProvider _time = time ?? TimeProvider.System;
        private readonly TaskScheduler _scheduler = scheduler ?? TaskScheduler.Default;
        private PeerManager? _peers;
        private Node? _node;

        public MemoryNetwork Network { get; } = network ?? new MemoryNetwork(new MemoryNetworkOptions
        {
            TimeProvider = time ?? TimeProvider.System,
            TaskScheduler = scheduler ?? TaskScheduler.Default,
        });

        public List<string> Steps { get; } = [];

        public Exception? StartError { get; init; }

        public Func<DhtHostOptions, DhtHostOptions> Configure { get; init; } = static options => options;

        public IServiceCollection Services(IConfigurationSection? section = null) => section is null
            ? new ServiceCollection().AddTariDht(Options)
            : new ServiceCollection().AddTariDht(section, Options);

        public DhtHostOptions Options(IServiceProvider provider)
        {
            Steps.Add("options");
            return Configure(new DhtHostOptions
            {
                Identity = NodeIdentity.Generate([Network.NextAddress()], timeProvider: _time),
                Config = scheduler is null ? new DhtConfig() : DhtConfig.DefaultLocalTest,
                Options = new DhtOptions { TimeProvider = _time, TaskScheduler = _scheduler },
                Peers = new PeerManagerOptions { TimeProvider = _time, TaskScheduler = _scheduler },
                OpenComms = (context, _) =>
                {
                    Steps.Add("transport");
                    _peers = context.Peers;
                    return Task.FromResult<IComms>(Network.AddNode(context.Identity, context.Peers));
                },
                CloseComms = async comms =>
                {
                    Steps.Add($"node stopped: {_node!.Completion.IsCompleted}");
                    await ((MemoryComms)comms).StopAsync();

                    // Throws when it is closed.
                    using NodeIdentity peer = NodeIdentity.Generate();
                    _peers!.AddOrUpdatePeer(peer.ToPeer());
                    Steps.Add("store open: True");
                },
                Started = (node, _) =>
                {
                    _node = node;
                    Steps.Add("started");
                    return StartError is null ? Task.CompletedTask : Task.FromException(StartError);
                },
            });
        }

        public void Dispose() => Network.Dispose();
    }

    private sealed class CountingProvider : ISeedPeerProvider
    {
        public int Calls { get; private set; }

        public ValueTask<IReadOnlyList<Peer>> GetSeedPeersAsync(CancellationToken cancellationToken = default)
        {
            Calls++;
            return ValueTask.FromResult<IReadOnlyList<Peer>>([]);
        }
    }
}
