using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>What a collection removes, and in which order.</summary>
[TestFixture]
internal sealed class PeerManagerCollectionTests
{
    private readonly ManualTimeProvider _time = new();

    private DateTimeOffset Now => _time.GetUtcNow();

    private DateTimeOffset Day => Now.AddDays(-1);

    [Test]
    public async Task Scenario_95_of_those_never_reached_as_many_go_as_exceed_the_cap()
    {
        await using PeerManager manager = Open(5);
        for (int i = 0; i < 10; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now, seen: i < 3 ? Now : null));
        }

        Assert.That(manager.CollectGarbage(null, Day), Is.EqualTo(new PeerCollection(2, 0, 0, 0)));
        Assert.That(manager.Count, Is.EqualTo(8));
        Assert.That(Enumerable.Range(0, 3).Select(i => manager.Exists(PeerMaker.Id(i))), Has.All.True);
        Assert.That(manager.CollectGarbage(null, Day).Total, Is.Zero);
    }

    [Test]
    public async Task Scenario_95_who_goes_is_drawn_from_the_injected_source()
    {
        var drawn = new HashSet<string>();
        for (int seed = 0; seed < 8; seed++)
        {
            await using PeerManager manager = Open(5, seed);
            for (int i = 0; i < 10; i++)
            {
                manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
            }

            Assert.That(manager.CollectGarbage().NeverSeen, Is.EqualTo(5));
            drawn.Add(string.Join(',', Enumerable.Range(0, 10).Where(i => manager.Exists(PeerMaker.Id(i)))));
        }

        Assert.That(drawn, Has.Count.GreaterThan(4));
    }

    [TestCase(5, 0, 0)]
    [TestCase(0, 1, 1)]
    public async Task Scenario_96_seeds_and_configured_peers_stay(int cap, int neverSeen, int banned)
    {
        await using PeerManager manager = Open(cap);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { BannedUntil = Now.AddHours(1) });
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now, flags: PeerFlags.Seed));
        manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(3)) { Addresses = PeerMaker.List(PeerAddressSource.Config, PeerMaker.Address(3)) });
        manager.AddOrUpdatePeer(PeerMaker.Node(4, Now));
        Assert.That(manager.CollectGarbage(null, Day), Is.EqualTo(new PeerCollection(neverSeen, banned, 0, 0)));
        Assert.That(manager.Exists(PeerMaker.Id(2)) && manager.Exists(PeerMaker.Id(3)));
        Assert.That(manager.Exists(PeerMaker.Id(1)), Is.EqualTo(cap > 0));
        Assert.That(manager.Exists(PeerMaker.Id(4)), Is.EqualTo(cap > 0));
    }

    [Test]
    public async Task Scenario_96_deleted_peers_go_after_a_day_unless_they_are_banned_and_seeds_are_not_spared()
    {
        await using PeerManager manager = Open(50);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { DeletedAt = Now.AddDays(-2) });
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now) with { DeletedAt = Now });
        manager.AddOrUpdatePeer(PeerMaker.Node(3, Now) with { DeletedAt = Now.AddDays(-2), BannedUntil = Now.AddHours(1) });
        manager.AddOrUpdatePeer(PeerMaker.Node(4, Now, flags: PeerFlags.Seed) with { DeletedAt = Now.AddDays(-2) });
        manager.AddOrUpdatePeer(PeerMaker.Node(5, Now) with { DeletedAt = Now.AddDays(-1) });
        manager.AddOrUpdatePeer(PeerMaker.Node(6, Now) with { DeletedAt = Now.AddDays(-2) });
        Assert.That(
            manager.CollectGarbage(new HashSet<NodeId> { PeerMaker.Id(6) }, Day), Is.EqualTo(new PeerCollection(0, 0, 0, 2)));
        Assert.That(Left(manager), Is.EquivalentTo([2, 3, 5, 6]));
        Assert.That(manager.GetPeerAddresses([PeerMaker.Id(2)]), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Scenario_97_of_banned_peers_the_longest_bans_stay()
    {
        await using PeerManager manager = Open(10);
        for (int i = 0; i < 22; i++)
        {
            Peer peer = PeerMaker.Node(i, Now);
            manager.AddOrUpdatePeer(i < 10 ? peer : peer with { BannedUntil = Now.AddSeconds(3600 + (i * 60)) });
        }

        Assert.That(manager.CollectGarbage(null, Day), Is.EqualTo(new PeerCollection(0, 10, 0, 0)));
        Assert.That(Left(manager), Is.EquivalentTo([.. Enumerable.Range(0, 10), 20, 21]));
    }

    [Test]
    public async Task Scenario_97_of_equal_bans_the_record_added_first_goes()
    {
        await using PeerManager manager = Open(5);
        for (int i = 0; i < 4; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now) with { BannedUntil = Now.AddHours(1), AddedAt = Now.AddHours(-i) });
        }

        manager.CollectGarbage();
        Assert.That(Left(manager), Is.EqualTo([0]));
    }

    [Test]
    public async Task Scenario_98_of_address_less_peers_those_with_an_ended_or_short_ban_go()
    {
        await using PeerManager manager = Open(10);
        for (int i = 0; i < 10; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        manager.BanPeer(PeerMaker.Key(30), 60, "ends before");
        _time.Advance(TimeSpan.FromMinutes(5));
        for (int i = 10; i < 22; i++)
        {
            manager.BanPeer(PeerMaker.Key(i), (ulong)(3600 + (i * 60)), "");
        }

        Assert.That(manager.CollectGarbage(null, Day), Is.EqualTo(new PeerCollection(0, 0, 11, 0)));
        Assert.That(Left(manager), Is.EquivalentTo([.. Enumerable.Range(0, 10), 20, 21]));
    }

    [TestCase(10, 8, 0)]
    [TestCase(0, 10, 1)]
    public async Task Scenario_99_a_peer_whose_ban_has_ended_counts_as_one_that_was_reached_or_not(int cap, int banned, int neverSeen)
    {
        await using PeerManager manager = Open(cap);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now, seen: Now) with { BannedUntil = Now.AddHours(-1) });
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now) with { BannedUntil = Now.AddHours(-1) });
        for (int i = 3; i < 13; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now) with { BannedUntil = Now.AddHours(i) });
        }

        Assert.That(manager.CollectGarbage(null, Day), Is.EqualTo(new PeerCollection(neverSeen, banned, 0, 0)));
        Assert.That(manager.Exists(PeerMaker.Id(1)));
        Assert.That(manager.Exists(PeerMaker.Id(2)), Is.EqualTo(neverSeen == 0));
    }

    [TestCase(15, 0, 1, 12)]
    [TestCase(5, 2, 3, 8)]
    public async Task Scenario_100_connected_peers_stay_and_do_not_count(int cap, int neverSeen, int addressLess, int left)
    {
        await using PeerManager manager = Open(cap);
        for (int i = 0; i < 8; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(8), PeerFeatures.CommunicationClient) { AddedAt = Now.AddHours(-50) });
        int[] hours = [40, 10, 30, 20];
        for (int i = 0; i < 4; i++)
        {
            manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(9 + i)) { AddedAt = Now.AddHours(-hours[i]) });
        }

        HashSet<NodeId> connected = [PeerMaker.Id(0), PeerMaker.Id(8)];
        Assert.That(manager.CollectGarbage(connected), Is.EqualTo(new PeerCollection(neverSeen, 0, addressLess, 0)));
        Assert.That(manager.Count, Is.EqualTo(left));
        Assert.That(manager.Exists(PeerMaker.Id(0)) && manager.Exists(PeerMaker.Id(8)));
        Assert.That(manager.Exists(PeerMaker.Id(9)), Is.False, "the oldest goes first");
        Assert.That(manager.Exists(PeerMaker.Id(10)), "the youngest stays");
    }

    [Test]
    public async Task Scenario_100_after_one_collection_a_second_goes_on_where_it_ended()
    {
        await using PeerManager manager = Open(15);
        for (int i = 0; i < 5; i++)
        {
            manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(i)) { AddedAt = Now.AddHours(-i) });
        }

        Assert.That(manager.CollectGarbage().AddressLess, Is.EqualTo(2));
        Assert.That(manager.CollectGarbage().AddressLess, Is.Zero);
        Assert.That(Left(manager), Is.EquivalentTo([0, 1, 2]));
    }

    [Test]
    public async Task Scenario_101_what_changed_since_it_was_chosen_is_not_removed()
    {
        await using PeerManager manager = Open(0);
        for (int i = 0; i < 4; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        HashSet<NodeId> connected = [];
        var rules = new PeerManager.CollectionRules(connected, Day, Now);
        List<Peer> chosen = manager.FindCollectable(PeerManager.CollectionPass.NeverSeen, rules);
        Assert.That(chosen, Has.Count.EqualTo(4));
        manager.SetAddressLastSeen(PeerMaker.Id(0), PeerMaker.Address(0), Now);
        manager.BanPeerByNodeId(PeerMaker.Id(1), 60, "");
        connected.Add(PeerMaker.Id(2));
        Assert.That(manager.Remove(PeerManager.CollectionPass.NeverSeen, rules, [.. chosen]), Is.EqualTo(1));
        Assert.That(Left(manager), Is.EquivalentTo([0, 1, 2]));
        Assert.That(manager.Remove(PeerManager.CollectionPass.NeverSeen, rules, [.. chosen]), Is.Zero);
    }

    [Test]
    public async Task Scenario_101_a_record_that_was_removed_and_added_again_is_another_one()
    {
        await using PeerManager manager = Open(0);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        var rules = new PeerManager.CollectionRules(null, Day, Now);
        List<Peer> chosen = manager.FindCollectable(PeerManager.CollectionPass.NeverSeen, rules);
        manager.CollectGarbage(null, Day);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        Assert.That(manager.Remove(PeerManager.CollectionPass.NeverSeen, rules, [.. chosen]), Is.Zero);
    }

    [Test]
    public async Task Scenario_102_a_collection_leaves_the_connected_one_and_as_many_as_the_cap()
    {
        await using PeerManager manager = Open(1);
        for (int i = 0; i < 4; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        Assert.That(manager.CollectGarbage(new HashSet<NodeId> { PeerMaker.Id(2) }, Day).NeverSeen, Is.EqualTo(2));
        Assert.That(Left(manager), Has.Length.EqualTo(2).And.Contains(2));
    }

    [Test]
    public async Task A_collection_of_more_than_a_chunk_removes_all_that_it_should_and_the_file_follows()
    {
        using var store = new MemoryPeerStore();
        var scheduler = new QueuedTaskScheduler();
        var log = new LogRecorder();
        var manager = new PeerManager(
            new PeerManagerOptions { MaxPeerRows = 100, TimeProvider = _time, TaskScheduler = scheduler, Random = new Random(1),
                Logger = log }, store);
        int count = (2 * PeerManager.CollectionChunk) + 150;
        for (int i = 0; i < count; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        Task flush = manager.FlushAsync();
        scheduler.RunAll();
        await flush;
        Assert.That(manager.CollectGarbage().NeverSeen, Is.EqualTo(count - 100));
        Assert.That(manager.Count, Is.EqualTo(100));
        Assert.That(log.Count(StorageEventId.PeersCollected), Is.EqualTo(1));
        ValueTask disposal = manager.DisposeAsync();
        scheduler.RunAll();
        await disposal;
        Assert.That(store.Rows.Values.Select(peer => peer.NodeId),
            Has.Exactly(100).Items.And.All.Matches<NodeId>(id => manager.Find(id) is not null));
    }

    private PeerManager Open(int cap, int seed = 1) =>
        PeerManager.Open(new PeerManagerOptions { MaxPeerRows = cap, TimeProvider = _time, Random = new Random(seed) });

    private static int[] Left(PeerManager manager) =>
        [.. Enumerable.Range(0, 50).Where(i => manager.Exists(PeerMaker.Id(i)))];
}
