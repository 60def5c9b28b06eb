using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Outbound;

/// <summary>What does a request take through the outbound graph, ten at once? What do its recipients cost?</summary>
[Config(typeof(BenchmarkConfig))]
[SuppressMessage("Design", "CA1001", Justification = "The cleanup method disposes it.")]
public class OutboundGraphBenchmarks
{
    private const int Requests = 200;
    private const int RequestsAtOnce = 10;
    private const int PayloadLength = 1024;
    private const int LargePayloadLength = 100 * 1024;

    private OutboundRun? _run;

    public static IEnumerable<OutboundCase> Cases
    {
        get
        {
            foreach (OutboundKind kind in Enum.GetValues<OutboundKind>())
            {
                yield return new OutboundCase(kind, PayloadLength, Peers: 1, Workers: 1);
                yield return new OutboundCase(kind, PayloadLength, Peers: 1, Workers: 2);
                yield return new OutboundCase(kind, LargePayloadLength, Peers: 1, Workers: 2);
                yield return new OutboundCase(kind, PayloadLength, Peers: 8, Workers: 2);
                yield return new OutboundCase(kind, LargePayloadLength, Peers: 100, Workers: 2);
            }
        }
    }

    [ParamsSource(nameof(Cases))]
    public OutboundCase Case { get; set; } = new(OutboundKind.ClearUnsigned, PayloadLength, Peers: 1, Workers: 1);

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _run = new OutboundRun(Case.Kind, Case.PayloadLength, Case.Peers, Case.Workers);
        await _run.CheckAsync();
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task Send() => _run!.SendAsync(Requests, RequestsAtOnce);

    [GlobalCleanup]
    public async Task CleanupAsync() => await _run!.DisposeAsync();
}
