using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

public sealed class RelayedPeersTests
{
    private const string GoodAddress = "/ip4/23.23.23.23/tcp/18189";

    private ManualTimeProvider _time = null!;
    private NodeIdentity _identity = null!;
    private PeerManager _peers = null!;
    private RelayedPeers _relayed = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider(SignedClaims.NowTime);
        _identity = new NodeIdentity(SignedClaims.Key(1000), [], timeProvider: _time);
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time });
        _relayed = new RelayedPeers(_identity, _peers, new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: _time));
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peers.DisposeAsync();
        _identity.Dispose();
    }

    [Test]
    public void Store_ANewPeer_IsKnownAfterwards()
    {
        UnvalidatedPeerInfo info = Info(1, SignedClaims.Claim(GoodAddress));
        Assert.That(_relayed.Check(info, out Peer? record, out bool isKnown), Is.EqualTo(RelayedPeerVerdict.Accepted));
        Assert.That((isKnown, _peers.Count), Is.EqualTo((false, 0)), "nothing is stored by judging");

        Assert.That(_relayed.Store(record!), Is.Null);

        Assert.That(_peers.Find(info.PublicKey)!.Addresses, Has.Count.EqualTo(1));
        Assert.That(_relayed.Check(info, out _, out isKnown), Is.EqualTo(RelayedPeerVerdict.Accepted));
        Assert.That(isKnown);
    }

    [Test]
    public void A_record_that_says_nothing_new_is_the_stored_one_and_stays_it()
    {
        UnvalidatedPeerInfo info = Info(1, SignedClaims.Claim(GoodAddress));
        Assert.That(Judge(info, out Peer? added), Is.EqualTo(RelayedPeerVerdict.Accepted));
        Assert.That(_relayed.Store(added!), Is.Null);
        Peer stored = _peers.Find(info.PublicKey)!;

        for (int i = 0; i < 3; i++)
        {
            Assert.That(Judge(Info(1, SignedClaims.Claim(GoodAddress)), out _), Is.EqualTo(RelayedPeerVerdict.Accepted), "signed anew");
            Assert.That(Judge(info, out Peer? record), Is.EqualTo(RelayedPeerVerdict.Accepted));
            Assert.That(record, Is.SameAs(stored));
            Assert.That(_relayed.Store(record!), Is.Null);
            Assert.That(_peers.Find(info.PublicKey), Is.SameAs(stored));
        }
    }

    [Test]
    public void A_response_is_known_after_it_was_found_to_add_nothing_and_until_its_peer_has_other_claims()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Assert.That(IsKnown(response), Is.False, "nobody is known");
        Assert.That(Take(response, Info(1, claim)), Is.EqualTo((true, false)));
        Assert.That(IsKnown(response), Is.False, "never compared with what is stored");

        Assert.That(Take(response, Info(1, claim)), Is.EqualTo((true, true)));
        Assert.That(IsKnown(response));
        for (int i = 0; i < response.Length; i++)
        {
            response[i] ^= 1;
            Assert.That(IsKnown(response), Is.False, $"byte {i} differs");
            Assert.That(IsKnown(response.AsSpan(0, i)), Is.False, $"the first {i} bytes");
            response[i] ^= 1;
        }

        Peer stored = _peers.Find(SignedClaims.PublicKey())!;
        _peers.SetAddressLastSeen(stored.NodeId, stored.Addresses[0].Address, _time.GetUtcNow());
        Assert.That(IsKnown(response), "the same claims, though the peer was seen");
        PeerIdentityClaim newer = SignedClaims.Claim(1, SignedClaims.Now + 1, GoodAddress);
        Assert.That(Take(GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [newer]), Info(1, newer)), Is.EqualTo((true, true)));
        Assert.That(IsKnown(response), Is.False, "there is a newer claim");
        _peers.AddOrUpdatePeer(new Peer(SignedClaims.PublicKey(2)));
        Assert.That(Take(response, Info(1, claim)), Is.EqualTo((true, true)), "an older claim is none of the stored ones, and right");
    }

    [Test]
    public void A_known_response_brings_the_score_up_to_date_as_merging_would()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Take(response, Info(1, claim));
        Take(response, Info(1, claim));
        Peer stored = _peers.Find(SignedClaims.PublicKey())!;
        _peers.SetAddressLastSeen(stored.NodeId, stored.Addresses[0].Address, _time.GetUtcNow());
        Assert.That(IsKnown(response));
        int? fresh = Score();

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(IsKnown(response));
        Assert.That(Score(), Is.EqualTo(fresh - 30), "a point for each second");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(IsKnown(response));
        Assert.That(Score(), Is.EqualTo(fresh - 800), "at worst");
        Peer settled = _peers.Find(SignedClaims.PublicKey())!;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(IsKnown(response));
        Assert.That(_peers.Find(SignedClaims.PublicKey()), Is.SameAs(settled), "nothing changes any more");

        int? Score() => _peers.Find(SignedClaims.PublicKey())!.Addresses[0].QualityScore;
    }

    [Test]
    public void A_known_response_is_judged_anew_by_a_clock_that_was_set_back()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Take(response, Info(1, claim));
        Take(response, Info(1, claim));
        Assert.That(IsKnown(response));

        _time.ShiftWallClock(TimeSpan.FromDays(-3));
        Assert.That(IsKnown(response), Is.False);
        Assert.That(Take(response, Info(1, claim)).IsTaken, Is.False, "the claim is from the future");

        _time.ShiftWallClock(TimeSpan.FromDays(3));
        Assert.That(IsKnown(response));
    }

    [Test]
    public void A_score_that_no_longer_falls_is_made_anew_by_a_clock_that_was_set_back()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Take(response, Info(1, claim));
        Take(response, Info(1, claim));
        Peer stored = _peers.Find(SignedClaims.PublicKey())!;
        _peers.SetAddressLastSeen(stored.NodeId, stored.Addresses[0].Address, _time.GetUtcNow());
        Assert.That(IsKnown(response));
        int? fresh = Score();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(IsKnown(response));
        Assert.That(Score(), Is.EqualTo(fresh - 800));

        _time.ShiftWallClock(TimeSpan.FromSeconds(30) - TimeSpan.FromHours(1));
        Assert.That(IsKnown(response), Is.False);
        Assert.That(Take(response, Info(1, claim)).IsTaken);
        Assert.That(Score(), Is.EqualTo(fresh - 30));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(IsKnown(response));
        Assert.That(Score(), Is.EqualTo(fresh - 40));

        int? Score() => _peers.Find(SignedClaims.PublicKey())!.Addresses[0].QualityScore;
    }

    [Test]
    public async Task A_known_response_after_the_store_closed_is_read_and_no_exception()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Take(response, Info(1, claim));
        Take(response, Info(1, claim));
        Assert.That(IsKnown(response));

        await _peers.DisposeAsync();

        Assert.That(IsKnown(response), Is.False);
    }

    [Test]
    public void A_record_with_an_address_twice_is_merged_anew_each_time()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(GoodAddress);
        var entry = new MultiaddrWithStats(claim.Addresses[0], PeerAddressSource.FromDiscovery(claim));
        _peers.AddOrUpdatePeer(new Peer(SignedClaims.PublicKey(), PeerFeatures.CommunicationNode)
        {
            Addresses = MultiaddressesWithStats.FromEntries([entry, entry with { LastAttempted = _time.GetUtcNow() }]),
        });
        byte[] response = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Assert.That(Take(response, Info(1, claim)), Is.EqualTo((true, true)));
        Assert.That(Take(response, Info(1, claim)), Is.EqualTo((true, true)));
        Assert.That(IsKnown(response), Is.False);
    }

    [Test]
    public void Store_ARecordOfABannedSeed_LeavesBanAndFlagAlone()
    {
        CommsPublicKey key = SignedClaims.PublicKey();
        _peers.AddOrUpdatePeer(new Peer(key) { Flags = PeerFlags.Seed });
        _peers.BanPeer(key, TimeSpan.FromHours(1), "for a test");

        Assert.That(
            _relayed.Check(Info(1, SignedClaims.Claim(GoodAddress)), out Peer? record, out bool isKnown),
            Is.EqualTo(RelayedPeerVerdict.Accepted));
        Assert.That(_relayed.Store(record!), Is.Null);

        Peer stored = _peers.Find(key)!;
        Assert.That((isKnown, stored.IsSeed, stored.IsBanned(_time.GetUtcNow())), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void Check_OwnRecord_IsOwnWhateverIsInIt()
    {
        UnvalidatedPeerInfo forged = new(_identity.PublicKey, [SignedClaims.Claim(GoodAddress)]);
        Assert.That(_relayed.Check(forged, out Peer? record, out bool isKnown), Is.EqualTo(RelayedPeerVerdict.Own));
        Assert.That((record, isKnown), Is.EqualTo(((Peer?)null, false)));
    }

    [Test]
    public async Task Store_AfterTheStoreClosed_IsAFailureAndNoException()
    {
        _relayed.Check(Info(1, SignedClaims.Claim(GoodAddress)), out Peer? record, out _);
        await _peers.DisposeAsync();
        Assert.That(_relayed.Store(record!)!.Kind, Is.EqualTo(NetworkDiscoveryFailureKind.PeerManagerError));
    }

    [Test]
    public void Scenario_SC_8_what_is_merely_wrong_is_passed_over_for_free_and_a_forgery_counts()
    {
        PeerIdentityClaim good = SignedClaims.Claim(GoodAddress);
        Assert.Multiple(() =>
        {
            Assert.That(
                Judge(Info(1, SignedClaims.Claim("/ip4/127.0.0.1/tcp/1"))), Is.EqualTo(RelayedPeerVerdict.Invalid), "no usable address");
            Assert.That(Judge(Info(1)), Is.EqualTo(RelayedPeerVerdict.Invalid), "no claim");
            Assert.That(Judge(Info(1, SignedClaims.Claim("/ip4/23.23.23.23/udp/1"))), Is.EqualTo(RelayedPeerVerdict.Invalid), "no address");
            Assert.That(
                Judge(Info(1, good, good, good, good, good, good)), Is.EqualTo(RelayedPeerVerdict.Invalid), "too many claims");
            Assert.That(
                Judge(Info(1, SignedClaims.Claim(1, SignedClaims.Now + 90_000, GoodAddress))),
                Is.EqualTo(RelayedPeerVerdict.Invalid),
                "dated ahead");
            Assert.That(Judge(Info(2, good)), Is.EqualTo(RelayedPeerVerdict.Hostile), "signed by another");
            Assert.That(
                Judge(Info(1, good, good.With(PeerFeatures.CommunicationClient))),
                Is.EqualTo(RelayedPeerVerdict.Hostile),
                "one claim forged");
        });
        Assert.That(_peers.Count, Is.Zero);
    }

    [Test]
    public void Scenario_SC_9_unusual_names_are_no_offence_and_what_stands_beside_them_is_kept()
    {
        int accepted = 0;
        for (int i = 0; i < 10; i++)
        {
            string[] addresses = i % 2 == 0 ? ["/dns4/a_b.example.com/tcp/1", GoodAddress] : ["/dns4/a_b.example.com/tcp/1"];
            UnvalidatedPeerInfo info = Info(i + 1, SignedClaims.Claim(i + 1, SignedClaims.Now, addresses));
            RelayedPeerVerdict verdict = _relayed.Check(info, out Peer? record, out _);
            Assert.That(verdict, Is.EqualTo(i % 2 == 0 ? RelayedPeerVerdict.Accepted : RelayedPeerVerdict.Invalid));
            if (record is not null)
            {
                accepted++;
                Assert.That(record.Addresses, Has.Count.EqualTo(1));
                Assert.That(_relayed.Store(record), Is.Null);
            }
        }

        Assert.That((accepted, _peers.Count), Is.EqualTo((5, 5)));
    }

    [TestCase(0, TestName = "Scenario_RB_4_ten_forged_records_are_more_hostile_ones_than_are_borne")]
    [TestCase(50, TestName = "Scenario_RB_16_fifty_good_records_do_not_make_up_for_six_forged_ones")]
    public void Forged_records_are_hostile_and_good_ones_beside_them_are_not(int good)
    {
        int hostile = 0;
        for (int i = 0; i < good; i++)
        {
            Assert.That(
                Judge(Info(i + 1, SignedClaims.Claim(i + 1, SignedClaims.Now, GoodAddress))), Is.EqualTo(RelayedPeerVerdict.Accepted));
        }

        for (int i = 0; i < (good == 0 ? 10 : 6); i++)
        {
            hostile += Judge(Info(2000 + i, SignedClaims.Claim(GoodAddress))) == RelayedPeerVerdict.Hostile ? 1 : 0;
        }

        Assert.That(hostile, Is.GreaterThan(RelayedPeers.MaxHostile));
    }

    private static UnvalidatedPeerInfo Info(int key, params PeerIdentityClaim[] claims) => new(SignedClaims.PublicKey(key), [.. claims]);

    private (bool IsTaken, bool IsKnown) Take(byte[] response, UnvalidatedPeerInfo info)
    {
        var item = new GetPeersItem(GetPeersItemKind.Peer, info) { Fingerprint = RelayFingerprint.Of(response) };
        return (_relayed.TryTake(item, out bool isKnown), isKnown);
    }

    private bool IsKnown(ReadOnlySpan<byte> response) =>
        GetPeersResponseMessage.TryPeekKey(response, out CommsPublicKey key) && _peers.MergeIfKnown(key, RelayFingerprint.Of(response));

    private RelayedPeerVerdict Judge(UnvalidatedPeerInfo info) => Judge(info, out _);

    private RelayedPeerVerdict Judge(UnvalidatedPeerInfo info, out Peer? record)
    {
        RelayedPeerVerdict verdict = _relayed.Check(info, out record, out _);
        Assert.That(record is not null, Is.EqualTo(verdict == RelayedPeerVerdict.Accepted));
        return verdict;
    }
}
