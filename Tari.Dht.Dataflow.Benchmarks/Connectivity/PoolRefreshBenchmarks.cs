using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Connectivity;

/// <summary>What a refresh of an empty pool of connections costs a node that knows many peers.</summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class PoolRefreshBenchmarks
{
    private PoolRefreshes? _pool;

    /// <summary>Peers that the store knows.</summary>
    [Params(1000, 10_000, 100_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void SetUp() => _pool = new PoolRefreshes(Peers);

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _pool!.DisposeAsync();

    /// <summary>24 dials of peers that are chosen among all.</summary>
    [Benchmark]
    public int Refresh() => _pool!.Refresh();
}
