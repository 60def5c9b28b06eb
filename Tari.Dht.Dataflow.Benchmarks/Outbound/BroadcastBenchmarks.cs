using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Outbound;

/// <summary>
/// What does a broadcast of 1 kB to connected peers take, choice of peers included? What does it cost to count for whom it goes out?
/// </summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class BroadcastBenchmarks
{
    private const int Requests = 200;
    private const int RequestsAtOnce = 10;
    private const int PayloadLength = 1024;

    private OutboundRun? _run;

    [Params(8, 100)]
    public int Peers { get; set; }

    /// <summary>As a whole node does, which must not look like a flooder to its neighbours.</summary>
    [Params(false, true)]
    public bool WithRelayLimit { get; set; }

    [GlobalSetup]
    public void Setup() => _run = new OutboundRun(
        OutboundKind.ClearUnsigned, PayloadLength, Peers, workers: 2, amongConnected: true, withRelayLimit: WithRelayLimit);

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task Broadcast() => _run!.SendAsync(Requests, RequestsAtOnce);

    [GlobalCleanup]
    public async Task CleanupAsync() => await _run!.DisposeAsync();
}
