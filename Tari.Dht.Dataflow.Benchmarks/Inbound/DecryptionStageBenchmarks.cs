using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>What does the decryption stage's logic take for a message of 1 kB, by itself, and what do batches save?</summary>
[Config(typeof(BenchmarkConfig))]
public class DecryptionStageBenchmarks
{
    private const int Messages = 512;
    private const int PayloadLength = 1024;

    private DecryptionRun? _run;

    [ParamsAllValues]
    public TrafficKind Kind { get; set; }

    [Params(1, 8, 16)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _run = new DecryptionRun(Traffic.Create(Kind, PayloadLength, Messages));
        _run.Prepare();
        _run.Decrypt(BatchSize);
        _run.Finish();
    }

    // Decryption is in place: each time needs messages of its own.
    [IterationSetup]
    public void Prepare() => _run!.Prepare();

    [Benchmark(OperationsPerInvoke = Messages)]
    public void Decrypt() => _run!.Decrypt(BatchSize);

    [IterationCleanup]
    public void Finish() => _run!.Finish();
}
