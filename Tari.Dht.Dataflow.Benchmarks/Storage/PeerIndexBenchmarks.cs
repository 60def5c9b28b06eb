using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Benchmarks.Storage;

/// <summary>What the queries of the peer index cost, and filling it and marking its peers as seen.</summary>
/// <remarks>
/// Nodes with one to three external addresses of two kinds in some thousand network groups. Half of them were seen at some time of the
/// last 60 hours, one in sixty of these within the last hour; one address in ten failed at last, one peer in twenty is banned.
/// </remarks>
[MemoryDiagnoser]
public class PeerIndexBenchmarks
{
    private const int Drawn = 20;

    private static readonly DateTimeOffset s_now = new(2025, 10, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _random = new();
    private readonly List<Peer> _results = [];
    private Peer[] _peers = null!;
    private PeerIndex _index = null!;
    private HashSet<NodeId> _excluded = null!;
    private int _next;
    private DateTimeOffset _seen;

    [Params(10_000, 100_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _peers = MakePeers(Peers);
        _excluded = [.. _peers.Take(10).Select(peer => peer.NodeId)];
        _index = Fill();
        _seen = s_now;
    }

    [Benchmark]
    public Peer? FindById() => _index.Find(_peers[Next()].NodeId);

    [Benchmark]
    public Peer? FindByKey() => _index.Find(_peers[Next()].PublicKey);

    [Benchmark]
    public int RandomPeers() => Draw(new RandomPeersQuery(Drawn, _excluded, null, KnownGood: false, TransportKinds.All));

    [Benchmark]
    public int KnownGoodPeers() => Draw(new RandomPeersQuery(Drawn, _excluded, null, KnownGood: true, TransportKinds.All));

    [Benchmark]
    public int RandomSeeds() => Draw(new RandomPeersQuery(Drawn, null, PeerFlags.Seed, KnownGood: false, TransportKinds.All));

    [Benchmark]
    public int ActivePeers()
    {
        _results.Clear();
        _index.DrawActive(
            new ActivePeersQuery(Drawn, _excluded, PeerFeatures.CommunicationNode, ExternalOnly: true), s_now, _random, _results);
        return _results.Count;
    }

    [Benchmark]
    public int DialCandidates()
    {
        _results.Clear();
        _index.DialCandidates(
            new DialCandidatesQuery { Limit = Drawn, Excluded = _excluded, Randomize = true, SeenSince = s_now.AddDays(-1) },
            s_now,
            _random,
            _results);
        return _results.Count;
    }

    /// <summary>One peer found, marked as seen now, and set; making its new record included.</summary>
    [Benchmark]
    public void MarkSeen()
    {
        Peer peer = _index.Find(_peers[Next()].NodeId)!;
        _seen += TimeSpan.FromTicks(1);
        _index.Set(peer with
        {
            Addresses = MultiaddressesWithStats.FromEntries(peer.Addresses.Entries.SetItem(
                0, peer.Addresses.Entries[0] with { LastSeen = _seen, LastFailedReason = null })),
        });
    }

    /// <summary>All peers set in a new index.</summary>
    [Benchmark]
    public int FillIndex() => Fill().Count;

    internal static Peer[] MakePeers(int count)
    {
        var random = new Random(1);
        Peer[] peers = new Peer[count];
        byte[] key = new byte[CommsPublicKey.Length];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(key);
            DateTimeOffset? seen = random.Next(2) == 0 ? s_now - TimeSpan.FromHours(60 * random.NextDouble()) : null;
            MultiaddrWithStats[] rows = new MultiaddrWithStats[1 + random.Next(3)];
            for (int j = 0; j < rows.Length; j++)
            {
                string address = j == 2
                    ? $"/ip6/2606:{random.Next(500):x}::{i & 0xffff:x}/tcp/18189"
                    : $"/ip4/{30 + random.Next(30)}.{random.Next(256)}.{random.Next(256)}.1/tcp/18189";
                rows[j] = new MultiaddrWithStats(Multiaddr.Parse(address), PeerAddressSource.Config)
                {
                    LastSeen = j == 0 ? seen : null,
                    LastFailedReason = random.Next(10) == 0 ? "no answer" : null,
                };
            }

            peers[i] = new Peer(new CommsPublicKey(key))
            {
                Id = i + 1,
                Addresses = MultiaddressesWithStats.FromEntries([.. rows]),
                Flags = i % 500 == 0 ? PeerFlags.Seed : PeerFlags.None,
                BannedUntil = random.Next(20) == 0 ? s_now.AddHours(1) : null,
            };
        }

        return peers;
    }

    private PeerIndex Fill()
    {
        var index = new PeerIndex();
        foreach (Peer peer in _peers)
        {
            index.Set(peer);
        }

        return index;
    }

    private int Draw(in RandomPeersQuery query)
    {
        _results.Clear();
        _index.DrawRandom(query, s_now, _random, _results);
        return _results.Count;
    }

    private int Next() => _next = (_next + 7919) % _peers.Length;
}
