using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Storage;

/// <summary>What changes of the peer store cost, in memory and with a file behind that is flushed at the end.</summary>
[MemoryDiagnoser]
public class PeerManagerBenchmarks
{
    private const int Count = 10_000;

    private string _folder = null!;
    private Peer[] _peers = null!;
    private PeerManager _manager = null!;

    /// <summary>A file behind the store.</summary>
    [Params(false, true)]
    public bool WithFile { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("peers-benchmark-").FullName;
        _peers = PeerPopulation.Create(Count, DateTimeOffset.UtcNow);
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [IterationSetup(Target = nameof(Add))]
    public void OpenEmpty() => _manager = Open();

    [IterationSetup(Target = nameof(SaveAgain))]
    public void OpenFull()
    {
        _manager = Open();
        Add().GetAwaiter().GetResult();
    }

    [IterationCleanup]
    public void Close() => _manager.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Peers that are new.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public Task Add()
    {
        foreach (Peer peer in _peers)
        {
            _manager.AddOrUpdatePeer(peer);
        }

        return _manager.FlushAsync();
    }

    /// <summary>Peers that are known, merged and written again.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public Task SaveAgain() => Add();

    private PeerManager Open() => PeerManager.Open(
        new PeerManagerOptions { DatabasePath = WithFile ? Path.Combine(_folder, $"{Guid.NewGuid():N}.db") : null });
}

/// <summary>What the start of a store costs: its file checked, read and arranged.</summary>
[MemoryDiagnoser]
public class PeerManagerStartBenchmarks
{
    private string _folder = null!;

    /// <summary>Peers in the file.</summary>
    [Params(10_000, 100_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("peers-benchmark-").FullName;
        await using PeerManager manager = Open();
        foreach (Peer peer in PeerPopulation.Create(Peers, DateTimeOffset.UtcNow))
        {
            manager.AddOrUpdatePeer(peer);
        }
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public async Task<int> OpenAndClose()
    {
        await using PeerManager manager = Open();
        return manager.Count == Peers ? Peers : throw new InvalidOperationException("Peers are missing.");
    }

    private PeerManager Open() =>
        PeerManager.Open(new PeerManagerOptions { DatabasePath = Path.Combine(_folder, "peers.db"), MaxPeerRows = Peers });
}
