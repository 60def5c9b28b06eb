using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Json;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Discovery.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>What is relayed again and again, beside a store that judges, merges and encodes everything anew.</summary>
public sealed class RelayedPeersModelTests
{
    private const int Keys = 3;
    private const int Steps = 3_000;

    private static readonly string[][] s_addresses =
    [
        ["/ip4/23.23.23.1/tcp/1"],
        ["/ip4/23.23.23.1/tcp/1", "/ip4/23.23.23.2/tcp/2"],
        ["/ip4/23.23.23.2/tcp/2", "/ip4/127.0.0.1/tcp/3", "/dns4/a.example.com/tcp/4"],
    ];

    private readonly PeerIdentityClaim[][] _claims = [.. Enumerable.Range(1, Keys).Select(Claims)];
    private readonly CommsPublicKey[] _keys = [.. Enumerable.Range(1, Keys).Select(SignedClaims.PublicKey)];
    private ManualTimeProvider _time = null!;
    private NodeIdentity _identity = null!;
    private PeerManager _peers = null!;
    private PeerManager _plain = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider(SignedClaims.NowTime);
        _identity = new NodeIdentity(SignedClaims.Key(1000), [], timeProvider: _time);
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time });
        _plain = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time });
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peers.DisposeAsync();
        await _plain.DisposeAsync();
        _identity.Dispose();
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 1, 3 })]
    public async Task What_is_known_already_leaves_the_store_as_merging_it_anew_would(int seed)
    {
        var random = new Random(seed);
        var validator = new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: _time);
        var relayed = new RelayedPeers(_identity, _peers, validator);
        var service = new DhtRpcService(_peers, DhtConfig.DefaultLocalTest, _time, new LogRecorder());
        int recognised = 0, read = 0, hostile = 0;
        for (int step = 0; step < Steps; step++)
        {
            string at = $"seed {seed}, step {step}";
            int key = random.Next(Keys);
            switch (random.Next(10))
            {
                case 0:
                    _time.Advance(TimeSpan.FromSeconds(random.Next(random.Next(20) == 0 ? 1_200 : 60)));
                    if (random.Next(10) == 0)
                    {
                        _time.ShiftWallClock(TimeSpan.FromSeconds(random.Next(-900, 900)));
                    }

                    break;
                case 1 or 3:
                    Touch(random, key);
                    break;
                case 2:
                    await AssertServedAsync(service, random, at);
                    break;
                default:
                    byte[] response = Response(random, key);
                    Peer? before = _peers.Find(_keys[key]);
                    RelayedPeerVerdict verdict = CheckPlainly(Read(response));
                    if (IsKnown(response))
                    {
                        recognised++;
                        Assert.That(verdict, Is.EqualTo(RelayedPeerVerdict.Accepted), at);
                        break;
                    }

                    var item = new GetPeersItem(GetPeersItemKind.Peer, Read(response)) { Fingerprint = RelayFingerprint.Of(response) };
                    Assert.That(relayed.TryTake(item, out bool isKnown), Is.EqualTo(verdict == RelayedPeerVerdict.Accepted), at);
                    Assert.That(isKnown, Is.EqualTo(before is not null), at);
                    hostile += verdict == RelayedPeerVerdict.Hostile ? 1 : 0;
                    read++;
                    break;
            }

            foreach (CommsPublicKey each in _keys)
            {
                Assert.That(Text(_peers.Find(each)), Is.EqualTo(Text(_plain.Find(each))), at);
            }
        }

        // Each way was taken often.
        Assert.That(recognised, Is.GreaterThan(Steps / 20));
        Assert.That(read, Is.GreaterThan(Steps / 20));
        Assert.That(hostile, Is.GreaterThan(Steps / 100));
    }

    // Two of one date, one older, one newer.
    private static PeerIdentityClaim[] Claims(int key) =>
    [
        SignedClaims.Claim(key, SignedClaims.Now - 100, s_addresses[0]),
        SignedClaims.Claim(key, SignedClaims.Now - 50, s_addresses[1]),
        SignedClaims.Claim(key, SignedClaims.Now - 50, s_addresses[2]),
        SignedClaims.Claim(key, SignedClaims.Now - 10, s_addresses[1]),
    ];

    private bool IsKnown(byte[] response) =>
        GetPeersResponseMessage.TryPeekKey(response, out CommsPublicKey key) && _peers.MergeIfKnown(key, RelayFingerprint.Of(response));

    private static UnvalidatedPeerInfo Read(byte[] response)
    {
        Assert.That(GetPeersResponseMessage.TryDecode(response, out GetPeersResponseMessage message), Is.EqualTo(GetPeersDecodeStatus.Ok));
        Assert.That(message.TryConvert(out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
        return info!;
    }

    private static string Text(Peer? peer)
    {
        if (peer is null)
        {
            return "none";
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            PeerJson.Write(writer, peer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>A few answers of each peer come often; now and then one is forged.</summary>
    private byte[] Response(Random random, int key)
    {
        PeerIdentityClaim[] known = _claims[key];
        int first = random.Next(4) == 0 ? random.Next(known.Length) : Math.Clamp((int)(_time.GetUtcNow() - SignedClaims.NowTime).TotalHours, 0, known.Length - 1);
        ImmutableArray<PeerIdentityClaim> claims = random.Next(5) == 0 ? [known[first], known[random.Next(known.Length)]] : [known[first]];
        if (random.Next(30) == 0)
        {
            claims = [claims[0].With(PeerFeatures.CommunicationClient)];
        }

        return GetPeersResponseWriter.Encode(_keys[key], claims.AsSpan());
    }

    /// <summary>Dials of one of the peer's addresses, in both stores alike.</summary>
    private void Touch(Random random, int key)
    {
        if (_peers.Find(_keys[key]) is { Addresses.Count: > 0 } peer)
        {
            Multiaddr address = peer.Addresses[random.Next(peer.Addresses.Count)].Address;
            bool isSeen = random.Next(2) == 0;
            foreach (PeerManager peers in new[] { _peers, _plain })
            {
                _ = isSeen
                    ? peers.SetAddressLastSeen(peer.NodeId, address, _time.GetUtcNow())
                    : peers.SetAddressFailedReason(peer.NodeId, address, "for a test");
            }
        }
    }

    /// <summary>By what everybody may call, with a copy of the record, and none of what spares work.</summary>
    private RelayedPeerVerdict CheckPlainly(UnvalidatedPeerInfo info)
    {
        var validator = new PeerValidator(new PeerValidatorConfig(), _time);
        Peer? known = _plain.Find(info.PublicKey);
        MultiaddressesWithStats merged = known?.Addresses ?? MultiaddressesWithStats.Empty;
        foreach (PeerIdentityClaim claim in info.Claims)
        {
            if (!validator.CheckClaim(info.PublicKey, claim, out ImmutableArray<Multiaddr> permitted).IsNone)
            {
                return RelayedPeerVerdict.Hostile;
            }

            merged = merged.AddOrUpdate(permitted.AsSpan(), PeerAddressSource.FromDiscovery(claim), _time.GetUtcNow());
        }

        PeerIdentityClaim latest = PeerValidator.MostRecentClaim(info.Claims.AsSpan())!;
        _plain.AddOrUpdatePeer((known ?? new Peer(info.PublicKey, latest.Features)) with { Addresses = merged });
        return RelayedPeerVerdict.Accepted;
    }

    private async Task AssertServedAsync(DhtRpcService service, Random random, string at)
    {
        bool isUsual = random.Next(2) == 0;
        int maxClaims = isUsual ? 5 : random.Next(1, 4), maxAddresses = isUsual ? 5 : random.Next(1, 4);
        var responder = new RecordingResponder();
        var request = new GetPeersRequest(0, IncludeClients: true, (uint)maxClaims, (uint)maxAddresses);
        await service.ServeAsync(
            new RpcRequest(
                _identity.NodeId, DhtRpcProtocol.GetPeers, GetPeersRequestMessage.Encode(request), TimeSpan.FromSeconds(120)),
            responder,
            CancellationToken.None);
        foreach (byte[] body in responder.Bodies)
        {
            UnvalidatedPeerInfo told = Read(body);
            Assert.That(
                told.Claims,
                Is.EqualTo(ServedClaims.Select(
                    _plain.Find(told.PublicKey)!.Addresses, maxClaims, maxAddresses, static address => PeerValidator.CheckShape(address).IsNone)),
                at);
        }
    }
}
