using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;
using static Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index.IndexPeers;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

/// <summary>How often each peer is drawn. Seeds are fixed, so a test has the same counts each time it runs.</summary>
[TestFixture]
internal sealed class PeerIndexDrawTests
{
    /// <summary>Standard deviations that a count may be off.</summary>
    private const double Tolerance = 5;

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [TestCase(1, 60, null)]
    [TestCase(10, 60, null)]
    [TestCase(55, 60, null)]
    [TestCase(3, 10, PeerFlags.Seed)]
    [TestCase(7, 50, PeerFlags.None)]
    public void Random_peers_and_pairs_of_them_are_drawn_equally_often(int count, int eligible, PeerFlags? flags)
    {
        const int Draws = 20_000;
        PeerIndex index = MixedPeers();
        var query = new RandomPeersQuery(count, new HashSet<NodeId> { NodeId.FromPublicKey(Key(0)) }, flags, false, TransportKinds.Ipv4);
        int[,] pairs = CountPairs(Draws, (random, results) => index.DrawRandom(query, Now, random, results));

        // Each of the eligible peers is drawn with probability n/N, each pair with n(n-1)/(N(N-1)).
        double one = (double)count / eligible;
        double two = one * (count - 1) / (eligible - 1);
        int met = 0;
        for (int i = 0; i < pairs.GetLength(0); i++)
        {
            if (pairs[i, i] > 0)
            {
                met++;
                AssertNear(pairs[i, i], Draws, one, $"peer {i}");
                for (int j = 0; j < i; j++)
                {
                    if (pairs[j, j] > 0)
                    {
                        AssertNear(pairs[i, j], Draws, two, $"peers {i} and {j}");
                    }
                }
            }
        }

        Assert.That(met, Is.EqualTo(eligible));
    }

    [Test]
    public void Known_good_peers_and_those_that_fill_up_are_drawn_equally_often()
    {
        const int Draws = 20_000;
        const int Good = 6;
        const int Others = 20;
        var index = new PeerIndex();
        for (int i = 0; i < Good + Others; i++)
        {
            index.Set(Node(i, Row(External(i), i < Good ? TimeSpan.FromMinutes(i) : TimeSpan.FromHours(i))));
        }

        int[,] few = Count(4);
        int[,] many = Count(10);
        for (int i = 0; i < Good + Others; i++)
        {
            AssertNear(few[i, i], Draws, i < Good ? 4.0 / Good : 0, $"peer {i} of few");
            AssertNear(many[i, i], Draws, i < Good ? 1 : 4.0 / Others, $"peer {i} of many");
        }

        int[,] Count(int count) => CountPairs(Draws, (random, results) =>
            index.DrawRandom(new RandomPeersQuery(count, null, null, true, TransportKinds.All), Now, random, results));
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(40)]
    public void Active_peers_are_drawn_as_often_as_by_a_score_for_each(int count)
    {
        const int Draws = 20_000;
        (PeerIndex index, NaivePeerIndex naive) = AgedPeers();
        var query = new ActivePeersQuery(count, null, PeerFeatures.CommunicationNode, ExternalOnly: true);
        int[,] actual = CountPairs(Draws, (random, results) => index.DrawActive(query, Now, random, results));
        int[] expected = new int[actual.GetLength(0)];
        var other = new Random(7);
        for (int draw = 0; draw < Draws; draw++)
        {
            foreach (NodeId id in naive.DrawActive(query, Now, other))
            {
                expected[(int)index.Find(id)!.Id - 1]++;
            }
        }

        double chiSquare = 0;
        int met = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            // Both counts vary.
            double sum = actual[i, i] + expected[i];
            double variance = Math.Max(1, sum * (1 - (sum / (2 * Draws))));
            double difference = actual[i, i] - expected[i];
            Assert.That(Math.Abs(difference) / Math.Sqrt(variance), Is.LessThan(Tolerance), $"peer {i}: {actual[i, i]} and {expected[i]}");
            chiSquare += difference * difference / variance;
            met += sum > 0 ? 1 : 0;
        }

        Assert.That(met, Is.GreaterThan(100));
        Assert.That(chiSquare, Is.LessThan(met + (Tolerance * Math.Sqrt(2.0 * met))));
    }

    [Test]
    public void The_youngest_of_two_active_peers_wins_as_often_as_it_should()
    {
        // Of two scores uniform below a < b, the first is lower with probability 1 - a / 2b.
        const int Draws = 100_000;
        var index = new PeerIndex();
        index.Set(Node(0, Row(External(0), 10 * s_hour)));
        index.Set(Node(1, Row(External(1), 25 * s_hour)));
        var query = new ActivePeersQuery(1, null, null, ExternalOnly: false);
        int[,] counts = CountPairs(Draws, (random, results) => index.DrawActive(query, Now, random, results));
        AssertNear(counts[0, 0], Draws, 1 - (10.0 / 50), "the younger");
        AssertNear(counts[1, 1], Draws, 10.0 / 50, "the older");
    }

    [Test]
    public void Peers_seen_in_the_future_always_win_and_do_so_equally_often()
    {
        const int Draws = 20_000;
        var index = new PeerIndex();
        for (int i = 0; i < 40; i++)
        {
            index.Set(Node(i, Row(External(i), i < 10 ? TimeSpan.FromMinutes(-i) : i * s_hour)));
        }

        var query = new ActivePeersQuery(4, null, null, ExternalOnly: false);
        int[,] counts = CountPairs(Draws, (random, results) => index.DrawActive(query, Now, random, results));
        for (int i = 0; i < 40; i++)
        {
            AssertNear(counts[i, i], Draws, i < 10 ? 0.4 : 0, $"peer {i}");
        }
    }

    [Test]
    public void Random_candidates_share_a_group_and_the_first_places_equally_often()
    {
        const int Draws = 20_000;
        var index = new PeerIndex();
        for (int i = 0; i < 16; i++)
        {
            index.Set(Node(i, Row(i < 8 ? $"/ip4/23.23.1.{i}/tcp/1" : External(i))));
        }

        int[,] all = Count(null);
        int[,] three = Count(3);
        for (int i = 0; i < 16; i++)
        {
            double within = i < 8 ? 0.5 : 1;
            AssertNear(all[i, i], Draws, within, $"peer {i}");
            AssertNear(three[i, i], Draws, within * 3 / 12, $"peer {i} among the first");
        }

        int[,] Count(int? limit) => CountPairs(Draws, (random, results) =>
            index.DialCandidates(new DialCandidatesQuery { Randomize = true, Limit = limit }, Now, random, results));
    }

    /// <summary>60 that can be drawn by IPv4, 10 of them seeds; and as many that cannot, each for a reason of its own.</summary>
    private static PeerIndex MixedPeers()
    {
        var index = new PeerIndex();
        index.Set(Node(0, Row(External(0))));
        for (int i = 1; i <= 120; i++)
        {
            Peer peer = Node(i, Row(External(i))) with { Flags = i % 12 == 2 ? PeerFlags.Seed : PeerFlags.None };
            index.Set((i % 2, i % 10) switch
            {
                (0, _) => peer,
                (_, 1) => peer with { DeletedAt = Now },
                (_, 3) => peer with { BannedUntil = Now.AddHours(1) },
                (_, 5) => Wallet(i, Row(External(i))),
                (_, 7) => Node(i, Row("/ip6/2606:4700::1111/tcp/1")),
                _ => WithoutAddress(i),
            });
        }

        return index;
    }

    /// <summary>Peers of many ages, among them some whose latest row is not the one that counts, and some that do not take part.</summary>
    private static (PeerIndex Index, NaivePeerIndex Naive) AgedPeers()
    {
        var index = new PeerIndex();
        var naive = new NaivePeerIndex();
        var random = new Random(3);
        for (int i = 0; i < 200; i++)
        {
            TimeSpan age = 60 * s_hour * Math.Pow(random.NextDouble(), 2);
            MultiaddrWithStats row = Row(External(i), age);
            Peer peer = (i % 10) switch
            {
                0 => Node(i, row, Row(External(1000 + i), age / 10)),
                1 => Node(i, Row(Internal(i), age / 10), row),
                2 => Node(i, Row(External(1000 + i), age / 10).Failed(), row),
                3 => Node(i, Row(External(1000 + i), 61 * s_hour), row),
                4 => Wallet(i, row),
                5 => Node(i, row) with { BannedUntil = Now.AddHours(i % 4 == 1 ? 1 : -1) },
                _ => Node(i, row),
            };
            index.Set(peer);
            naive.Set(peer);
        }

        return (index, naive);
    }

    /// <summary>How often two peers were drawn together, and on the diagonal how often one was.</summary>
    private static int[,] CountPairs(int draws, Action<Random, List<Peer>> draw)
    {
        int[,] counts = new int[200, 200];
        var random = new Random(1);
        List<Peer> results = [];
        for (int i = 0; i < draws; i++)
        {
            results.Clear();
            draw(random, results);
            foreach (Peer one in results)
            {
                foreach (Peer other in results)
                {
                    counts[(int)one.Id - 1, (int)other.Id - 1]++;
                }
            }
        }

        return counts;
    }

    private static void AssertNear(int count, int draws, double probability, string what) =>
        Assert.That(count, Is.EqualTo(draws * probability).Within(Tolerance * Math.Sqrt(draws * probability * (1 - probability))), what);
}
