using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Walk;

/// <summary>What does a message take out of one node, through a pipe and into another, ten requests at once?</summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class WalkBenchmarks
{
    private const int Messages = 200;
    private const int RequestsAtOnce = 10;

    private WalkRun? _run;

    public static IEnumerable<WalkCase> Cases =>
    [
        new(OutboundKind.Encrypted, 1024),
        new(OutboundKind.ClearSigned, 1024),
        new(OutboundKind.ClearUnsigned, 1024),
        new(OutboundKind.Encrypted, 100 * 1024),
    ];

    [ParamsSource(nameof(Cases))]
    public WalkCase Case { get; set; } = new(OutboundKind.ClearUnsigned, 1024);

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _run = new WalkRun(Case.Kind, Case.PayloadLength);
        await _run.WalkAsync(RequestsAtOnce, RequestsAtOnce);
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Walk() => _run!.WalkAsync(Messages, RequestsAtOnce);

    [GlobalCleanup]
    public async Task CleanupAsync() => await _run!.DisposeAsync();
}
