using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

[TestFixture]
internal sealed class PeerManagerTests
{
    private ManualTimeProvider _time = null!;
    private LogRecorder _log = null!;
    private PeerManager _manager = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _log = new LogRecorder();
        _manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(3), Logger = _log });
    }

    [TearDown]
    public async Task TearDown() => await _manager.DisposeAsync();

    [Test]
    public void AddOrUpdatePeer_of_a_new_peer_gives_rising_rows_and_the_time_of_adding()
    {
        long first = _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        long second = _manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
        Assert.That(first, Is.Positive);
        Assert.That(second, Is.GreaterThan(first));
        Assert.That(_manager.AddOrUpdatePeer(PeerMaker.Node(1, Now)), Is.EqualTo(first), "a known peer keeps its row");
        Assert.That(_manager.Find(PeerMaker.Id(1))!.AddedAt, Is.EqualTo(Now));
        Assert.That(_manager.Find(PeerMaker.Key(1)), Is.SameAs(_manager.Find(PeerMaker.Id(1))));
        Assert.That(_manager.Find(PeerMaker.Id(3)), Is.Null);
        Assert.That(_manager.Find(PeerMaker.Key(3)), Is.Null);
    }

    [Test]
    public void AddOrUpdatePeer_keeps_what_belongs_to_the_store_and_the_caller_cannot_set_the_row()
    {
        DateTimeOffset added = Now;
        long row = _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { Id = 999, DeletedAt = Now.AddDays(-1) });
        Assert.That(row, Is.Not.EqualTo(999));
        _time.Advance(TimeSpan.FromSeconds(9));
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { Id = 998, AddedAt = Now.AddDays(-9) });
        Peer peer = _manager.Find(PeerMaker.Id(1))!;
        Assert.Multiple(() =>
        {
            Assert.That(peer.Id, Is.EqualTo(row));
            Assert.That(peer.AddedAt, Is.EqualTo(added), "an earlier time is not written back");
            Assert.That(peer.DeletedAt, Is.EqualTo(added.AddDays(-1)), "saving does not undelete");
        });
    }

    [Test]
    public void AddOrUpdatePeer_leaves_out_addresses_that_are_empty_or_do_not_read_back_and_says_so_now_and_then()
    {
        Multiaddr good = PeerMaker.Address(1), lossy = Lossy();
        PeerAddressSource source = PeerMaker.Claimed(Now, good);
        Peer peer = PeerMaker.Node(1, Now) with { Addresses = PeerMaker.List(source, lossy, good, Multiaddr.Empty) };
        for (int i = 0; i < 3; i++)
        {
            _manager.AddOrUpdatePeer(peer);
        }

        Assert.That(_manager.Find(PeerMaker.Id(1))!.Addresses.Entries.Select(entry => entry.Address), Is.EqualTo([good]));
        Assert.That(_manager.GetStatistics().SkippedAddresses, Is.EqualTo(4), "two of the new peer, and the lossy one twice after that");
        Assert.That(_log.Count(StorageEventId.PeerAddressesSkipped), Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(10));
        _manager.AddOrUpdatePeer(peer);
        Assert.That(_log.Count(StorageEventId.PeerAddressesSkipped), Is.EqualTo(2));
        Assert.That(_log.Entries[^1].Level, Is.EqualTo(LogLevel.Warning));
    }

    [Test]
    public void AddOrUpdatePeer_whose_addresses_all_do_not_read_back_has_the_empty_one()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { Addresses = PeerMaker.List(PeerAddressSource.Config, Lossy()) });
        AssertPlaceholder(_manager.Find(PeerMaker.Id(1))!);
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { Addresses = PeerMaker.List(PeerAddressSource.Config, Lossy()) });
        AssertPlaceholder(_manager.Find(PeerMaker.Id(1))!);
    }

    [Test]
    public void AddOrUpdatePeer_cuts_durations_to_whole_milliseconds_and_a_ban_at_forever()
    {
        Multiaddr address = PeerMaker.Address(1);
        var entry = new MultiaddrWithStats(address, PeerAddressSource.Config)
        {
            Latency = new RunningMean(12_999_999, 3),
            InitialDialTime = new RunningMean(999_999, 1),
        };
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with
        {
            Addresses = PeerMaker.Entries(entry),
            BannedUntil = DateTimeOffset.MaxValue,
        });
        Peer peer = _manager.Find(PeerMaker.Id(1))!;
        Assert.Multiple(() =>
        {
            Assert.That(peer.Addresses.Entries[0].Latency, Is.EqualTo(new RunningMean(12_000_000, 3)));
            Assert.That(peer.Addresses.Entries[0].InitialDialTime, Is.EqualTo(new RunningMean(0, 1)));
            Assert.That(peer.BannedUntil, Is.EqualTo(PeerTimes.Forever));
        });
    }

    [Test]
    public void AddOrUpdatePeer_with_a_count_beyond_the_rows_changes_nothing([Values] bool isKnown, [Values(0, 1, 2)] int which)
    {
        Multiaddr address = PeerMaker.Address(1);
        var entry = new MultiaddrWithStats(address, PeerAddressSource.Config)
        {
            ConnectionAttempts = which == 0 ? 0x8000_0000 : int.MaxValue,
            Latency = new RunningMean(1_000_000, which == 1 ? 0x8000_0000 : int.MaxValue),
            InitialDialTime = new RunningMean(1_000_000, which == 2 ? uint.MaxValue : int.MaxValue),
        };
        Peer? before = null;
        if (isKnown)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
            before = _manager.Find(PeerMaker.Id(1));
        }

        AssertError(
            PeerManagerError.StorageError, () =>
                _manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(1)) { Addresses = PeerMaker.Entries(entry) }));
        Assert.That(_manager.Find(PeerMaker.Id(1)), Is.SameAs(before));
        Assert.That(_manager.Count, Is.EqualTo(isKnown ? 1 : 0));
    }

    [Test]
    public void A_key_under_another_node_id_fails_in_every_operation_that_adds()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { NodeId = PeerMaker.Id(77) });
        AssertError(PeerManagerError.StorageError, () => _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now)));
        AssertError(
            PeerManagerError.StorageError,
            () =>
                _manager.AddOrUpdateOnlinePeer(PeerMaker.Key(1), PeerMaker.Id(1), [], PeerFeatures.CommunicationNode,
                    PeerAddressSource.Config));
        Assert.That(_manager.Count, Is.EqualTo(1));
        Assert.That(_manager.BanPeer(PeerMaker.Key(1), TimeSpan.FromHours(1), ""), Is.EqualTo(PeerMaker.Id(77)),
            "a ban finds it by its key");
        AssertError(PeerManagerError.StorageError, () =>
        {
            // No key of the store, but the node id of one.
            _manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
            _manager.AddOrUpdatePeer(PeerMaker.Node(3, Now) with { NodeId = PeerMaker.Id(2) });
            Assert.That(_manager.Find(PeerMaker.Id(2))!.PublicKey, Is.EqualTo(PeerMaker.Key(2)), "the known key stays");
            _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { NodeId = PeerMaker.Id(5) });
        });
    }

    [Test]
    public void A_ban_of_an_unknown_key_whose_node_id_has_another_key_fails()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { NodeId = PeerMaker.Id(2) });
        AssertError(PeerManagerError.StorageError, () => _manager.BanPeer(PeerMaker.Key(2), TimeSpan.FromHours(1), ""));
        Assert.That(_manager.Find(PeerMaker.Key(1)), Is.Not.Null);
        Assert.That(_manager.Count, Is.EqualTo(1));
    }

    [Test]
    public void Rows_keep_their_places_whatever_their_scores_and_new_ones_come_behind()
    {
        Multiaddr a = PeerMaker.Address(1), b = PeerMaker.Address(2), c = PeerMaker.Address(3), d = PeerMaker.Address(4);
        PeerAddressSource older = PeerMaker.Claimed(Now.AddHours(-2), a, b, c), newer = PeerMaker.Claimed(Now.AddHours(-1), b, c, d);
        var peer = new Peer(PeerMaker.Key(1)) { Addresses = PeerMaker.List(older, a, b, c) };
        _manager.AddOrUpdatePeer(peer);
        Assert.That(peer.Addresses.TryMarkSeen(c, Now, out MultiaddressesWithStats seen));
        Assert.That(seen.Entries[0].Address, Is.EqualTo(c), "the best one leads in memory");
        _manager.AddOrUpdatePeer(peer with { Addresses = seen });
        Assert.That(Addresses(1), Is.EqualTo([a, b, c]));

        _manager.AddOrUpdatePeer(peer with { Addresses = PeerMaker.List(newer, d, c, b) });
        Assert.That(Addresses(1), Is.EqualTo([b, c, d]), "what the newer claim has not is gone, what it adds is last");
        Assert.That(_manager.Find(PeerMaker.Id(1))!.LastSeen, Is.EqualTo(Now), "and what was kept keeps its statistics");
    }

    [Test]
    public void Scenario_59_seed_query_finds_exactly_the_seeds()
    {
        for (int i = 0; i < 10; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(i, Now, flags: i < 5 ? PeerFlags.Seed : PeerFlags.None));
        }

        AssertPeers(_manager.GetSeedPeers(), [0, 1, 2, 3, 4]);
        _manager.SoftDeletePeer(PeerMaker.Id(0));
        _manager.BanPeerByNodeId(PeerMaker.Id(1), TimeSpan.FromDays(1), "");
        AssertPeers(_manager.GetSeedPeers(), [0, 1, 2, 3, 4]);
        _manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(11)) { Flags = PeerFlags.Seed });
        AssertPeers(_manager.GetSeedPeers(), [0, 1, 2, 3, 4]);
    }

    [Test]
    public void Scenario_61_active_query_takes_clients_and_nodes_and_all_their_addresses_unless_asked_otherwise()
    {
        Multiaddr inside = Multiaddr.Parse("/ip4/10.1.2.3/tcp/80");
        for (int i = 0; i < 40; i++)
        {
            Peer peer = PeerMaker.Node(i, Now, seen: Now) with
            {
                Features = i % 2 == 0 ? PeerFeatures.CommunicationNode : PeerFeatures.CommunicationClient,
            };
            var local = new MultiaddrWithStats(inside, PeerMaker.Claimed(Now, inside));
            _manager.AddOrUpdatePeer(peer with { Addresses = PeerMaker.Entries(local, peer.Addresses.Entries[0]) });
        }

        IReadOnlyList<Peer> all = _manager.DiscoverySyncing(100);
        Assert.That(all, Has.Count.EqualTo(40).And.All.Matches<Peer>(peer => peer.Addresses.Count == 2));
        IReadOnlyList<Peer> external = _manager.DiscoverySyncing(100, externalOnly: true);
        Assert.That(external, Has.Count.EqualTo(40).And.All.Matches<Peer>(peer => peer.Addresses.Count == 1));
        AssertPeers(_manager.DiscoverySyncing(100, features: PeerFeatures.CommunicationNode),
            Enumerable.Range(0, 40).Where(i => i % 2 == 0));
        AssertPeers(_manager.DiscoverySyncing(100, features: PeerFeatures.CommunicationClient),
            Enumerable.Range(0, 40).Where(i => i % 2 == 1));
    }

    [TestCase(0, 0, 500)]
    [TestCase(0, 600, 500)]
    [TestCase(0, 20, 20)]
    [TestCase(7, 0, 7)]
    [TestCase(7, 20, 7)]
    [TestCase(30, 20, 20)]
    [TestCase(900, 0, 500)]
    public void DiscoverySyncing_is_bounded_by_its_count_its_ceiling_and_the_limit(int count, int ceiling, int expected)
    {
        for (int i = 0; i < 520; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(i, Now, seen: Now.AddMinutes(-i)));
        }

        Assert.That(_manager.DiscoverySyncing(count, ceiling: ceiling), Has.Count.EqualTo(expected));
    }

    [Test]
    public void Scenario_64_prefixes_filters_and_draws_over_nodes_and_wallets()
    {
        AddNodesAndWallets();
        Assert.That(_manager.Count, Is.EqualTo(24));
        for (int i = 0; i < 24; i++)
        {
            for (int length = 1; length <= 12; length++)
            {
                Assert.That(_manager.FindAllStartsWith(PeerMaker.Id(i).Bytes[..length]), Has.Some.EqualTo(_manager.Find(PeerMaker.Id(i))));
            }

            for (int length = 1; length <= 31; length++)
            {
                Assert.That(_manager.FindAllStartsWith(PeerMaker.Key(i).Bytes[..length]), Has.Some.EqualTo(_manager.Find(PeerMaker.Id(i))));
            }
        }

        int[] gone = [4, 5, 16, 17];
        _manager.SoftDeletePeer(PeerMaker.Id(4));
        _manager.BanPeerByNodeId(PeerMaker.Id(5), TimeSpan.FromHours(1), "node");
        _manager.SoftDeletePeer(PeerMaker.Id(16));
        _manager.BanPeer(PeerMaker.Key(17), TimeSpan.FromHours(1), "wallet");
        Assert.That(_manager.All(), Has.Count.EqualTo(24));
        AssertPeers(_manager.GetNotBannedOrDeletedPeers(), Enumerable.Range(0, 24).Except(gone));

        DateTimeOffset seen = Now.AddSeconds(-120);
        foreach (Peer peer in _manager.All())
        {
            foreach (MultiaddrWithStats entry in peer.Addresses)
            {
                Assert.That(_manager.SetAddressLastSeen(peer.NodeId, entry.Address, seen));
            }

            Assert.That(_manager.Find(peer.NodeId)!.LastSeen, Is.EqualTo(seen));
        }

        AssertPeers(_manager.GetSeedPeers(), [0, 1, 2]);
        HashSet<NodeId> excluded = [PeerMaker.Id(0)];
        for (int draw = 0; draw < 20; draw++)
        {
            IReadOnlyList<Peer> drawn = _manager.RandomPeers(5, excluded);
            Assert.That(drawn.Select(peer => peer.NodeId), Is.Unique.And.SubsetOf(Ids([1, 2, 3, 6, 7, 8, 9, 10, 11])));
            Assert.That(drawn, Has.Count.EqualTo(5));
        }
    }

    [Test]
    public void Scenario_65_bans_failures_and_notes_come_and_go()
    {
        AddNodesAndWallets();
        _manager.BanPeerByNodeId(PeerMaker.Id(3), TimeSpan.FromHours(1), "x");
        _manager.UnbanPeer(PeerMaker.Id(3));
        foreach (MultiaddrWithStats entry in _manager.GetPeerAddresses(PeerMaker.Id(3)))
        {
            Assert.That(_manager.SetAddressLastSeen(PeerMaker.Id(3), entry.Address, Now));
            Assert.That(_manager.SetAddressLastSeen(PeerMaker.Id(3), entry.Address, null));
        }

        Assert.That(_manager.IsPeerBanned(PeerMaker.Id(3)), Is.False);
        Assert.That(_manager.Find(PeerMaker.Id(3))!.LastSeen, Is.Null);

        for (int i = 0; i < 24; i++)
        {
            _manager.BanPeer(PeerMaker.Key(i), TimeSpan.FromHours(1), "all");
        }

        Assert.That(_manager.GetBannedPeers(), Has.Count.EqualTo(24));
        Assert.That(_manager.UnbanAllPeers(), Is.EqualTo(24));
        Assert.That(_manager.GetBannedPeers(), Is.Empty);
        Assert.That(_manager.UnbanAllPeers(), Is.Zero);

        foreach (Peer peer in _manager.All(PeerFeatures.CommunicationNode))
        {
            MultiaddressesWithStats list = peer.Addresses;
            foreach (MultiaddrWithStats entry in peer.Addresses)
            {
                Assert.That(list.TryMarkFailed(entry.Address, "refused", Now, out list));
            }

            _manager.AddOrUpdatePeer(peer with { Addresses = list });
            Assert.That(_manager.Find(peer.NodeId)!.LastConnectAttempt, Is.EqualTo(Now));
            Assert.That(_manager.Find(peer.NodeId)!.IsOffline);
        }

        Assert.That(_manager.ResetOfflineNonWalletPeers(), Is.EqualTo(12));
        Assert.That(_manager.ResetOfflineNonWalletPeers(), Is.Zero);
        foreach (Peer peer in _manager.All(PeerFeatures.CommunicationNode))
        {
            Assert.That(peer.LastConnectAttempt, Is.Null);
            Assert.That(peer.IsOffline, Is.False);
            Assert.That(peer.Addresses.Entries[0].QualityScore, Is.Zero, "scores are left alone");
        }

        NodeId id = PeerMaker.Id(20);
        Multiaddr address = _manager.GetPeerAddresses(id).Entries[0].Address;
        Assert.That(_manager.SetAddressFailedReason(id, address, "it's refused"));
        Assert.That(_manager.Find(id)!.AllAddressesFailed);
        Assert.That(_manager.GetPeerAddresses(id).Entries[0].LastFailedReason, Is.EqualTo("it's refused"), "as it was said");
        Assert.That(_manager.SetAddressFailedReason(id, address, null));
        Assert.That(_manager.Find(id)!.AllAddressesFailed, Is.False);
        Assert.That(_manager.SetAddressFailedReason(id, PeerMaker.Address(999), "x"), Is.False);
        Assert.That(_manager.SetAddressLastSeen(PeerMaker.Id(999), address, Now), Is.False);

        byte[] note = [1, 2, 3];
        Assert.That(_manager.SetPeerMetadata(id, 111, note), Is.Null);
        note[0] = 9;
        Assert.That(_manager.SetPeerMetadata(id, 222, []), Is.Null);
        Assert.That(_manager.Find(id)!.Metadata[111].ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }), "the note was copied");
        Assert.That(_manager.SetPeerMetadata(id, 222, [7])!.Value.Length, Is.Zero, "an empty note is one");
        Assert.That(_manager.Find(id)!.Metadata[222].ToArray(), Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public void Scenario_67_a_stored_failure_goes_when_the_address_is_seen()
    {
        Peer peer = PeerMaker.Node(1, Now);
        Multiaddr address = peer.Addresses.Entries[0].Address;
        Assert.That(peer.Addresses.TryMarkFailed(address, "refused", Now, out MultiaddressesWithStats failed));
        _manager.AddOrUpdatePeer(peer with { Addresses = failed });
        Assert.That(_manager.GetPeerAddresses(PeerMaker.Id(1)).Entries[0].LastFailedReason, Is.EqualTo("refused"));
        Assert.That(failed.TryMarkSeen(address, Now, out MultiaddressesWithStats seen));
        _manager.AddOrUpdatePeer(peer with { Addresses = seen });
        Assert.That(_manager.GetPeerAddresses(PeerMaker.Id(1)).Entries[0].LastFailedReason, Is.Null);
    }

    [Test]
    public void Scenario_68_a_peer_without_addresses_reads_back_with_one_empty_placeholder()
    {
        _manager.AddOrUpdatePeer(new Peer(PeerMaker.Key(1)));
        Peer peer = _manager.Find(PeerMaker.Id(1))!;
        AssertPlaceholder(peer);
        Assert.That(_manager.FindAllStartsWith(PeerMaker.Id(1).Bytes[..3]), Is.EqualTo([peer]));
        Assert.That(_manager.FindAllStartsWith(PeerMaker.Key(1).Bytes[..20]), Is.EqualTo([peer]));
        Assert.That(_manager.GetNotBannedOrDeletedPeers(), Is.Empty, "it is no address");
        Assert.That(_manager.DialCandidates(new DialCandidatesQuery()), Is.Empty);
        _manager.AddOrUpdatePeer(peer);
        AssertPlaceholder(_manager.Find(PeerMaker.Id(1))!);
        Assert.That(_manager.GetStatistics().SkippedAddresses, Is.Zero, "the placeholder is not worth a warning");
    }

    [Test]
    public void Scenario_70_direct_identities_and_draws_leave_out_the_banned()
    {
        for (int i = 0; i < 20; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        Assert.That(_manager.GetDirectIdentity(PeerMaker.Id(4)), Is.SameAs(_manager.Find(PeerMaker.Id(4))));
        Assert.That(_manager.GetDirectIdentity(PeerMaker.Key(44)), Is.Null);
        _manager.BanPeerByNodeId(PeerMaker.Id(4), TimeSpan.FromMinutes(1), "");
        _manager.BanPeerByNodeId(PeerMaker.Id(5), TimeSpan.FromMinutes(2), "");
        Assert.That(_manager.GetDirectIdentity(PeerMaker.Id(4)), Is.Null);
        Assert.That(_manager.GetDirectIdentity(PeerMaker.Key(5)), Is.Null);
        Assert.That(_manager.GetNotBannedOrDeletedPeers(), Has.Count.EqualTo(18));
        var draws = Enumerable.Range(0, 2).Select(_ => _manager.RandomPeers(10).Select(peer => peer.NodeId).Order().ToArray()).ToArray();
        Assert.That(draws[0], Has.Length.EqualTo(10));
        Assert.That(draws[0], Is.Not.EqualTo(draws[1]));
        _time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1));
        Assert.That(_manager.GetDirectIdentity(PeerMaker.Id(4)), Is.Not.Null, "a ban ends by itself");
        Assert.That(_manager.GetNotBannedOrDeletedPeers(), Has.Count.EqualTo(19));
    }

    [Test]
    public void Scenario_71_an_online_peer_without_addresses_is_not_offline()
    {
        Peer peer = _manager.AddOrUpdateOnlinePeer(
            PeerMaker.Key(1), PeerMaker.Id(1), [], PeerFeatures.CommunicationNode, PeerAddressSource.Config);
        Assert.That(peer.IsOffline, Is.False);
        Assert.That(peer.Id, Is.EqualTo(_manager.Find(PeerMaker.Id(1))!.Id));
        Assert.That(_manager.Find(PeerMaker.Id(1))!.IsOffline, Is.False);
    }

    [Test]
    public void Scenario_72_newer_claims_replace_and_older_ones_do_not_come_back()
    {
        Multiaddr a = PeerMaker.Address(1), b = PeerMaker.Address(2), c = PeerMaker.Address(3);
        PeerAddressSource first = PeerMaker.Claimed(Now.AddHours(-3), a, b), second = PeerMaker.Claimed(Now.AddHours(-2), a, b);
        PeerAddressSource third = PeerMaker.Claimed(Now.AddHours(-1), c);
        _manager.AddOrUpdatePeer(Of(first, a, b));
        _manager.AddOrUpdatePeer(Of(second, a, b));
        Assert.That(_manager.Find(PeerMaker.Id(1))!.Addresses,
            Has.All.Matches<MultiaddrWithStats>(entry => entry.Source.Claim == second.Claim));
        Assert.That(_manager.Count, Is.EqualTo(1));
        _manager.AddOrUpdatePeer(Of(third, c));
        Assert.That(Addresses(1), Is.EqualTo([c]));
        _manager.AddOrUpdatePeer(Of(second, a, b));
        Assert.That(Addresses(1), Is.EqualTo([c]));
        Assert.That(_manager.Find(PeerMaker.Id(1))!.Addresses.Entries[0].Source.Claim, Is.SameAs(third.Claim));

        static Peer Of(PeerAddressSource source, params Multiaddr[] addresses) =>
            new(PeerMaker.Key(1)) { Addresses = PeerMaker.List(source, addresses) };
    }

    [Test]
    public async Task Scenario_73_many_writers_and_readers_at_once()
    {
        const int Writers = 20, PeersEach = 75, Readers = 1500;
        using var folder = new TemporaryFolder();
        await using var manager = PeerManager.Open(new PeerManagerOptions { DatabasePath = folder["peers.db"], FlushBatch = 64 });
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < PeersEach; i++)
            {
                Peer peer = PeerMaker.Node((writer * PeersEach) + i, now);
                manager.AddOrUpdatePeer(peer);
                Assert.That(peer.Addresses.TryMarkSeen(peer.Addresses.Entries[0].Address, now, out MultiaddressesWithStats seen));
                manager.AddOrUpdatePeer(peer with { Addresses = seen });
                manager.SetPeerMetadata(peer.NodeId, 1, [2]);
            }
        }))];
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Readers / 4; i++)
            {
                IReadOnlyList<Peer> drawn = manager.RandomPeers(100);
                Assert.That(drawn, Has.Count.LessThanOrEqualTo(100));
                Assert.That(drawn.Select(peer => peer.NodeId).Distinct().Count(), Is.EqualTo(drawn.Count));
            }
        }))];
        await Task.WhenAll([.. writers, .. readers]);
        Assert.That(manager.Count, Is.EqualTo(Writers * PeersEach));
        Assert.That(manager.All(), Has.All.Matches<Peer>(peer => peer.LastSeen == now && peer.Metadata[1].Span[0] == 2));
    }

    [Test]
    public void All_counts_a_peer_with_one_bit_as_a_node_and_one_with_none_as_a_client()
    {
        PeerFeatures[] features = [PeerFeatures.CommunicationClient, PeerFeatures.MessagePropagation, PeerFeatures.DhtStoreForward,
            PeerFeatures.CommunicationNode];
        for (int i = 0; i < features.Length; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(i, Now) with { Features = features[i] });
        }

        AssertPeers(_manager.All(), [0, 1, 2, 3]);
        AssertPeers(_manager.All(PeerFeatures.CommunicationClient), [0]);
        AssertPeers(_manager.All(PeerFeatures.MessagePropagation), [1, 3]);
        AssertPeers(_manager.All(PeerFeatures.CommunicationNode), [1, 2, 3]);
        PeerStatistics counts = _manager.GetStatistics();
        Assert.That((counts.Known, counts.Nodes, counts.Clients), Is.EqualTo((4, 3, 1)));
    }

    [Test]
    public void GetNotBannedOrDeletedPeers_has_a_hundred_at_most()
    {
        for (int i = 0; i < 120; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
        }

        Assert.That(_manager.GetNotBannedOrDeletedPeers(), Has.Count.EqualTo(100).And.Unique);
    }

    [Test]
    public void Unknown_peers_are_not_found_by_whoever_must_know_them()
    {
        NodeId unknown = PeerMaker.Id(1);
        AssertError(PeerManagerError.PeerNotFound, () => _manager.IsPeerBanned(unknown));
        AssertError(PeerManagerError.PeerNotFound, () => _manager.GetPeerFeatures(unknown));
        AssertError(PeerManagerError.PeerNotFound, () => _manager.GetPeerAddresses(unknown));
        AssertError(PeerManagerError.PeerNotFound, () => _manager.BanPeerByNodeId(unknown, TimeSpan.FromHours(1), ""));
        AssertError(PeerManagerError.StorageError, () => _manager.SetPeerMetadata(unknown, 1, []));
        AssertError(PeerManagerError.ProcessError, () => _manager.GetPeerAddresses([]));
        AssertError(PeerManagerError.StorageError, () => _manager.FindAllStartsWith(new byte[33]));
        Assert.That(_manager.FindAllStartsWith([]), Is.Empty);
        Assert.That(_manager.Exists(unknown), Is.False);
        Assert.That(_manager.Exists(PeerMaker.Key(1)), Is.False);
        _manager.SoftDeletePeer(unknown);
        _manager.UnbanPeer(unknown);
        Assert.That(_manager.Count, Is.Zero);
    }

    [Test]
    public void Scenario_11_the_error_names_all_peers_that_were_asked_for()
    {
        NodeId[] ids =
        [
            NodeId.FromHex("abb1556d806c2ff042f433ca0a"),
            NodeId.FromHex("ba9ab662a6d974c5a607562326"),
            NodeId.FromHex("97676095b1901327bdc36e8cb6"),
        ];
        PeerManagerException several = Assert.Throws<PeerManagerException>(() => _manager.GetPeerAddresses(ids));
        Assert.That(
            several.Message, Does.EndWith("[abb1556d806c2ff042f433ca0a, ba9ab662a6d974c5a607562326, 97676095b1901327bdc36e8cb6]"));
        Assert.That(several.NodeIds, Is.EqualTo(ids));
        PeerManagerException one = Assert.Throws<PeerManagerException>(() => _manager.IsPeerBanned(ids[1]));
        Assert.That(one.Message, Does.EndWith("[ba9ab662a6d974c5a607562326]"));
    }

    [Test]
    public void Several_peers_are_given_once_each_and_missing_ones_are_passed_over()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        _manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
        NodeId[] asked = [PeerMaker.Id(2), PeerMaker.Id(9), PeerMaker.Id(2), PeerMaker.Id(1)];
        Assert.That(_manager.FindByNodeIds(asked), Is.EqualTo([_manager.Find(PeerMaker.Id(2)), _manager.Find(PeerMaker.Id(1))]));
        Assert.That(_manager.GetPublicKeys(asked), Is.EqualTo([PeerMaker.Key(2), PeerMaker.Key(1)]));
        Assert.That(_manager.GetPeerAddresses(asked).Keys, Is.EquivalentTo([PeerMaker.Id(1), PeerMaker.Id(2)]));
        Assert.That(_manager.FindByNodeIds([]), Is.Empty);
        Assert.That(_manager.FindByNodeIds([PeerMaker.Id(1)]), Has.Count.EqualTo(1));
    }

    [Test]
    public void Arguments_out_of_range_are_the_callers_mistake()
    {
        Assert.That(() => _manager.AddOrUpdatePeer(null!), Throws.ArgumentNullException);
        Assert.That(() => _manager.RandomPeers(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _manager.DiscoverySyncing(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _manager.DiscoverySyncing(1, ceiling: -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _manager.DialCandidates(null!), Throws.ArgumentNullException);
        Assert.That(() => _manager.BanPeer(PeerMaker.Key(1), TimeSpan.FromTicks(-1), ""), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _manager.BanPeerByNodeId(PeerMaker.Id(1), TimeSpan.FromTicks(-1), ""),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _manager.BanPeer(PeerMaker.Key(1), 1, null!), Throws.ArgumentNullException);
        Assert.That(
            () => _manager.AddOrUpdateOnlinePeer(PeerMaker.Key(1), PeerMaker.Id(1), [], PeerFeatures.CommunicationNode, null!),
            Throws.ArgumentNullException);
        Assert.That(_manager.Count, Is.Zero);
    }

    [Test]
    public async Task After_disposal_only_Find_answers()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        await _manager.DisposeAsync();
        Assert.That(_manager.Find(PeerMaker.Id(1)), Is.Not.Null);
        Assert.That(_manager.Find(PeerMaker.Key(1)), Is.Not.Null);
        NodeId id = PeerMaker.Id(1);
        Action[] members =
        [
            () => _ = _manager.Count,
            () => _manager.AddOrUpdatePeer(PeerMaker.Node(2, Now)),
            () => _manager.AddOrUpdateOnlinePeer(PeerMaker.Key(1), id, [], PeerFeatures.CommunicationNode, PeerAddressSource.Config),
            () => _manager.SoftDeletePeer(id),
            () => _manager.SetPeerMetadata(id, 1, []),
            () => _manager.SetAddressLastSeen(id, PeerMaker.Address(1), Now),
            () => _manager.SetAddressFailedReason(id, PeerMaker.Address(1), ""),
            () => _manager.ResetOfflineNonWalletPeers(),
            () => _manager.BanPeer(PeerMaker.Key(1), 1, ""),
            () => _manager.BanPeerByNodeId(id, 1, ""),
            () => _manager.UnbanPeer(id),
            () => _manager.UnbanAllPeers(),
            () => _manager.BanGeneration(id),
            () => _manager.TryGetBanGeneration(id, out _),
            () => _manager.FindByNodeIds([id]),
            () => _manager.GetPublicKeys([id]),
            () => _manager.Exists(id),
            () => _manager.Exists(PeerMaker.Key(1)),
            () => _manager.GetDirectIdentity(id),
            () => _manager.GetDirectIdentity(PeerMaker.Key(1)),
            () => _manager.IsPeerBanned(id),
            () => _manager.GetPeerFeatures(id),
            () => _manager.GetPeerAddresses(id),
            () => _manager.GetPeerAddresses([id]),
            () => _manager.GetPeerAddresses([]),
            () => _manager.FindAllStartsWith([1]),
            () => _manager.All(),
            () => _manager.GetBannedPeers(),
            () => _manager.GetNotBannedOrDeletedPeers(),
            () => _manager.GetSeedPeers(),
            () => _manager.RandomPeers(1),
            () => _manager.DiscoverySyncing(1),
            () => _manager.DialCandidates(new DialCandidatesQuery()),
            () => _manager.CollectGarbage(),
            () => _manager.GetStatistics(),
        ];
        Assert.Multiple(() =>
        {
            foreach (Action member in members)
            {
                Assert.That(() => member(), Throws.InstanceOf<ObjectDisposedException>());
            }
        });
        await _manager.FlushAsync();
    }

    [Test]
    public async Task Without_a_file_everything_is_in_memory()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        await _manager.FlushAsync();
        Assert.That(_manager.Health, Is.EqualTo(PeerStoreHealth.InMemory));
        Assert.That(_manager.Path, Is.Null);
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.Zero);
        Assert.That(_time.ArmedTimers, Is.Zero);
    }

    [Test]
    public async Task A_peer_saved_is_the_source_of_messages_in_the_inbound_graph()
    {
        using NodeIdentity node = NodeIdentity.Generate(), sender = NodeIdentity.Generate();
        await using var probe = new InboundProbe(node, _manager);
        byte[] envelope = EnvelopeFactory.ClearText().Build();
        Assert.That(await probe.RunOneAsync(sender.NodeId, envelope), Is.Null);
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.PeerNotFound));

        _manager.AddOrUpdatePeer(new Peer(sender.PublicKey));
        using DecryptedDhtMessage? message = await probe.RunOneAsync(sender.NodeId, envelope);
        Assert.That(message, Is.Not.Null);
        Assert.That(message!.SourcePeer, Is.SameAs(_manager.Find(sender.NodeId)));
    }

    private static void AssertError(PeerManagerError error, Action operation) =>
        Assert.That(() => operation(),
            Throws.InstanceOf<PeerManagerException>().With.Property(nameof(PeerManagerException.Error)).EqualTo(error));

    private static void AssertPlaceholder(Peer peer)
    {
        MultiaddrWithStats entry = peer.Addresses.Single();
        Assert.Multiple(() =>
        {
            Assert.That(entry.Address.IsEmpty);
            Assert.That(entry.Source.IsConfig);
            Assert.That(entry.LastSeen ?? entry.LastAttempted, Is.Null);
            Assert.That(entry.LastFailedReason, Is.Null);
            Assert.That(entry.QualityScore, Is.Null);
            Assert.That(entry.ConnectionAttempts, Is.Zero);
        });
    }

    private static void AssertPeers(IEnumerable<Peer> peers, IEnumerable<int> numbers) =>
        Assert.That(peers.Select(peer => peer.NodeId), Is.EquivalentTo(Ids(numbers)));

    private static NodeId[] Ids(IEnumerable<int> numbers) => [.. numbers.Select(PeerMaker.Id)];

    /// <summary>An address whose text reads back as another one: a DNS name with a slash.</summary>
    private static Multiaddr Lossy()
    {
        byte[] bytes = [0x36, 6, .. "evil/x"u8, 0x06, 0x00, 0x50];
        var address = Multiaddr.FromBytes(bytes);
        Assert.That(address.TextReadsBack, Is.False);
        return address;
    }

    private Multiaddr[] Addresses(int number) =>
        [.. _manager.Find(PeerMaker.Id(number))!.Addresses.Entries.Select(entry => entry.Address)];

    /// <summary>12 nodes, the first 3 of which are seeds, and 12 wallets.</summary>
    private void AddNodesAndWallets()
    {
        for (int i = 0; i < 24; i++)
        {
            _manager.AddOrUpdatePeer(
                i < 12 ? PeerMaker.Node(i, Now, flags: i < 3 ? PeerFlags.Seed : PeerFlags.None) : PeerMaker.Wallet(i, Now));
        }
    }
}
