using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>
/// What does a message take through a whole node's inbound graph that makes the node send something: a join, a discovery, one to forward?
/// </summary>
/// <remarks>Ends where the outbound graph would begin. The peers of joins and discoveries have been seen before, as most have.</remarks>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class DhtMessageBenchmarks
{
    private const int Messages = 512;

    private TrafficMessage[]? _traffic;
    private DhtInboundRun? _run;

    [Params(DhtTrafficKind.Join, DhtTrafficKind.Discovery, DhtTrafficKind.Forwarded)]
    public DhtTrafficKind Kind { get; set; }

    [GlobalSetup]
    public void Setup() => _traffic = DhtTraffic.Create(Kind, Messages);

    // An empty dedup cache each time, so that every message is new.
    [IterationSetup]
    public void Build() => _run = new DhtInboundRun(Kind, _traffic!);

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Receive() => _run!.FeedAsync();

    [IterationCleanup]
    public void Close() => _run!.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
