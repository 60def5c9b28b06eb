using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Peers;

/// <summary>What saving a known peer does to its record before any store sees it.</summary>
[MemoryDiagnoser]
public class AddressListBenchmarks
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private Multiaddr _last;
    private Peer _stored = null!;
    private Peer _announced = null!;
    private Peer _renewed = null!;

    /// <summary>Addresses of the peer.</summary>
    [Params(1, 10)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var addresses = new Multiaddr[Addresses];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = Multiaddr.Parse($"/ip4/23.23.23.{i}/tcp/18189");
        }

        _last = addresses[^1];
        _announced = Announced(addresses, 1_700_000_000);
        _renewed = Announced(addresses, 1_700_000_001);
        _stored = _announced with { Addresses = Dial(_announced.Addresses) };
        if (_stored.Merge(_renewed, s_now).Addresses.Count != Addresses)
        {
            throw new InvalidOperationException("An address was lost.");
        }
    }

    [Benchmark(Baseline = true)]
    public Peer MergeKnownClaim() => _stored.Merge(_announced, s_now);

    [Benchmark]
    public Peer MergeNewerClaim() => _stored.Merge(_renewed, s_now);

    [Benchmark]
    public MultiaddressesWithStats MarkSeen()
    {
        _stored.Addresses.TryMarkSeen(_last, s_now, out MultiaddressesWithStats updated);
        return updated;
    }

    [Benchmark]
    public MultiaddressesWithStats RecordDial() => Dial(_stored.Addresses);

    private static Peer Announced(Multiaddr[] addresses, long updatedAt)
    {
        var signature = new IdentitySignature(IdentitySignature.LatestVersion, default, new byte[32], updatedAt);
        var claim = new PeerIdentityClaim([.. addresses], PeerFeatures.CommunicationNode, signature);
        return new Peer(default)
        {
            Addresses = MultiaddressesWithStats.FromAddresses(addresses, PeerAddressSource.FromDiscovery(claim)),
        };
    }

    private MultiaddressesWithStats Dial(MultiaddressesWithStats addresses) =>
        DialRecord.Completed(TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(50)).ApplyTo(addresses, _last, s_now);
}
