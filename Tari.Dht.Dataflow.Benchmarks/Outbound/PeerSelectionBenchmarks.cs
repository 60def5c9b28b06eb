using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Benchmarks.Outbound;

/// <summary>What does the choice of a message's peers take, among 100 connected nodes?</summary>
/// <remarks>
/// The sample itself is the transport's work; the one here draws as a transport may do it, so that the whole choice is measured.
/// </remarks>
[Config(typeof(BenchmarkConfig))]
public class PeerSelectionBenchmarks
{
    private const int Connected = 100;

    private readonly BroadcastStrategy _broadcast = new BroadcastStrategy.ToConnected([Parties.Recipients[0].NodeId]);
    private readonly BroadcastStrategy _flood = new BroadcastStrategy.Flood([]);
    private readonly BroadcastStrategy _propagate = new BroadcastStrategy.Propagate(
        NodeDestination.Unknown, [Parties.Recipients[0].NodeId]);
    private readonly BroadcastStrategy _towards =
        new BroadcastStrategy.Propagate(new NodeDestination(Parties.Another.PublicKey), [Parties.Recipients[0].NodeId]);

    private readonly BroadcastStrategy _direct = new BroadcastStrategy.ToPublicKey(Parties.Recipients[1].PublicKey);
    private readonly PeerSelector _selector = new(
        Parties.KnownPeers,
        new ConnectedNodes(Array.ConvertAll(Parties.Recipients, static identity => identity.NodeId)[..Connected]),
        new DhtConfig());

    /// <summary>Every choice has to be of the size that it ought to be.</summary>
    [GlobalSetup]
    public void Check()
    {
        int[] counts = [Broadcast8(), Flood100(), Propagate20(), Towards6(), Direct1()];
        if (counts is not [8, 100, 20, 6, 1])
        {
            throw new InvalidOperationException($"The choices have {string.Join(", ", counts)} peers.");
        }
    }

    [Benchmark]
    public int Broadcast8() => Select(_broadcast);

    [Benchmark]
    public int Flood100() => Select(_flood);

    [Benchmark]
    public int Propagate20() => Select(_propagate);

    [Benchmark]
    public int Towards6() => Select(_towards);

    [Benchmark(Baseline = true)]
    public int Direct1() => Select(_direct);

    private int Select(BroadcastStrategy strategy)
    {
        ValueTask<IReadOnlyList<NodeId>> selecting = _selector.SelectPeersAsync(strategy, CancellationToken.None);
        return selecting.IsCompletedSuccessfully
            ? selecting.Result.Count
            : throw new InvalidOperationException("The selection waits for something.");
    }
}
