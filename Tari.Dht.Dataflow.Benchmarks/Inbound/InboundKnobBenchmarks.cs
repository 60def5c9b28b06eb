using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>What does each knob of the inbound graph change, the others at their defaults?</summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class InboundKnobBenchmarks
{
    private const int Messages = 2048;
    private const int PayloadLength = 1024;

    private Traffic? _traffic;
    private InboundRun? _run;

    public static IEnumerable<InboundKnobs> Settings =>
    [
        new(TrafficKind.EncryptedForUs),
        new(TrafficKind.EncryptedForUs, Workers: 1),
        new(TrafficKind.EncryptedForUs, Batch: 1),
        new(TrafficKind.EncryptedForUs, Batch: 4),
        new(TrafficKind.EncryptedForUs, Batch: 64),
        new(TrafficKind.EncryptedForUs, Capacity: 4),
        new(TrafficKind.EncryptedForUs, Capacity: 16),
        new(TrafficKind.EncryptedForUs, Ordered: true),
        new(TrafficKind.ClearUnsigned),
        new(TrafficKind.ClearUnsigned, Workers: 1),
        new(TrafficKind.ClearUnsigned, Batch: 1),
        new(TrafficKind.ClearUnsigned, Capacity: 4),
        new(TrafficKind.ClearUnsigned, Capacity: 16),
        new(TrafficKind.ClearUnsigned, Capacity: 512),
        new(TrafficKind.ClearUnsigned, Ordered: true),
    ];

    [ParamsSource(nameof(Settings))]
    public InboundKnobs Knobs { get; set; } = new(TrafficKind.ClearUnsigned);

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _traffic = Traffic.Create(Knobs.Kind, PayloadLength, Messages);
        await InboundRun.CheckAsync(_traffic);
    }

    // An empty dedup cache each time, so that every message is new.
    [IterationSetup]
    public void Build() => _run = new InboundRun(_traffic!, Knobs.Workers, withFile: false, tune: Knobs.ApplyTo);

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Receive() => _run!.FeedAsync(Messages);

    [IterationCleanup]
    public void Close() => _run!.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
