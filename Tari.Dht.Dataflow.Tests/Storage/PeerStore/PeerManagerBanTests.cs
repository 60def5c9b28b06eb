using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>Bans: how long they last, what they say, and what tells that one was taken back.</summary>
[TestFixture]
internal sealed class PeerManagerBanTests
{
    private ManualTimeProvider _time = null!;
    private PeerManager _manager = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(3) });
    }

    [TearDown]
    public async Task TearDown() => await _manager.DisposeAsync();

    [Test]
    public void Scenario_83_a_ban_never_becomes_shorter_and_a_longer_one_extends_it([Values] bool byKey)
    {
        Assert.That(
            () => _manager.BanPeerByNodeId(PeerMaker.Id(1), TimeSpan.FromHours(1), ""),
            Throws.InstanceOf<PeerManagerException>()
                .With.Property(nameof(PeerManagerException.Error)).EqualTo(PeerManagerError.PeerNotFound));
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        Ban(TimeSpan.FromHours(24), "a day");
        Ban(TimeSpan.FromSeconds(60), "a minute");
        AssertBan(Now.AddHours(24), "a day");
        Ban(TimeSpan.FromHours(24), "another day");
        AssertBan(Now.AddHours(24), "a day");
        Ban(TimeSpan.FromHours(48), "two days");
        AssertBan(Now.AddHours(48), "two days");
        BanSeconds(ulong.MaxValue, "for good");
        AssertBan(PeerTimes.Forever, "for good");
        Ban(TimeSpan.FromSeconds(60), "a minute");
        Ban(TimeSpan.MaxValue, "again");
        AssertBan(PeerTimes.Forever, "for good");
        _manager.UnbanPeer(PeerMaker.Id(1));
        Assert.That(_manager.Find(PeerMaker.Id(1))!.BannedUntil, Is.Null);
        Assert.That(_manager.Find(PeerMaker.Id(1))!.BannedReason, Is.Empty);
        Ban(TimeSpan.FromSeconds(60), "a minute");
        AssertBan(Now.AddSeconds(60), "a minute");

        void Ban(TimeSpan duration, string reason)
        {
            if (byKey)
            {
                Assert.That(_manager.BanPeer(PeerMaker.Key(1), duration, reason), Is.EqualTo(PeerMaker.Id(1)));
            }
            else
            {
                _manager.BanPeerByNodeId(PeerMaker.Id(1), duration, reason);
            }
        }

        void BanSeconds(ulong seconds, string reason)
        {
            if (byKey)
            {
                _manager.BanPeer(PeerMaker.Key(1), seconds, reason);
            }
            else
            {
                _manager.BanPeerByNodeId(PeerMaker.Id(1), seconds, reason);
            }
        }

        void AssertBan(DateTimeOffset until, string reason)
        {
            Peer peer = _manager.Find(PeerMaker.Id(1))!;
            Assert.That((peer.BannedUntil, peer.BannedReason), Is.EqualTo(((DateTimeOffset?)until, reason)));
            Assert.That(_manager.IsPeerBanned(PeerMaker.Id(1)));
        }
    }

    [Test]
    public async Task Scenario_84_a_ban_of_an_unknown_key_makes_a_record_that_survives_reopening_and_is_no_candidate()
    {
        using var folder = new TemporaryFolder();
        var options = new PeerManagerOptions { DatabasePath = folder["peers.db"], TimeProvider = _time };
        await using (var manager = PeerManager.Open(options))
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
            Assert.That(manager.BanPeer(PeerMaker.Key(1), 3600, "spam"), Is.EqualTo(PeerMaker.Id(1)));
            manager.BanPeer(PeerMaker.Key(2), 3600, "spam too");
            AssertState(manager);
        }

        await using var reopened = PeerManager.Open(options);
        AssertState(reopened);

        void AssertState(PeerManager manager)
        {
            Peer banned = manager.Find(PeerMaker.Id(1))!;
            Assert.Multiple(() =>
            {
                Assert.That(banned.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
                Assert.That(banned.BannedReason, Is.EqualTo("spam"));
                Assert.That(banned.IsBanned(Now));
                Assert.That(banned.Addresses.Single().Address.IsEmpty);
                Assert.That(manager.GetPeerAddresses(PeerMaker.Id(2)).Single().Address, Is.EqualTo(PeerMaker.Address(2)));
                Assert.That(manager.DialCandidates(new DialCandidatesQuery()), Is.Empty);
                Assert.That(manager.GetBannedPeers(), Has.Count.EqualTo(2));
                Assert.That(manager.Count, Is.EqualTo(2));
            });
        }
    }

    [Test]
    public void Scenario_85_reasons_are_cleaned_and_cut()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        string reason = "bad\u202E\nFAKE LOG" + new string('x', 1000);
        _manager.BanPeerByNodeId(PeerMaker.Id(1), 60, reason);
        _manager.BanPeer(PeerMaker.Key(2), 60, reason);
        foreach (Peer peer in _manager.GetBannedPeers())
        {
            Assert.That(peer.BannedReason, Does.StartWith("badFAKE LOG").And.Length.EqualTo(256));
        }

        _manager.AddOrUpdatePeer(PeerMaker.Node(3, Now) with { BannedReason = "a\nb", BannedUntil = Now.AddHours(1) });
        Assert.That(_manager.Find(PeerMaker.Id(3))!.BannedReason, Is.EqualTo("a\nb"), "one that comes with a record is stored as it is");
    }

    [Test]
    public async Task Scenario_86_bans_for_good_outlast_collections()
    {
        await using var manager =
            PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, MaxPeerRows = 5, Random = new Random(1) });
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
        manager.BanPeer(PeerMaker.Key(1), ulong.MaxValue, "for good");
        manager.BanPeer(PeerMaker.Key(2), 3600, "an hour");
        manager.BanPeer(PeerMaker.Key(3), TimeSpan.MaxValue, "for good");
        manager.BanPeer(PeerMaker.Key(4), TimeSpan.FromHours(1), "an hour");
        manager.AddOrUpdatePeer(PeerMaker.Node(5, Now) with { DeletedAt = Now.AddDays(-2), BannedUntil = PeerTimes.Forever });
        Assert.That(PeerTimes.IsPermanent(manager.Find(PeerMaker.Id(1))!.BannedUntil!.Value));
        Assert.That(PeerTimes.IsPermanent(manager.Find(PeerMaker.Id(3))!.BannedUntil!.Value));
        Assert.That(manager.DialCandidates(new DialCandidatesQuery()), Is.Empty);
        Assert.That(manager.CollectGarbage(), Is.EqualTo(new PeerCollection(0, 1, 1, 0)));
        Assert.That(manager.All().Select(peer => peer.NodeId), Is.EquivalentTo([PeerMaker.Id(1), PeerMaker.Id(3), PeerMaker.Id(5)]));
    }

    [Test]
    public void A_ban_that_has_ended_stays_in_the_record_until_it_is_taken_back()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        _manager.BanPeer(PeerMaker.Key(1), 60, "over soon");
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(_manager.IsPeerBanned(PeerMaker.Id(1)), Is.False);
        Assert.That(_manager.GetBannedPeers(), Is.Empty);
        Assert.That(_manager.Find(PeerMaker.Id(1))!.BannedReason, Is.EqualTo("over soon"));
        Assert.That(_manager.UnbanAllPeers(), Is.EqualTo(1));
        Assert.That(_manager.Find(PeerMaker.Id(1))!.BannedReason, Is.Empty);
    }

    [Test]
    public void Scenario_88_unbanning_changes_generations()
    {
        NodeId one = PeerMaker.Id(1), two = PeerMaker.Id(2), read = PeerMaker.Id(3), unknown = PeerMaker.Id(4);
        long first = _manager.BanGeneration(one), second = _manager.BanGeneration(two), third = _manager.BanGeneration(read);
        Assert.That(new[] { first, second, third }, Is.Unique);
        _manager.BanPeer(PeerMaker.Key(1), 60, "");
        Assert.That(_manager.BanGeneration(one), Is.EqualTo(first), "a ban changes nothing");
        Assert.That(_manager.TryGetBanGeneration(unknown, out _), Is.False);
        Assert.That(_manager.TryGetBanGeneration(unknown, out _), Is.False, "reading creates nothing");

        _manager.UnbanPeer(one);
        Assert.That(_manager.BanGeneration(one), Is.Not.EqualTo(first));
        Assert.That(_manager.BanGeneration(two), Is.EqualTo(second));
        _manager.UnbanPeer(unknown);
        Assert.That(_manager.TryGetBanGeneration(unknown, out _), "also of a peer that the store does not know");

        long before = _manager.BanGeneration(one);
        _manager.UnbanAllPeers();
        Assert.That(_manager.TryGetBanGeneration(one, out long oneNow) && oneNow != before);
        Assert.That(_manager.TryGetBanGeneration(two, out long twoNow) && twoNow != second);
        Assert.That(_manager.TryGetBanGeneration(read, out long readNow) && readNow != third);
    }
}
