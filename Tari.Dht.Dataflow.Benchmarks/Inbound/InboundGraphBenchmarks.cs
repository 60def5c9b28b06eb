using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>
/// What does a message take through the inbound graph, with a full queue before it? What do a second worker and a file change?
/// </summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class InboundGraphBenchmarks
{
    private const int Messages = 512;
    private const int PayloadLength = 1024;
    private const int LargePayloadLength = 100 * 1024;

    private Traffic? _traffic;
    private InboundRun? _run;

    public static IEnumerable<InboundCase> Cases
    {
        get
        {
            foreach (TrafficKind kind in Enum.GetValues<TrafficKind>())
            {
                yield return new InboundCase(kind, PayloadLength, Workers: 1, WithFile: false);
                yield return new InboundCase(kind, PayloadLength, Workers: 1, WithFile: true);
                yield return new InboundCase(kind, PayloadLength, Workers: 2, WithFile: false);
                yield return new InboundCase(kind, PayloadLength, Workers: 2, WithFile: true);
                yield return new InboundCase(kind, LargePayloadLength, Workers: 2, WithFile: false);
            }
        }
    }

    [ParamsSource(nameof(Cases))]
    public InboundCase Case { get; set; } = new(TrafficKind.ClearUnsigned, PayloadLength, Workers: 1, WithFile: false);

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _traffic = Traffic.Create(Case.Kind, Case.PayloadLength, Messages);
        await InboundRun.CheckAsync(_traffic);
    }

    // An empty dedup cache each time, so that every message is new.
    [IterationSetup]
    public void Build() => _run = new InboundRun(_traffic!, Case.Workers, Case.WithFile);

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Receive() => _run!.FeedAsync(Messages);

    [IterationCleanup]
    public void Close() => _run!.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
