using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>A node: identity and peers, which outlive a restart, and what runs on them.</summary>
internal sealed class SimulatedNode
{
    private readonly MemoryNetwork _network;
    private readonly Surroundings _surroundings;
    private readonly DhtConfig _config;
    private readonly Random _random;
    private MemoryComms? _comms;
    private Hosting.Dht? _dht;

    public SimulatedNode(int index, ulong seed, MemoryNetwork network, Surroundings surroundings, DhtConfig config)
    {
        Index = index;
        _network = network;
        _surroundings = surroundings;
        _config = config;
        _random = surroundings.RandomOf(index);
        Identity = new NodeIdentity(KeyOf(seed, index), [network.NextAddress()], timeProvider: surroundings.Time);
        Peers = PeerManager.Open(new PeerManagerOptions
        {
            TimeProvider = surroundings.Time,
            TaskScheduler = surroundings.Nodes,
            Random = _random,
        });
    }

    public int Index { get; }

    public NodeIdentity Identity { get; }

    public PeerManager Peers { get; }

    public NodeId Id => Identity.NodeId;

    public NodeState State { get; private set; }

    public bool IsRunning => _dht is not null;

    /// <summary>The DHT of a node that runs.</summary>
    public Hosting.Dht Dht => _dht ?? throw new InvalidOperationException($"Node {Index} does not run.");

    /// <summary>How the DHT is doing; null while the node does not run. Thread safe.</summary>
    public DhtStatus? TryGetStatus() => Volatile.Read(ref _dht)?.GetStatus();

    private ConnectivityManager Connectivity => _comms!.Connectivity;

    /// <summary>Starts the node.</summary>
    /// <param name="receive">Takes each message for the application, and owns it.</param>
    public async Task StartAsync(Func<SimulatedNode, DecryptedDhtMessage, Task> receive)
    {
        _comms = _network.AddNode(Identity, Peers);
        _dht = await Hosting.Dht.CreateBuilder()
            .WithConfig(_config)
            .WithOptions(new DhtOptions
            {
                TimeProvider = _surroundings.Time,
                TaskScheduler = _surroundings.Nodes,
                Random = _random,
            })
            .BuildAsync(Identity, Peers, _comms);
        var application = new ActionBlock<DecryptedDhtMessage>(
            message => receive(this, message),
            new ExecutionDataflowBlockOptions { TaskScheduler = _surroundings.Own, BoundedCapacity = 32 });
        _dht.Messages.LinkTo(application, new DataflowLinkOptions { PropagateCompletion = true });
    }

    /// <summary>Ends the node in good order.</summary>
    public async Task StopAsync()
    {
        if (_dht is { } dht)
        {
            _dht = null;
            await dht.StopAsync(TimeSpan.Zero);
            await _comms!.StopAsync();
        }
    }

    /// <summary>Ends the node without a word to the others.</summary>
    public async Task CrashAsync()
    {
        Hosting.Dht dht = Dht;
        State = NodeState.Crashed;
        _dht = null;
        _comms!.Crash();
        await dht.StopAsync(TimeSpan.Zero);
    }

    /// <summary>Starts the node again, with the peers that it knew.</summary>
    public Task RestartAsync(Func<SimulatedNode, DecryptedDhtMessage, Task> receive)
    {
        State = NodeState.Restarted;
        return StartAsync(receive);
    }

    /// <summary>The nodes it is connected with.</summary>
    public async Task<IReadOnlyList<NodeId>> GetConnectedAsync() =>
        await Connectivity.SelectNodesAsync(ConnectivitySelection.AllNodes([]));

    /// <summary>Connects to a known node, if it can be reached.</summary>
    public async Task<bool> TryDialAsync(NodeId peer)
    {
        try
        {
            // The pool keeps the connection; nobody here needs the handle.
            (await Connectivity.DialPeerAsync(peer, ConnectionStrength.Weak)).Dispose();
            return true;
        }
        catch (ConnectivityException)
        {
            return false;
        }
    }

    /// <summary>Gives identity and store back, after the node has ended.</summary>
    public async Task CloseAsync()
    {
        await Peers.DisposeAsync();
        Identity.Dispose();
    }

    private static CommsSecretKey KeyOf(ulong seed, int index)
    {
        Span<byte> input = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
        BinaryPrimitives.WriteInt32LittleEndian(input[8..], index);

        // A number of 31 bytes is below the order of the group.
        Span<byte> scalar = stackalloc byte[CommsSecretKey.Length];
        SHA256.HashData(input, scalar);
        scalar[^1] = 0;
        return CommsSecretKey.FromBytes(scalar);
    }
}
