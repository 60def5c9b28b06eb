using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Discovery;

/// <summary>What both sides of a call for 500 peers pay.</summary>
[MemoryDiagnoser]
public class GetPeersBenchmarks
{
    private GetPeersAnswer _answer = null!;
    private PeerManager _store = null!;
    private PeerServing _serving = null!;

    /// <summary>Peers that the node which is asked knows.</summary>
    [Params(1000, 10_000)]
    public int Known { get; set; }

    [GlobalSetup(Target = nameof(Serve))]
    public void SetUpServing() => _serving = PeerServing.Create(Known);

    [GlobalCleanup(Target = nameof(Serve))]
    public async Task CleanUpServing() => await _serving.DisposeAsync();

    // Claims that were verified before cost little, so each round has its own.
    [IterationSetup(Target = nameof(Round))]
    public void SetUpRound()
    {
        _answer = GetPeersAnswer.Create(PeerServing.Served);
        _store = PeerManager.Open(new PeerManagerOptions());
    }

    [IterationCleanup(Target = nameof(Round))]
    public void CleanUpRound() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The draw, the choice of claims and their encoding.</summary>
    [Benchmark(OperationsPerInvoke = PeerServing.Served)]
    public Task Serve() => _serving.ServeAsync();

    /// <summary>Decoding, validation and storing.</summary>
    [Benchmark(OperationsPerInvoke = PeerServing.Served)]
    public Task Round() => GetPeersRound.RunAsync(_answer, PeerServing.Served, _store);
}
