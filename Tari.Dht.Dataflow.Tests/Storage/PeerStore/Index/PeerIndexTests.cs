using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;
using static Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index.IndexPeers;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class PeerIndexTests
{
    private static readonly ActivePeersQuery s_active = new(100, null, null, ExternalOnly: false);
    private static readonly RandomPeersQuery s_random = new(100, null, null, KnownGood: false, TransportKinds.All);

    private readonly TimeSpan _hour = TimeSpan.FromHours(1);
    private PeerIndex _index = null!;
    private Random _random = null!;

    [SetUp]
    public void SetUp()
    {
        _index = new PeerIndex();
        _random = new Random(1);
    }

    [Test]
    public void A_record_that_is_set_again_replaces_the_one_before()
    {
        Peer first = Node(1, Row(External(1)));
        Peer second = first with { UserAgent = "second" };
        _index.Set(first);
        _index.Set(second);
        Assert.That(_index.Count, Is.EqualTo(1));
        Assert.That(_index.Find(first.NodeId), Is.SameAs(second));
        Assert.That(_index.Find(first.PublicKey), Is.SameAs(second));
        Assert.That(_index.All, Is.EqualTo(new[] { second }));
    }

    [Test]
    public void A_record_with_another_key_is_not_found_by_the_one_before()
    {
        Peer first = Node(1, Row(External(1)));
        Peer second = Node(2, Row(External(1))) with { NodeId = first.NodeId };
        _index.Set(first);
        _index.Set(second);
        Assert.That(_index.Find(first.NodeId), Is.SameAs(second));
        Assert.That(_index.Find(second.PublicKey), Is.SameAs(second));
        Assert.That(_index.Find(first.PublicKey), Is.Null);
    }

    [Test]
    public void A_key_that_another_node_id_has_is_the_callers_mistake()
    {
        _index.Set(Node(1, Row(External(1))));
        _index.Set(Node(2, Row(External(2))));
        Peer taken = Node(1, Row(External(1)));
        Assert.That(() => _index.Set(taken with { NodeId = NodeId.FromPublicKey(Key(2)) }), Throws.ArgumentException);
        Assert.That(() => _index.Set(taken with { NodeId = NodeId.FromPublicKey(Key(3)) }), Throws.ArgumentException);
        Assert.That(_index.Count, Is.EqualTo(2));
        Assert.That(_index.Find(Key(2))!.NodeId, Is.EqualTo(NodeId.FromPublicKey(Key(2))));
    }

    [Test]
    public void Remove_of_an_unknown_record_is_false()
    {
        _index.Set(Node(1, Row(External(1))));
        Assert.That(_index.Remove(NodeId.FromPublicKey(Key(2))), Is.False);
        Assert.That(_index.Remove(NodeId.FromPublicKey(Key(1))), Is.True);
        Assert.That(_index.Remove(NodeId.FromPublicKey(Key(1))), Is.False);
    }

    [Test]
    public void StartsWith_finds_a_record_by_any_prefix_and_once_when_id_and_key_match()
    {
        byte[] key = [.. NodeId.FromPublicKey(Key(1)).Bytes, .. new byte[19]];
        _index.Set(Node(1, Row(External(1))));
        _index.Set(new Peer(new(key)) { Id = 2, NodeId = new NodeId([.. key.AsSpan(0, 12), 0]) });
        for (int length = 1; length <= 13; length++)
        {
            Assert.That(Find(NodeId.FromPublicKey(Key(1)).Bytes[..length]), Has.Count.EqualTo(2), $"{length} bytes of the id");
        }

        for (int length = 14; length <= 32; length++)
        {
            Assert.That(Find(key.AsSpan(0, length)), Has.Count.EqualTo(1), $"{length} bytes of the key");
        }

        Assert.That(Find([]), Is.Empty);

        List<Peer> Find(ReadOnlySpan<byte> prefix)
        {
            List<Peer> results = [];
            _index.StartsWith(prefix, results);
            return results;
        }
    }

    [Test]
    public void Scenario_61_active_peers_of_two_kinds_have_external_and_internal_addresses_and_onion_peers_are_found_by_their_kind()
    {
        AddNodesAndWallets();
        Assert.That(Active(s_active), Has.Count.EqualTo(40));
        Assert.That(Active(s_active).Select(peer => peer.Addresses.Entries.Count(row => row.Address.IsExternal())), Is.All.EqualTo(1));
        Assert.That(Active(s_active).Select(peer => peer.Addresses.Entries.Length), Is.All.EqualTo(2));

        // The filter by kinds belongs to the queries for nodes.
        Assert.That(Draw(s_random with { Transports = TransportKinds.Ipv4 | TransportKinds.Ipv6 }), Has.Count.EqualTo(20));
        Assert.That(Draw(s_random with { Transports = TransportKinds.Onion }), Is.Empty);
        _index.Set(Node(99, Row("/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234", TimeSpan.Zero)));
        Assert.That(Draw(s_random with { Transports = TransportKinds.Onion }), Has.Count.EqualTo(1));
        Assert.That(Candidates(new() { Transports = TransportKinds.Onion }), Is.EqualTo(new[] { 99 }));
    }

    [Test]
    public void Scenario_62_external_only_leaves_out_peers_without_an_external_address_and_their_internal_ones()
    {
        AddNodesAndWallets();
        for (int i = 0; i < 8; i++)
        {
            _index.Set(Node(100 + i, Row(Internal(100 + i), _hour)));
            _index.Set(WithoutAddress(200 + i));
        }

        Assert.That(_index.Count, Is.EqualTo(56));
        List<Peer> external = Active(s_active with { ExternalOnly = true });
        Assert.That(external, Has.Count.EqualTo(40));
        Assert.That(external.SelectMany(peer => peer.Addresses.Entries).Select(row => row.Address.IsExternal()), Is.All.True);
        Assert.That(Active(s_active), Has.Count.EqualTo(48));
    }

    [Test]
    public void Scenario_63_flags_select_seeds_or_those_that_are_none()
    {
        for (int i = 0; i < 12; i++)
        {
            _index.Set(Node(i, Row(External(i))) with { Flags = i % 3 == 0 ? PeerFlags.Seed : PeerFlags.None });
        }

        Assert.That(Draw(s_random with { Count = 12 }), Has.Count.EqualTo(12));
        Assert.That(Draw(s_random with { Count = 12, Flags = PeerFlags.Seed }).Count(peer => peer.IsSeed), Is.EqualTo(4));
        Assert.That(Draw(s_random with { Count = 12, Flags = PeerFlags.None }).Count(peer => !peer.IsSeed), Is.EqualTo(8));
        Assert.That(Draw(s_random with { Count = 1, Flags = PeerFlags.Seed }).Single().IsSeed, Is.True);
        Assert.That(Draw(s_random with { Count = 1, Flags = PeerFlags.None }).Single().IsSeed, Is.False);
        Assert.That(Draw(s_random with { Count = 0 }), Is.Empty);
    }

    [Test]
    public void Scenario_64_a_draw_passes_over_those_excluded_banned_or_deleted()
    {
        for (int i = 0; i < 12; i++)
        {
            _index.Set(Node(i, Row(External(i))));
            _index.Set(Wallet(100 + i, Row(External(100 + i))));
        }

        _index.Set(_index.Find(Key(3))! with { DeletedAt = Now });
        _index.Set(_index.Find(Key(4))! with { BannedUntil = Now.AddHours(1) });
        HashSet<NodeId> excluded = [_index.Find(Key(5))!.NodeId];
        for (int draw = 0; draw < 100; draw++)
        {
            List<Peer> drawn = Draw(s_random with { Count = 5, Excluded = excluded });
            Assert.That(drawn, Has.Count.EqualTo(5));
            Assert.That(drawn.Select(NumberOf), Is.SubsetOf(new[] { 0, 1, 2, 6, 7, 8, 9, 10, 11 }));
        }

        Assert.That(Draw(s_random with { Excluded = excluded }), Has.Count.EqualTo(9));
    }

    [Test]
    public void Scenario_75_only_peers_seen_lately_that_are_not_banned_take_part_in_a_sync()
    {
        _index.Set(Node(1, Row(External(1))));
        _index.Set(Node(2, Row(External(2), _hour)) with { BannedUntil = Now.AddHours(1) });
        _index.Set(Node(3, Row(External(3), TimeSpan.FromDays(3)) with { LastAttempted = Now.AddDays(-3) }));
        _index.Set(Node(4, Row(External(4), _hour)));
        Peer seed = Node(5, Row(External(5), _hour)) with { Flags = PeerFlags.Seed };
        _index.Set(seed);
        Assert.That(_index.Count, Is.EqualTo(5));
        Assert.That(Active(s_active with { Excluded = new HashSet<NodeId> { seed.NodeId } }).Select(NumberOf), Is.EqualTo(new[] { 4 }));
        Assert.That(Active(s_active).Select(NumberOf), Is.EquivalentTo(new[] { 4, 5 }));
    }

    [Test]
    public void Scenario_76_external_addresses_alone_are_given_when_asked_for()
    {
        AddNodesAndWallets();
        ActivePeersQuery nodes = s_active with { Features = PeerFeatures.CommunicationNode };
        IEnumerable<bool> both = Active(nodes).SelectMany(peer => peer.Addresses.Entries).Select(row => row.Address.IsExternal());
        Assert.That(both.Distinct().Count(), Is.EqualTo(2));
        List<Peer> external = Active(nodes with { ExternalOnly = true });
        Assert.That(external, Has.Count.EqualTo(20));
        Assert.That(external.SelectMany(peer => peer.Addresses.Entries).Select(row => row.Address.IsExternal()), Is.All.True);
    }

    [Test]
    public void Scenario_89_candidates_that_failed_or_are_excluded_are_left_out_and_an_order_is_kept_unless_it_is_random()
    {
        for (int i = 0; i < 100; i++)
        {
            _index.Set(Node(i, Row(External(i))) with { Flags = i % 4 == 0 ? PeerFlags.Seed : PeerFlags.None });
        }

        _index.Set(_index.Find(Key(1))! with { DeletedAt = Now });
        _index.Set(_index.Find(Key(2))! with { BannedUntil = Now.AddHours(1) });
        _index.Set(Node(3, Row(External(3)).Failed()));
        HashSet<NodeId> seeds = [.. _index.All.Where(peer => peer.IsSeed).Select(peer => peer.NodeId)];
        var query = new DialCandidatesQuery { ExcludeFailed = true };
        Assert.That(Candidates(query), Has.Count.EqualTo(97));
        Assert.That(Candidates(query with { Excluded = seeds }), Has.Count.EqualTo(72));

        DialCandidatesQuery some = query with { Limit = 17 };
        List<int> first = Candidates(some);
        Assert.That(first, Has.Count.EqualTo(17));
        Assert.That(Candidates(some), Is.EqualTo(first));
        first = Candidates(some with { Randomize = true });
        Assert.That(first, Has.Count.EqualTo(17));
        Assert.That(Candidates(some with { Randomize = true }), Is.Not.EqualTo(first));
        Assert.That(Candidates(query with { Limit = 0 }), Is.Empty);
    }

    [Test]
    public void Scenario_90_a_crowd_in_one_group_gives_no_more_than_the_cap([Values] bool randomize)
    {
        for (int i = 0; i < 20; i++)
        {
            string address = $"/ip4/23.23.1.{i}/tcp/18189";
            _index.Set(Node(i, i is 11 or 17 ? Row(address, _hour) : Row(address)));
        }

        _index.Set(Node(20, Row("/ip4/24.1.1.1/tcp/18189")));
        _index.Set(Node(21, Row("/ip6/2606:4700::1111/tcp/18189")));
        var query = new DialCandidatesQuery { Randomize = randomize, SeenSince = Now.AddDays(-1) };
        List<int> all = Candidates(query);
        Assert.That(all, Has.Count.EqualTo(6));
        Assert.That(all.Take(2), Is.EquivalentTo(new[] { 11, 17 }));
        Assert.That(all, Has.Exactly(4).LessThan(20));
        Assert.That(all, Is.SupersetOf(new[] { 20, 21 }));
        Assert.That(Candidates(query with { Limit = 2 }), Is.EquivalentTo(new[] { 11, 17 }));
        Dictionary<string, int> taken = new() { ["ip4:23.23"] = 3 };
        List<int> rest = Candidates(query with { GroupsTaken = taken });
        Assert.That(rest, Has.Count.EqualTo(3).And.Exactly(1).LessThan(20));
        Assert.That(rest, Is.SupersetOf(new[] { 20, 21 }));
        Assert.That(Candidates(query with { MaxPerGroup = 0, GroupsTaken = taken }), Has.Count.EqualTo(22));
    }

    [Test]
    public void Scenario_91_names_of_their_own_do_not_take_peers_of_one_network_past_its_cap([Values] bool randomize)
    {
        AddCrowd(30, i => [Row($"/ip4/23.23.1.{i}/tcp/18189"), Row($"/dns4/a.name{i}.com/tcp/18189")]);
        AddHonest(5);
        List<int> found = Candidates(new() { Randomize = randomize });
        Assert.That(found.Count(number => number < 100), Is.EqualTo(4));
        Assert.That(found.Count(number => number >= 100), Is.EqualTo(5));
    }

    [Test]
    public void Scenario_92_names_below_one_domain_are_one_group([Values] bool randomize)
    {
        AddCrowd(20, i => [Row($"/dns4/a{i + 1}.evil.com/tcp/18189")]);
        _index.Set(Node(100, Row("/dns4/node.example.com/tcp/18189")));
        List<int> found = Candidates(new() { Randomize = randomize, Transports = TransportKinds.None });
        Assert.That(found, Has.Count.EqualTo(5));
        Assert.That(found, Has.Member(100));
        Assert.That(Candidates(new() { Randomize = randomize }), Is.Empty, "names are of no kind");
    }

    [Test]
    public void Scenario_93_peers_seen_since_come_first([Values] bool randomize)
    {
        AddCrowd(20, i => [i % 4 == 3 ? Row(External(i), _hour) : Row(External(i))]);
        List<int> found = Candidates(new() { Randomize = randomize, SeenSince = Now.AddDays(-1) });
        Assert.That(found, Has.Count.EqualTo(20));
        Assert.That(found.Take(5), Is.EquivalentTo(new[] { 3, 7, 11, 15, 19 }));
    }

    [Test]
    public void Scenario_94_a_peer_seen_before_the_bound_leads_no_more_often_than_others_and_always_without_a_bound()
    {
        _index.Set(Node(0, Row(External(0), TimeSpan.FromDays(2))));
        for (int i = 1; i <= 10; i++)
        {
            _index.Set(Node(i, Row(External(i))));
        }

        int leads = 0;
        for (int draw = 0; draw < 50; draw++)
        {
            leads += Candidates(new() { Randomize = true, SeenSince = Now.AddDays(-1) })[0] == 0 ? 1 : 0;
            Assert.That(Candidates(new() { Randomize = true })[0], Is.Zero);
        }

        Assert.That(leads, Is.LessThan(25));
    }

    [Test]
    public void A_row_added_later_ranks_behind_those_that_were_there_before_whichever_peer_has_it()
    {
        _index.Set(Node(0, Row("/ip4/24.1.1.1/tcp/1")));
        _index.Set(Node(1, Row("/ip4/23.23.1.1/tcp/1")));
        var query = new DialCandidatesQuery { MaxPerGroup = 1 };
        _index.Set(Node(0, Row("/ip4/24.1.1.1/tcp/1"), Row("/ip4/23.23.1.2/tcp/1")));
        Assert.That(Candidates(query), Is.EqualTo(new[] { 1 }));

        _index.Set(Node(1, Row("/ip4/24.1.1.2/tcp/1")));
        _index.Set(Node(1, Row("/ip4/23.23.1.1/tcp/1")));
        Assert.That(Candidates(query), Is.EqualTo(new[] { 0 }), "a row that went has lost its place");
    }

    [Test]
    public void A_ban_ends_by_itself_a_moment_after_its_time()
    {
        _index.Set(Node(0, Row(External(0), TimeSpan.Zero)) with { BannedUntil = Now });
        Assert.That(Draw(s_random), Is.Empty);
        Assert.That(Active(s_active), Is.Empty);
        Assert.That(Candidates(new()), Is.Empty);
        DateTimeOffset later = Now.AddTicks(1);
        Assert.That(Draw(s_random, later), Has.Count.EqualTo(1));
        Assert.That(Active(s_active, later), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_peer_without_external_addresses_is_drawn_with_the_empty_one()
    {
        _index.Set(Node(0, Row(Internal(0))));
        MultiaddrWithStats only = Draw(s_random).Single().Addresses.Entries.Single();
        Assert.That(only.Address.IsEmpty, Is.True);
        Assert.That(only.Source.IsConfig, Is.True);
    }

    [Test]
    public void A_peer_without_addresses_is_never_drawn()
    {
        _index.Set(WithoutAddress(0));
        Assert.That(Draw(s_random with { Transports = TransportKinds.None }), Is.Empty);
        Assert.That(Active(s_active), Is.Empty);
        Assert.That(Candidates(new() { Transports = TransportKinds.None }), Is.Empty);
    }

    [Test]
    public void Known_good_peers_are_those_with_a_row_of_the_kind_that_was_seen_within_the_hour()
    {
        _index.Set(Node(0, Row(External(0), _hour)));
        _index.Set(Node(1, Row(External(1), _hour - TimeSpan.FromTicks(1)).Failed()));
        _index.Set(Node(2, Row(External(2)), Row("/ip6/2606:4700::1111/tcp/1", TimeSpan.Zero)));
        _index.Set(Wallet(3, Row(External(3), TimeSpan.Zero)));
        RandomPeersQuery query = s_random with { KnownGood = true, Transports = TransportKinds.Ipv4 };
        Assert.That(Draw(query with { Count = 1 }).Select(NumberOf), Is.EqualTo(new[] { 1 }));
        Assert.That(Draw(query)[0].Addresses.Entries.Single().LastFailedReason, Is.Not.Null);
        Assert.That(Draw(query).Select(NumberOf), Is.EquivalentTo(new[] { 0, 1, 2 }), "others fill up");
        Assert.That(Draw(query).Select(NumberOf), Is.EquivalentTo(new[] { 0, 1, 2 }), "and do so each time");
    }

    [Test]
    public void The_first_suitable_row_gives_the_age_even_if_a_later_one_is_younger()
    {
        // Peer 1 is as old as its first row until that one is too old to count.
        TimeSpan old = TimeSpan.FromSeconds(216_000);
        _index.Set(Node(0, Row(External(0), TimeSpan.FromHours(-1))));
        _index.Set(Node(1, Row(External(1), old), Row(External(2), TimeSpan.FromHours(-1))));
        ActivePeersQuery one = s_active with { Count = 1 };
        for (int draw = 0; draw < 100; draw++)
        {
            Assert.That(Active(one).Select(NumberOf), Is.EqualTo(new[] { 0 }));
        }

        HashSet<int> winners = [];
        for (int draw = 0; draw < 100; draw++)
        {
            winners.Add(NumberOf(Active(one, Now.AddTicks(1)).Single()));
        }

        Assert.That(winners, Is.EquivalentTo(new[] { 0, 1 }));
    }

    [Test]
    public void An_excluding_set_that_fails_leaves_the_next_draw_as_it_is()
    {
        for (int i = 0; i < 20; i++)
        {
            _index.Set(Node(i, Row(External(i), TimeSpan.Zero)));
        }

        var faulty = new FaultySet { Answers = 5 };
        Assert.That(() => Draw(s_random with { KnownGood = true, Excluded = faulty }), Throws.InvalidOperationException);
        Assert.That(Draw(s_random), Has.Count.EqualTo(20));
        faulty.Answers = 5;
        Assert.That(() => Active(s_active with { Excluded = faulty }), Throws.InvalidOperationException);
        Assert.That(Active(s_active with { Count = 3 }), Has.Count.EqualTo(3));
    }

    private static int NumberOf(Peer peer) => (int)peer.Id - 1;

    private void AddNodesAndWallets()
    {
        for (int i = 0; i < 40; i++)
        {
            PeerFeatures features = i < 20 ? PeerFeatures.CommunicationNode : PeerFeatures.CommunicationClient;
            _index.Set(IndexPeers.Peer(i, features, Row(External(i), _hour), Row(Internal(i), _hour)));
        }
    }

    private void AddCrowd(int count, Func<int, MultiaddrWithStats[]> rows)
    {
        for (int i = 0; i < count; i++)
        {
            _index.Set(Node(i, rows(i)));
        }
    }

    private void AddHonest(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _index.Set(Node(100 + i, Row(External(100 + i))));
        }
    }

    private List<Peer> Draw(RandomPeersQuery query, DateTimeOffset? now = null)
    {
        List<Peer> results = [];
        _index.DrawRandom(query, now ?? Now, _random, results);
        return results;
    }

    private List<Peer> Active(ActivePeersQuery query, DateTimeOffset? now = null)
    {
        List<Peer> results = [];
        _index.DrawActive(query, now ?? Now, _random, results);
        return results;
    }

    private List<int> Candidates(DialCandidatesQuery query)
    {
        List<Peer> results = [];
        _index.DialCandidates(query, Now, _random, results);
        return [.. results.Select(NumberOf)];
    }

    /// <summary>Answers a number of times, and throws then.</summary>
    private sealed class FaultySet : HashSet<NodeId>, IReadOnlySet<NodeId>
    {
        public int Answers { get; set; }

        bool IReadOnlySet<NodeId>.Contains(NodeId item) => Answers-- > 0 ? false : throw new InvalidOperationException("The set fails.");
    }
}
