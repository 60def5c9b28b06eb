using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Whole nodes with the default configuration on a network in one process, on virtual time, which send nothing of their own.</summary>
/// <remarks>The first two are the seeds of all. The others start one second after another.</remarks>
internal sealed class SimulatedNetwork : IAsyncDisposable
{
    private const int Seeds = 2;

    private static readonly TimeSpan s_betweenStarts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(1);

    private static readonly DhtConfig s_config = new()
    {
        PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = true },
    };

    private readonly VirtualScheduler _scheduler = new(new VirtualTime());
    private readonly MemoryNetwork _network;
    private readonly List<(NodeIdentity Identity, PeerManager Peers, MemoryComms Comms, Hosting.Dht Dht)> _nodes = [];

    /// <param name="nodes">How many, the seeds included.</param>
    public SimulatedNetwork(int nodes)
    {
        _network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Seed = 1,
            TimeProvider = _scheduler.Time,
            TaskScheduler = _scheduler,
            Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(20) },
        });
        for (int i = 0; i < nodes; i++)
        {
            Add(i);
            _scheduler.RunFor(s_betweenStarts);
        }
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="duration">How much.</param>
    public void RunFor(TimeSpan duration) => _scheduler.RunFor(duration);

    /// <summary>What has come of it.</summary>
    public string Describe()
    {
        int connected = 0, starved = 0, known = int.MaxValue;
        foreach ((_, PeerManager peers, _, Hosting.Dht dht) in _nodes)
        {
            PoolStatus pool = dht.GetStatus().Pool;
            connected += pool.Connected;
            starved += pool.StarvedTicks > 0 ? 1 : 0;
            known = Math.Min(known, peers.Count);
        }

        return FormattableString.Invariant(
            $"{_nodes.Count} nodes, {(double)connected / _nodes.Count:F1} connections in a pool, {starved} pools starved, {known} peers known at least, {_scheduler.Time.ArmedTimers} timers, {_scheduler.ExecutedTasks} tasks");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((_, _, _, Hosting.Dht dht) in _nodes)
        {
            Task task = Task.Factory.StartNew(
                () => dht.StopAsync(TimeSpan.Zero), CancellationToken.None, TaskCreationOptions.None, _scheduler).Unwrap();
            while (!task.IsCompleted)
            {
                // The blocks of the graphs end on the thread pool, so the clock stands until they have.
                _scheduler.RunUntilIdle();
                await Task.Yield();
            }
        }

        _network.Dispose();
        _scheduler.RunUntilIdle();
        foreach ((NodeIdentity identity, PeerManager peers, _, _) in _nodes)
        {
            await peers.DisposeAsync();
            identity.Dispose();
        }
    }

    private void Add(int number)
    {
        byte[] name = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(name, number);
        byte[] secret = SHA256.HashData(name);
        secret[31] = 0;
        var identity = new NodeIdentity(
            CommsSecretKey.FromBytes(secret), [_network.NextAddress()], PeerFeatures.CommunicationNode, timeProvider: _scheduler.Time);
        PeerManager peers = PeerManager.Open(new PeerManagerOptions
        {
            TimeProvider = _scheduler.Time,
            TaskScheduler = _scheduler,
            Random = new Random(number),
        });
        for (int i = 0; i < Math.Min(number, Seeds); i++)
        {
            peers.AddOrUpdatePeer(_nodes[i].Identity.ToPeer() with { Flags = PeerFlags.Seed });
        }

        MemoryComms comms = _network.AddNode(identity, peers);
        DhtBuilder builder = Hosting.Dht.CreateBuilder()
            .WithConfig(s_config)
            .WithOptions(new DhtOptions
            {
                TaskScheduler = _scheduler,
                TimeProvider = _scheduler.Time,
                Random = new Random(number),
            });
        Hosting.Dht dht = _scheduler.Run(() => builder.BuildAsync(identity, peers, comms), s_buildLimit);
        dht.Messages.LinkTo(
            new ActionBlock<DecryptedDhtMessage>(
                static message => message.Dispose(), new ExecutionDataflowBlockOptions { TaskScheduler = _scheduler }),
            new DataflowLinkOptions());
        _nodes.Add((identity, peers, comms, dht));
    }
}
