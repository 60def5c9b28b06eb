using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Benchmarks.Yardstick;

namespace Tari.Dht.Dataflow.Benchmarks.Discovery;

/// <summary>
/// What does it take two whole nodes, over a link without latency, to ask for a peer by its key, answer, judge and store both claims?
/// </summary>
/// <remarks>A discovery that is not answered with the peer asked for throws, which is the check.</remarks>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class DiscoveryBenchmarks
{
    private const int Discoveries = 20;

    private DiscoveryWork? _run;

    [GlobalSetup]
    public void Setup() => _run = new DiscoveryWork(Discoveries);

    [Benchmark(OperationsPerInvoke = Discoveries)]
    public Task Discover() => _run!.RunAsync();

    [GlobalCleanup]
    public async Task CleanupAsync() => await _run!.DisposeAsync();
}
