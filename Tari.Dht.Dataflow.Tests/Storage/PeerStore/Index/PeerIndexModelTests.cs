using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

/// <summary>Random changes, with every query compared to one that looks at all rows.</summary>
[TestFixture]
internal sealed class PeerIndexModelTests
{
    private const int Peers = 120;
    private const int Steps = 1500;

    private static readonly string[] s_addresses =
    [
        "/ip4/23.23.1.1/tcp/1", "/ip4/23.23.1.2/tcp/1", "/ip4/23.23.1.3/tcp/1", "/ip4/24.1.1.1/tcp/1", "/ip4/24.1.1.2/tcp/1",
        "/ip4/25.1.1.1/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1", "/ip6/2606:4700::1/tcp/1", "/ip6/::1/tcp/1",
        "/dns4/a.example.com/tcp/1", "/dns4/b.example.com/tcp/1", "/dns4/a.example.org/tcp/1", "/dns4/localhost/tcp/1",
        "/memory/1", "/memory/2",
    ];

    private static readonly TimeSpan[] s_ages =
    [
        TimeSpan.FromMinutes(-5), TimeSpan.Zero, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1), TimeSpan.FromHours(20),
        TimeSpan.FromDays(2), TimeSpan.FromSeconds(216_000), TimeSpan.FromDays(4),
    ];

    private static IEnumerable<int> Seeds => LongRun.Seeds(1, 6);

    [TestCaseSource(nameof(Seeds))]
    public void Every_query_answers_as_a_scan_of_all_rows_does(int seed)
    {
        var random = new Random(seed);
        var index = new PeerIndex();
        var model = new NaivePeerIndex();
        DateTimeOffset now = IndexPeers.Now;
        for (int step = 0; step < Steps; step++)
        {
            int number = random.Next(Peers);
            switch (random.Next(12))
            {
                case 0:
                    NodeId id = NodeId.FromPublicKey(IndexPeers.Key(number));
                    Assert.That(index.Remove(id), Is.EqualTo(model.Remove(id)));
                    break;
                case 1:
                    now += TimeSpan.FromMinutes(random.Next(-1, 90));
                    break;
                default:
                    Peer peer = Change(index.Find(IndexPeers.Key(number)), number, now, random);
                    index.Set(peer);
                    model.Set(peer);
                    break;
            }

            Assert.That(index.Count, Is.EqualTo(model.All.Count()));
            if (step % 10 == 0)
            {
                CompareRecords(index, model, random);
                CompareRandom(index, model, now, random);
                CompareActive(index, model, now, random);
                CompareCandidates(index, model, now, random);
            }
        }

        foreach (Peer peer in model.All)
        {
            Assert.That(index.Remove(peer.NodeId), Is.True);
        }

        Assert.That(index.Count, Is.Zero);
        Assert.That(index.GroupCount, Is.Zero, "groups without an address");
        Assert.That(index.All, Is.Empty);
    }

    private static Peer Change(Peer? peer, int number, DateTimeOffset now, Random random)
    {
        if (peer is not null && random.Next(3) != 0)
        {
            return peer with
            {
                Addresses = MultiaddressesWithStats.FromEntries([.. peer.Addresses.Entries.Select(row => ChangeRow(row, now, random))]),
                BannedUntil = random.Next(6) == 0 ? now + TimeSpan.FromMinutes(random.Next(-60, 120)) : peer.BannedUntil,
                DeletedAt = random.Next(30) == 0 ? now : peer.DeletedAt,
            };
        }

        // The same address may be there twice.
        PeerFeatures[] features =
        [
            PeerFeatures.CommunicationNode, PeerFeatures.CommunicationNode, PeerFeatures.CommunicationClient,
            PeerFeatures.MessagePropagation,
        ];
        MultiaddrWithStats[] rows = [.. Enumerable.Range(0, random.Next(5)).Select(_ => ChangeRow(Pick(s_addresses, random), now, random))];
        Peer made = rows.Length == 0 ? IndexPeers.WithoutAddress(number) : IndexPeers.Peer(number, features[random.Next(4)], rows);
        return made with { Flags = random.Next(5) == 0 ? PeerFlags.Seed : PeerFlags.None };
    }

    private static MultiaddrWithStats Pick(string[] addresses, Random random) => IndexPeers.Row(addresses[random.Next(addresses.Length)]);

    private static MultiaddrWithStats ChangeRow(MultiaddrWithStats row, DateTimeOffset now, Random random) => random.Next(4) switch
    {
        _ when row.Address.IsEmpty => row,
        0 => row with { LastSeen = now - s_ages[random.Next(s_ages.Length)], LastFailedReason = null },
        1 => row.Failed(),
        2 => row with { LastSeen = now },
        _ => row,
    };

    private static void CompareRecords(PeerIndex index, NaivePeerIndex model, Random random)
    {
        Assert.That(index.All.Select(peer => (peer.NodeId, peer)), Is.EquivalentTo(model.All.Select(peer => (peer.NodeId, peer))));
        CommsPublicKey key = IndexPeers.Key(random.Next(Peers));
        Peer? expected = model.All.SingleOrDefault(peer => peer.PublicKey == key);
        Assert.That(index.Find(key), Is.SameAs(expected));
        Assert.That(index.Find(NodeId.FromPublicKey(key)), Is.SameAs(expected));

        byte[] prefix = random.Next(2) == 0 ? [key.Bytes[0]] : NodeId.FromPublicKey(key).Bytes[..random.Next(1, 14)].ToArray();
        List<Peer> found = [];
        index.StartsWith(prefix, found);
        Assert.That(found, Is.EquivalentTo(model.All.Where(peer =>
            peer.NodeId.Bytes.StartsWith(prefix) || peer.PublicKey.Bytes.StartsWith(prefix))));
    }

    private static void CompareRandom(PeerIndex index, NaivePeerIndex model, DateTimeOffset now, Random random)
    {
        PeerFlags?[] flags = [null, null, PeerFlags.None, PeerFlags.Seed];
        var query = new RandomPeersQuery(random.Next(8) switch { 0 => 0, 1 => 1000, var n => n * 3 }, Excluded(model, random),
            flags[random.Next(4)], random.Next(2) == 0, (TransportKinds)random.Next(16));
        HashSet<NodeId> good = query.KnownGood ? model.Random(query, knownGood: true, now) : [];
        HashSet<NodeId> any = model.Random(query, knownGood: false, now);
        List<Peer> results = [];
        index.DrawRandom(query, now, random, results);

        Assert.That(results, Has.Count.EqualTo(Math.Min(query.Count, any.Count)));
        Assert.That(results.Select(peer => peer.NodeId), Is.Unique);
        int goodCount = Math.Min(query.Count, good.Count);
        Assert.That(results.Take(goodCount).Select(peer => peer.NodeId), Is.SubsetOf(good), "known good ones come first");
        Assert.That(results.Skip(goodCount).Select(peer => peer.NodeId), Is.SubsetOf(any.Except(good)));
        CompareExternal(index, results);
    }

    private static void CompareActive(PeerIndex index, NaivePeerIndex model, DateTimeOffset now, Random random)
    {
        PeerFeatures?[] features =
            [null, PeerFeatures.CommunicationNode, PeerFeatures.CommunicationClient, PeerFeatures.DhtStoreForward];
        var query = new ActivePeersQuery(
            random.Next(6) * 4, Excluded(model, random), features[random.Next(4)], random.Next(2) == 0);
        Dictionary<NodeId, TimeSpan> ages = model.Active(query, now);
        List<Peer> results = [];
        index.DrawActive(query, now, random, results);

        Assert.That(results, Has.Count.EqualTo(Math.Min(query.Count, ages.Count)));
        Assert.That(results.Select(peer => peer.NodeId), Is.Unique);
        Assert.That(results.Select(peer => peer.NodeId), Is.SubsetOf(ages.Keys));
        int ageless = ages.Values.Count(age => age <= TimeSpan.Zero);
        Assert.That(results.Count(peer => ages[peer.NodeId] <= TimeSpan.Zero), Is.EqualTo(Math.Min(query.Count, ageless)), "without age");
        if (query.ExternalOnly)
        {
            CompareExternal(index, results);
        }
        else
        {
            Assert.That(results, Is.All.Matches<Peer>(peer => ReferenceEquals(peer, index.Find(peer.NodeId))));
        }
    }

    private static void CompareCandidates(PeerIndex index, NaivePeerIndex model, DateTimeOffset now, Random random)
    {
        var query = new DialCandidatesQuery
        {
            Limit = random.Next(3) switch { 0 => random.Next(10), 1 => 1000, _ => null },
            Excluded = Excluded(model, random),
            ExcludeFailed = random.Next(2) == 0,
            GroupsTaken = random.Next(2) == 0 ? null : new Dictionary<string, int> { ["ip4:23.23"] = random.Next(6), ["ip4:9.9"] = 1 },
            SeenSince = random.Next(2) == 0 ? null : now.AddDays(-1),
            MaxPerGroup = random.Next(4) switch { 0 => 0, 1 => 1, 2 => 4, _ => 20 },
            Transports = (TransportKinds)random.Next(16),
        };
        List<Peer> results = [];
        index.DialCandidates(query, now, random, results);
        Assert.That(results.Select(peer => peer.NodeId), Is.EqualTo(model.Candidates(query, now)));

        results.Clear();
        DialCandidatesQuery randomized = query with { Randomize = true, Limit = null };
        index.DialCandidates(randomized, now, random, results);
        Assert.That(results.Select(peer => peer.NodeId), Is.Unique);
        HashSet<NodeId> any = [.. model.Candidates(randomized with { MaxPerGroup = 0 }, now)];
        Assert.That(results.Select(peer => peer.NodeId), Is.SubsetOf(any));
        HashSet<NodeId> seen = [.. model.Candidates(randomized with { MaxPerGroup = 0, Excluded = null }, now)
            .Where(id => index.Find(id)!.Addresses.Entries.Any(row => row.LastSeen >= (query.SeenSince ?? DateTimeOffset.MinValue)
                && !(query.ExcludeFailed && row.LastFailedReason is not null)
                && (query.Transports == TransportKinds.None || (row.Address.FilterKind() & query.Transports) != 0)))];
        bool[] order = [.. results.Select(peer => seen.Contains(peer.NodeId))];
        Assert.That(order, Is.EqualTo(order.OrderByDescending(isSeen => isSeen)), "seen ones first");
        if (query.MaxPerGroup > 0)
        {
            Assert.That(RowsPerGroup(results, query).Values, Is.All.LessThanOrEqualTo(query.MaxPerGroup));
        }
    }

    /// <summary>Suitable rows of the results by group, with those taken before.</summary>
    private static Dictionary<string, int> RowsPerGroup(List<Peer> results, DialCandidatesQuery query)
    {
        Dictionary<string, int> rows = [];
        foreach (MultiaddrWithStats row in results.SelectMany(peer => peer.Addresses.Entries))
        {
            if (!row.Address.IsEmpty && !(query.ExcludeFailed && row.LastFailedReason is not null)
                && (query.Transports == TransportKinds.None || (row.Address.FilterKind() & query.Transports) != 0))
            {
                string group = row.Address.NetworkGroup();
                rows[group] = rows.GetValueOrDefault(group, query.GroupsTaken?.GetValueOrDefault(group) ?? 0) + 1;
            }
        }

        return rows;
    }

    private static void CompareExternal(PeerIndex index, List<Peer> results)
    {
        foreach (Peer peer in results)
        {
            Peer stored = index.Find(peer.NodeId)!;
            MultiaddrWithStats[] external = [.. stored.Addresses.Entries.Where(row => row.Address.IsExternal())];
            if (external.Length == 0)
            {
                Assert.That(peer.Addresses.Entries.Single().Address.IsEmpty, Is.True);
            }
            else
            {
                Assert.That(peer.Addresses.Entries.Zip(external, ReferenceEquals), Is.All.True);
                Assert.That(peer.Addresses.Entries, Has.Length.EqualTo(external.Length));
            }

            Assert.That(ReferenceEquals(peer, stored), Is.EqualTo(external.Length == stored.Addresses.Entries.Length));
            Assert.That((peer.Id, peer.Flags, peer.BannedUntil), Is.EqualTo((stored.Id, stored.Flags, stored.BannedUntil)));
        }
    }

    private static HashSet<NodeId>? Excluded(NaivePeerIndex model, Random random) =>
        random.Next(2) == 0 ? null : [.. model.All.Select(peer => peer.NodeId).Where(_ => random.Next(4) == 0)];
}
