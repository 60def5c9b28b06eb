using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>
/// What the networks of whole nodes are made of: one network on virtual time, keys, stores, and nodes that start and stop. Everything but
/// key material follows from the seed.
/// </summary>
internal sealed class NodeSimulation : IDisposable
{
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private readonly int _seed;
    private readonly List<NodeIdentity> _identities = [];
    private readonly List<PeerManager> _stores = [];
    private readonly List<Dataflow.Hosting.Dht> _running = [];
    private int _keys;
    private int _chances;
    private long _foreignOfStops;
    private bool _ended;

    /// <param name="seed">What all chances follow from.</param>
    /// <param name="options">How the network behaves; seed, clock and scheduler are set here.</param>
    /// <param name="leastLogged">What is less is not kept in the log.</param>
    public NodeSimulation(int seed, MemoryNetworkOptions options, LogLevel leastLogged = LogLevel.Trace)
    {
        _seed = seed;
        Scheduler = new VirtualScheduler(new VirtualTime());
        Network = new MemoryNetwork(options with { Seed = (ulong)seed, TimeProvider = Time, TaskScheduler = Scheduler });
        Log = new LogRecorder(leastLogged);
    }

    public VirtualScheduler Scheduler { get; }

    public VirtualTime Time => Scheduler.Time;

    public MemoryNetwork Network { get; }

    public LogRecorder Log { get; }

    /// <summary>How many identities were made.</summary>
    public int Identities => _keys;

    /// <summary>Tasks that came from outside of the scheduler, but for those that the stopping of nodes made.</summary>
    public long ForeignTasks => Scheduler.ForeignTasks - _foreignOfStops;

    /// <summary>A new identity with an address of its own; it lives until it is forgotten, or the end.</summary>
    public NodeIdentity CreateIdentity(PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        byte[] secret = SHA256.HashData([.. BitConverter.GetBytes(_seed), .. BitConverter.GetBytes(_keys++)]);
        secret[31] = 0;
        var identity = new NodeIdentity(CommsSecretKey.FromBytes(secret), [Network.NextAddress()], features, timeProvider: Time);
        _identities.Add(identity);
        return identity;
    }

    /// <summary>A new, empty store; it is open until it is forgotten, or the end.</summary>
    public PeerManager OpenStore()
    {
        PeerManager store = PeerManager.Open(new PeerManagerOptions
        {
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Random = new Random(_seed + _chances++),
        });
        _stores.Add(store);
        return store;
    }

    /// <summary>Starts a DHT, with other chances each time.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="peers">Its store.</param>
    /// <param name="comms">Its transport.</param>
    /// <param name="config">What it does.</param>
    /// <param name="change">Changes what it works with.</param>
    /// <param name="started">Called on the scheduler before anything else happens.</param>
    public Dataflow.Hosting.Dht Start(
        NodeIdentity identity,
        PeerManager peers,
        IComms comms,
        DhtConfig config,
        Func<DhtOptions, DhtOptions>? change = null,
        Action<Dataflow.Hosting.Dht>? started = null)
    {
        var options = new DhtOptions
        {
            TaskScheduler = Scheduler,
            TimeProvider = Time,
            Random = new Random(_seed + (1000 * _chances++)),
            Logger = Log,
            BufferPool = Network.Options.BufferPool,
        };
        DhtBuilder builder = Dataflow.Hosting.Dht.CreateBuilder().WithConfig(config).WithOptions(change?.Invoke(options) ?? options);
        Dataflow.Hosting.Dht dht = Run(async () =>
        {
            Dataflow.Hosting.Dht made = await builder.BuildAsync(identity, peers, comms);
            started?.Invoke(made);
            return made;
        });
        _running.Add(dht);
        return dht;
    }

    public void Stop(Dataflow.Hosting.Dht dht)
    {
        _running.Remove(dht);
        Await(() => dht.StopAsync(TimeSpan.FromSeconds(1)));
    }

    /// <summary>Closes what belongs to a node that never comes back, and drops it.</summary>
    public void Forget(NodeIdentity identity, PeerManager peers)
    {
        _identities.Remove(identity);
        _stores.Remove(peers);
        Close(peers);
        identity.Dispose();
    }

    /// <summary>Runs an operation to its end, and with it everything else.</summary>
    public T Run<T>(Func<Task<T>> operation) => Scheduler.Run(operation, s_limit);

    /// <summary>
    /// Runs what stops a graph. Dataflow blocks end on the thread pool, whatever their scheduler, so the clock stands while that is waited
    /// for.
    /// </summary>
    public void Await(Func<Task> operation)
    {
        long before = Scheduler.ForeignTasks;
        Task task = Task.Factory.StartNew(operation, CancellationToken.None, TaskCreationOptions.None, Scheduler).Unwrap();
        var hang = Stopwatch.StartNew();
        do
        {
            Scheduler.RunUntilIdle();
            Assert.That(hang.Elapsed, Is.LessThan(s_hang), "a node does not stop");
            Thread.Yield();
        }
        while (!task.IsCompleted);

        _foreignOfStops += Scheduler.ForeignTasks - before;
        task.GetAwaiter().GetResult();
    }

    /// <summary>Ends everything, and proves that nothing is left of it, nothing went wrong, and nothing left the scheduler.</summary>
    public void Finish()
    {
        Scheduler.RunUntilIdle();
        long foreign = ForeignTasks;
        Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(Log.Entries.Where(static entry => entry.Level >= LogLevel.Error), Is.Empty, "errors in the log");
            Assert.That(foreign, Is.Zero, "tasks that came from outside of the scheduler");
            Assert.That(Scheduler.QueuedTasks, Is.Zero, "tasks left");
            Assert.That(Time.ArmedTimers, Is.Zero, "timers left");
        });
    }

    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        foreach (Dataflow.Hosting.Dht dht in _running.ToArray())
        {
            Stop(dht);
        }

        Network.Dispose();
        Scheduler.RunUntilIdle();
        _stores.ForEach(Close);
        _identities.ForEach(static identity => identity.Dispose());
    }

    private static void Close(PeerManager store) => store.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
