using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>What is written is what is read.</summary>
[TestFixture]
internal sealed class SqlitePeerStoreTests : SqlitePeerStoreFixture
{
    [Test]
    public void Peers_with_anything_in_any_field_are_read_as_they_were_written([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        Peer[] peers = [.. Enumerable.Range(1, 60).Select(id => StoredPeers.Any(id * 3L, random))];
        Save(peers);
        AssertHolds(peers);
    }

    [Test]
    public void Rows_written_over_and_deleted_are_as_a_dictionary_has_them_across_restarts([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<long, Peer>();
        for (int restart = 0; restart < 4; restart++)
        {
            using SqlitePeerStore store = Open();
            Assert.That(store.Load().Select(StoredPeers.Describe), Is.EqualTo(model.Values.Select(StoredPeers.Describe)));
            Assert.That(store.Skipped, Is.Zero);
            for (int transaction = 0; transaction < 8; transaction++)
            {
                var next = new SortedDictionary<long, Peer>(model);
                store.Begin();
                for (int change = random.Next(10); change >= 0; change--)
                {
                    long id = random.Next(1, 30);
                    if (random.Next(3) == 0)
                    {
                        store.Delete(id);
                        next.Remove(id);
                    }
                    else
                    {
                        next[id] = StoredPeers.Any(id, random);
                        store.Save(next[id]);
                    }
                }

                if (random.Next(3) == 0)
                {
                    store.Rollback();
                }
                else
                {
                    store.Commit();
                    model = next;
                }
            }
        }

        AssertHolds([.. model.Values]);
    }

    [Test]
    public void Scenario_58_three_peers_are_all_there_after_a_restart_and_a_deleted_one_keeps_its_row()
    {
        Peer[] peers = [StoredPeers.Plain(1), StoredPeers.Plain(2), StoredPeers.Plain(3)];
        Save(peers);
        AssertHolds(peers);
        peers[1] = peers[1] with { DeletedAt = DateTimeOffset.UnixEpoch.AddDays(20_000) };
        Save(peers[1]);
        AssertHolds(peers);
    }

    [Test]
    public void Scenario_60_a_changed_peer_is_read_as_it_is_now()
    {
        Peer peer = StoredPeers.Plain(1);
        Save(peer);
        Assert.That(Count("peers"), Is.EqualTo(1));
        Assert.That(Count("addresses"), Is.EqualTo(1));
        MultiaddrWithStats first = peer.Addresses.Entries[0] with
        {
            LastFailedReason = "refused",
            ConnectionAttempts = 2,
            Latency = new RunningMean(77_000_000, 4),
            QualityScore = 0,
        };
        var added = new MultiaddrWithStats(Multiaddr.Parse("/ip4/127.0.0.1/udt/sctp/5678"), PeerAddressSource.Config);
        Peer changed = peer with
        {
            BannedUntil = peer.AddedAt!.Value.AddSeconds(12_345),
            BannedReason = "a reason",
            SupportedProtocols = [.. peer.SupportedProtocols, new ProtocolId("t/new/1"u8)],
            Metadata = ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty.Add(1, new byte[] { 1, 2 }).Add(2, Array.Empty<byte>()),
            Addresses = MultiaddressesWithStats.FromEntries([first, added]),
        };
        Save(changed);
        AssertHolds(changed);
        Assert.That(Count("addresses"), Is.EqualTo(2));
    }

    [Test]
    public void Scenario_66_two_peers_keep_the_same_addresses()
    {
        Peer first = StoredPeers.Plain(1);
        Peer second = StoredPeers.Plain(2) with { Addresses = first.Addresses };
        Save(first, second);
        AssertHolds(first, second);
    }

    [Test]
    public void Scenario_67_a_reason_that_is_gone_is_null_in_the_file()
    {
        Peer peer = StoredPeers.Plain(1);
        MultiaddrWithStats entry = peer.Addresses.Entries[0];
        Save(peer with { Addresses = MultiaddressesWithStats.FromEntries([entry with { LastFailedReason = "it's 'refused'" }]) });
        Assert.That(SqliteFiles.Query(StorePath, "SELECT failure FROM addresses"), Is.EqualTo<string>(["it's 'refused'"]));
        Save(peer);
        Assert.That(SqliteFiles.Query(StorePath, "SELECT failure FROM addresses"), Is.EqualTo<string>(["NULL"]));
        AssertHolds(peer);
    }

    [Test]
    public void Scenario_68_a_peer_without_addresses_has_no_address_row_and_the_empty_address_is_none()
    {
        Peer none = StoredPeers.Plain(1) with { Addresses = MultiaddressesWithStats.Empty };
        var placeholder = new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config);
        Peer empty = StoredPeers.Plain(2);
        Peer both = StoredPeers.Plain(3);
        Save(
            none,
            empty with { Addresses = MultiaddressesWithStats.FromEntries([placeholder]) },
            both with { Addresses = MultiaddressesWithStats.FromEntries([placeholder, both.Addresses.Entries[0]]) });
        Assert.That(Count("addresses"), Is.EqualTo(1));
        AssertHolds(none, empty with { Addresses = MultiaddressesWithStats.Empty }, both);
    }

    [Test]
    public void Scenario_69_durations_are_whole_milliseconds_up_to_the_largest_number_and_counts_are_exact()
    {
        (UInt128? Nanoseconds, string Stored)[] cases =
        [
            (null, "NULL"),
            (0, "0"),
            (999_999, "0"),
            (42_000_000, "42"),
            (1_234_000_000, "1234"),
            (12_000_000_000, "12000"),
            (1_234_000_000_000, "1234000"),
            (3 * 86_400_000_000_000, "259200000"),
            (123 * 86_400_000_000_000ul, "10627200000"),
            (ulong.MaxValue * (UInt128)1_000_000_000, "9223372036854775807"),
        ];
        MultiaddrWithStats entry = StoredPeers.Plain(1).Addresses.Entries[0];
        Save(StoredPeers.Plain(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries(
            [
                .. cases.Select(item => entry with
                {
                    Latency = new RunningMean(item.Nanoseconds, 7),
                    ConnectionAttempts = uint.MaxValue,
                }),
            ]),
        });
        Assert.That(SqliteFiles.Query(StorePath, "SELECT latency FROM addresses"), Is.EqualTo(cases.Select(item => item.Stored)));
        using SqlitePeerStore store = Open();
        Peer read = store.Load().Single();
        Assert.That(
            read.Addresses.Entries.Select(item => item.Latency.Nanoseconds),
            Is.EqualTo(cases.Select(item => item.Nanoseconds is null ? (UInt128?)null : Number(item.Stored) * 1_000_000)));
        Assert.That(read.Addresses.Entries.Select(item => item.ConnectionAttempts), Is.All.EqualTo(uint.MaxValue));

        static UInt128 Number(string text) => UInt128.Parse(text, CultureInfo.InvariantCulture);
    }

    [Test]
    public void Scenario_77_addresses_of_every_kind_come_back_with_their_claim_and_saving_again_adds_no_row()
    {
        Multiaddr[] addresses =
        [
            Multiaddr.Parse("/ip4/23.23.23.23/tcp/18189"),
            Multiaddr.Parse("/ip6/2606:4700::1111/tcp/18189"),
            Multiaddr.Parse("/dns4/node.example.com/tcp/18189"),
            OnionAddress(),
        ];
        PeerIdentityClaim claim = StoredPeers.ClaimOf(5, [.. addresses]);
        var source = PeerAddressSource.FromDiscovery(claim);
        Peer peer = StoredPeers.Plain(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries([.. addresses.Select(address => new MultiaddrWithStats(address, source))]),
        };
        Save(peer);
        Save(peer);
        Assert.That(Count("addresses"), Is.EqualTo(4));
        AssertHolds(peer);
        using SqlitePeerStore store = Open();
        Peer read = store.Load().Single();
        Assert.That(read.Addresses.Entries.Select(entry => entry.Address), Is.EqualTo(addresses));
        Assert.That(read.Addresses.Entries.Select(entry => entry.Source.Claim!), Is.All.EqualTo(claim));
    }

    [Test]
    public void Scenario_78_a_claim_is_kept_whole_even_where_its_text_would_not_read_back()
    {
        var lossy = Multiaddr.FromBytes([54, 6, (byte)'e', (byte)'v', (byte)'i', (byte)'l', (byte)'/', (byte)'x']);
        Assert.That(lossy.TextReadsBack, Is.False);
        Multiaddr good = Multiaddr.Parse("/ip4/23.23.23.23/tcp/18189");
        PeerIdentityClaim claim = StoredPeers.ClaimOf(9, good, lossy);
        Peer peer = StoredPeers.Plain(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(good, PeerAddressSource.FromDiscovery(claim))]),
        };
        Save(peer);
        AssertHolds(peer);
    }

    [Test]
    public void Addresses_of_one_claim_share_it_and_the_bytes_of_the_address()
    {
        Multiaddr first = StoredPeers.AddressOf(1), second = StoredPeers.AddressOf(2), third = StoredPeers.AddressOf(3);
        PeerAddressSource Source(int seed) => PeerAddressSource.FromDiscovery(StoredPeers.ClaimOf(seed, first, second));
        PeerIdentityClaim other = StoredPeers.ClaimOf(2, third);
        Save(StoredPeers.Plain(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries(
            [
                new MultiaddrWithStats(first, Source(1)),
                new MultiaddrWithStats(third, PeerAddressSource.FromDiscovery(other)),
                new MultiaddrWithStats(second, Source(1)),
                new MultiaddrWithStats(third, PeerAddressSource.FromPeerConnection(other)),
            ]),
        });
        using SqlitePeerStore store = Open();
        ImmutableArray<MultiaddrWithStats> entries = store.Load().Single().Addresses.Entries;
        Assert.Multiple(() =>
        {
            Assert.That(entries[2].Source, Is.SameAs(entries[0].Source));
            Assert.That(entries[1].Source, Is.Not.SameAs(entries[0].Source));
            Assert.That(entries[3].Source.Kind, Is.EqualTo(PeerAddressSourceKind.FromPeerConnection));
            Assert.That(entries[3].Source.Claim, Is.SameAs(entries[1].Source.Claim));
            Assert.That(entries[0].Address.Memory, Is.EqualTo(entries[0].Source.Claim!.Addresses[0].Memory), "the same array");
            Assert.That(entries[2].Address.Memory, Is.EqualTo(entries[0].Source.Claim!.Addresses[1].Memory), "the same array");
        });
    }

    [Test]
    public void Texts_and_protocols_that_peers_have_in_common_are_shared()
    {
        Save(StoredPeers.Plain(5), StoredPeers.Plain(10));
        using SqlitePeerStore store = Open();
        Peer[] peers = [.. store.Load()];
        Assert.That(peers[1].UserAgent, Is.SameAs(peers[0].UserAgent));
        Assert.That(peers[1].SupportedProtocols, Is.EqualTo(peers[0].SupportedProtocols), "ImmutableArray compares the array itself");
        Assert.That(peers[1].SupportedProtocols == peers[0].SupportedProtocols, Is.True);
    }

    [Test]
    public void Claim_whose_addresses_are_none_and_a_date_before_1970_are_read_as_they_were()
    {
        var signature = new IdentitySignature(255, StoredPeers.KeyOf(3), new byte[32], long.MinValue, 999_999_999);
        var claim = new PeerIdentityClaim([], PeerFeatures.CommunicationClient, signature);
        var source = PeerAddressSource.FromDiscovery(claim);
        Peer peer = StoredPeers.Plain(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(StoredPeers.AddressOf(1), source)]),
        };
        Save(peer);
        AssertHolds(peer);
    }

    [Test]
    public void Owner_is_written_into_a_new_file()
    {
        Open().Dispose();
        Assert.That(SqliteFiles.Query(StorePath, "SELECT hex(public_key) || hex(node_id) || features FROM owner"), Is.EqualTo<string>(
            [Convert.ToHexString(StoredPeers.Owner.PublicKey.Bytes) + Convert.ToHexString(StoredPeers.Owner.NodeId.Bytes) + "3"]));
        Assert.That(Log.Entries, Is.Empty);
    }

    [Test]
    public void Owner_who_comes_back_changes_nothing_in_the_file()
    {
        Open().Dispose();
        SortedDictionary<string, string> before = Folder.Snapshot();
        Open().Dispose();
        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public void Owner_who_is_another_takes_the_file_over_with_a_warning_and_keeps_its_peers()
    {
        Peer peer = StoredPeers.Plain(1);
        Save(peer);
        SqlitePeerStore.Open(StorePath, StoredPeers.OwnerOf(77), Log).Dispose();
        Assert.That(Log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.EqualTo(1));
        Assert.That(
            SqliteFiles.Query(StorePath, "SELECT hex(public_key) FROM owner"),
            Is.EqualTo<string>([Convert.ToHexString(StoredPeers.OwnerOf(77).PublicKey.Bytes)]));
        AssertHolds(peer);
    }

    [Test]
    public void Owner_with_other_features_alone_is_written_without_a_warning()
    {
        Open().Dispose();
        SqlitePeerStore.Open(StorePath, StoredPeers.Owner with { Features = PeerFeatures.CommunicationClient }, Log).Dispose();
        Assert.That(Log.Entries, Is.Empty);
        Assert.That(SqliteFiles.Query(StorePath, "SELECT features FROM owner"), Is.EqualTo<string>(["0"]));
    }

    [Test]
    public void Owner_that_makes_no_sense_is_replaced_with_a_warning()
    {
        Open().Dispose();
        SqliteFiles.Execute(StorePath, "UPDATE owner SET public_key = x'00'");
        Open().Dispose();
        Assert.That(Log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.EqualTo(1));
        Open().Dispose();
        Assert.That(Log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.EqualTo(1));
    }

    [TestCase("UPDATE peers SET public_key = zeroblob(31) WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET node_id = zeroblob(14) WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET features = 4 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET features = -1 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET features = 4294967296 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET flags = 2 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET flags = -1 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET banned_until = -9223372036854775808 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET added_at = 9223372036854775807 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET deleted_at = 9223372036854775807 WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET user_agent = CAST(x'ff' AS TEXT) WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET banned_reason = CAST(x'c080' AS TEXT) WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET protocols = x'05aa' WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET protocols = x'ffffffffff01' WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET metadata = x'01' WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET metadata = x'01000100' WHERE id = 2", 3)]
    [TestCase("UPDATE peers SET metadata = x'01ff' WHERE id = 2", 3)]
    public void Peer_row_that_makes_no_sense_is_left_out_with_its_addresses_and_counted(string change, int skipped)
    {
        Peer[] peers = [Two(1), Two(2), Two(3)];
        Save(peers);
        SqliteFiles.Execute(StorePath, change);
        AssertHolds(skipped, peers[0], peers[2]);
    }

    [TestCase("UPDATE addresses SET address = x''")]
    [TestCase("UPDATE addresses SET address = x'04'")]
    [TestCase("UPDATE addresses SET address = x'ffffffffffff'")]
    [TestCase("UPDATE addresses SET source = 6")]
    [TestCase("UPDATE addresses SET source = -1")]
    [TestCase("UPDATE addresses SET source = 0", Description = "the configuration has no claim")]
    [TestCase("UPDATE addresses SET claim = NULL")]
    [TestCase("UPDATE addresses SET claim = x'00'")]
    [TestCase("UPDATE addresses SET claim = substr(claim, 1, 80)")]
    [TestCase("UPDATE addresses SET claim = unhex(hex(claim) || '05')")]
    [TestCase("UPDATE addresses SET claim = unhex(hex(claim) || '0104')")]
    [TestCase("UPDATE addresses SET claim = unhex(hex(substr(claim, 1, 73)) || '00ca9a3b' || hex(substr(claim, 78)))",
        Description = "10^9 nanoseconds")]
    [TestCase("UPDATE addresses SET claim = unhex(hex(substr(claim, 1, 77)) || '04000000' || hex(substr(claim, 82)))",
        Description = "unknown features")]
    [TestCase("UPDATE addresses SET source_peer = zeroblob(32)", Description = "only one kind has it")]
    [TestCase("UPDATE addresses SET source = 4", Description = "that kind has it")]
    [TestCase("UPDATE addresses SET source = 4, source_peer = zeroblob(31)")]
    [TestCase("UPDATE addresses SET last_seen = 9223372036854775807")]
    [TestCase("UPDATE addresses SET last_attempted = -9223372036854775808")]
    [TestCase("UPDATE addresses SET attempts = -1")]
    [TestCase("UPDATE addresses SET attempts = 4294967296")]
    [TestCase("UPDATE addresses SET failure = CAST(x'ff' AS TEXT)")]
    [TestCase("UPDATE addresses SET dial_time = -1")]
    [TestCase("UPDATE addresses SET dial_times = -1")]
    [TestCase("UPDATE addresses SET latency = -5")]
    [TestCase("UPDATE addresses SET latencies = 4294967296")]
    [TestCase("UPDATE addresses SET score = 2147483648")]
    [TestCase("UPDATE addresses SET peer = 9")]
    [TestCase("UPDATE addresses SET peer = -9")]
    public void Scenario_82_address_row_that_makes_no_sense_is_left_out_and_all_peers_come_back(string change)
    {
        Peer[] peers = [Two(1), Two(2), Two(3)];
        Save(peers);
        SqliteFiles.Execute(StorePath, change + " WHERE peer = 2 AND position = 0");
        Peer second = peers[1] with { Addresses = MultiaddressesWithStats.FromEntries([peers[1].Addresses.Entries[1]]) };
        AssertHolds(1, peers[0], second, peers[2]);
        SqliteFiles.Execute(StorePath, change + " WHERE peer = 2");
        AssertHolds(2, peers[0], peers[1] with { Addresses = MultiaddressesWithStats.Empty }, peers[2]);
    }

    [TestCase(0)]
    [TestCase(-7)]
    [TestCase(IPeerStore.MaxId + 1)]
    [TestCase(long.MaxValue)]
    public void Row_whose_id_is_none_or_leaves_no_room_for_others_is_left_out(long id)
    {
        Save(StoredPeers.Plain(1), StoredPeers.Plain(2));
        SqliteFiles.Execute(StorePath, $"UPDATE peers SET id = {id} WHERE id = 1; UPDATE addresses SET peer = {id} WHERE peer = 1");
        AssertHolds(2, StoredPeers.Plain(2));
        Save(StoredPeers.Plain(3));
        AssertHolds(2, StoredPeers.Plain(2), StoredPeers.Plain(3));
    }

    [Test]
    public void Row_left_out_does_not_survive_a_peer_that_takes_its_place()
    {
        Save(Two(1), Two(2));
        SqliteFiles.Execute(StorePath, "UPDATE peers SET features = 9 WHERE id = 2");
        AssertHolds(3, Two(1));
        Save(StoredPeers.Plain(2));
        AssertHolds(Two(1), StoredPeers.Plain(2));
    }

    [Test]
    public void Addresses_of_nobody_do_not_become_those_of_a_new_peer()
    {
        Save(Two(1), Two(2));
        SqliteFiles.Execute(StorePath, "DELETE FROM peers WHERE id = 2");
        AssertHolds(2, Two(1));
        Save(StoredPeers.Plain(2));
        AssertHolds(Two(1), StoredPeers.Plain(2));
    }

    [Test]
    public void Scenario_87_a_ban_beyond_all_times_is_a_ban_for_ever()
    {
        Save(StoredPeers.Plain(1), StoredPeers.Plain(2) with { DeletedAt = DateTimeOffset.UnixEpoch });
        SqliteFiles.Execute(StorePath, "UPDATE peers SET banned_until = 9223372036854775807");
        using SqlitePeerStore store = Open();
        Peer[] peers = [.. store.Load()];
        Assert.That(peers, Has.Length.EqualTo(2));
        Assert.That(peers.Select(peer => peer.BannedUntil), Is.All.EqualTo(new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero)));
    }

    [Test]
    public void Transaction_that_was_undone_leaves_nothing()
    {
        Peer peer = StoredPeers.Plain(1);
        Save(peer);
        using (SqlitePeerStore store = Open())
        {
            store.Begin();
            store.Delete(1);
            store.Save(StoredPeers.Plain(2));
            store.Rollback();
            store.Rollback();
        }

        AssertHolds(peer);
    }

    [Test]
    public void Load_gives_the_peers_once()
    {
        using SqlitePeerStore store = Open();
        Assert.That(store.Load(), Is.Empty);
        Assert.That(() => store.Load().Count(), Throws.InvalidOperationException);
    }

    [Test]
    public void File_that_was_only_loaded_is_as_it_was()
    {
        Save(StoredPeers.Plain(1));
        SortedDictionary<string, string> before = Folder.Snapshot();
        using (SqlitePeerStore store = Open())
        {
            Assert.That(store.Load().Count(), Is.EqualTo(1));
        }

        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
    }

    private static Multiaddr OnionAddress() =>
        Multiaddr.Parse("/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234");

    /// <summary>A peer with two addresses and two claims.</summary>
    private static Peer Two(long id)
    {
        Peer peer = StoredPeers.Plain(id);
        Multiaddr other = StoredPeers.AddressOf((int)id + 1000);
        var source = PeerAddressSource.FromDiscovery(StoredPeers.ClaimOf((int)id + 1000, other));
        return peer with
        {
            Addresses = MultiaddressesWithStats.FromEntries([.. peer.Addresses.Entries, new MultiaddrWithStats(other, source)]),
        };
    }

    private void Save(params ReadOnlySpan<Peer> peers)
    {
        using SqlitePeerStore store = Open();
        store.Begin();
        foreach (Peer peer in peers)
        {
            store.Save(peer);
        }

        store.Commit();
    }

    private void AssertHolds(params Peer[] peers) => AssertHolds(0, peers);

    private void AssertHolds(int skipped, params Peer[] peers)
    {
        using SqlitePeerStore store = SqlitePeerStore.Open(StorePath, StoredPeers.Owner, NullLogger.Instance);
        Assert.That(store.Load().Select(StoredPeers.Describe), Is.EqualTo(peers.Select(StoredPeers.Describe)));
        Assert.That(store.Skipped, Is.EqualTo(skipped));
    }

    private int Count(string table) =>
        int.Parse(SqliteFiles.Query(StorePath, $"SELECT count(*) FROM {table}")[0], CultureInfo.InvariantCulture);
}
