using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Connectivity;

/// <summary>What a refresh of an empty pool of connections costs a node that knows many peers.</summary>
[MemoryDiagnoser]
public class PoolRefreshBenchmarks
{
    private PoolRefreshes _pool = null!;

    /// <summary>Peers that the store knows.</summary>
    [Params(1000, 10_000, 100_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void SetUp() => _pool = new PoolRefreshes(Peers);

    [GlobalCleanup]
    public void CleanUp() => _pool.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>24 dials of peers that are chosen among all.</summary>
    [Benchmark]
    public int Refresh() => _pool.Refresh();
}
