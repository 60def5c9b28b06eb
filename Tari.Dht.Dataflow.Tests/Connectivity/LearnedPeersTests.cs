using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>The queue of what a rebootstrap brought, and the share of those that only peers who had dialled this node told of.</summary>
[TestFixture]
internal sealed class LearnedPeersTests
{
    private static readonly TimeSpan s_now = TimeSpan.FromHours(1);

    private ConnectionPool _pool = null!;
    private DialBackoff _backoff = null!;
    private LearnedPeers _learned = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new ConnectionPool(new DhtConfig(), new Random(1));
        _backoff = new DialBackoff();
        _learned = new LearnedPeers(_pool, _backoff);
    }

    [TearDown]
    public void TearDown() => _pool.Dispose();

    [Test]
    public void Peers_are_taken_in_the_order_in_which_they_were_learned()
    {
        NodeId[] ids = Ids(0, 5);
        _learned.Store(ids, [], s_now);
        Assert.That(Take(3), Is.EqualTo(ids[..3]));
        Assert.That(Take(3), Is.EqualTo(ids[3..]));
        Assert.That(_learned.CountDialling(s_now), Is.EqualTo(5));
        Assert.That(_learned.CountDialling(s_now + PoolMember.DialGrace), Is.Zero);
    }

    [Test]
    public void At_most_200_wait_and_a_later_rebootstrap_replaces_them()
    {
        _learned.Store(Ids(0, 250), [], s_now);
        Assert.That(_learned.Queue, Has.Count.EqualTo(LearnedPeers.MaxQueued));
        _learned.Store(Ids(300, 2), [], s_now);
        Assert.That(_learned.Queue, Is.EqualTo(Ids(300, 2)));
        _learned.Clear(s_now);
        Assert.That(_learned.Queue, Is.Empty);
    }

    [Test]
    public void Of_six_taken_two_are_suggested_by_inbound_peers_and_no_more_while_they_are_dialled_or_connected()
    {
        NodeId[] ids = Ids(0, 20);
        NodeId[] suggested = [.. ids.Where((_, index) => index % 5 != 0)];
        _learned.Store(ids, suggested, s_now);
        NodeId[] taken = Take(8);
        Assert.That(taken, Has.Length.EqualTo(6));
        Assert.That(taken.Count(suggested.Contains), Is.EqualTo(2));
        Assert.That(Take(4), Is.Empty);
        foreach (NodeId peer in taken)
        {
            Connect(peer);
        }

        for (int round = 0; round < 3; round++)
        {
            Assert.That(Take(4), Is.Empty);
            Assert.That(Take(1), Is.Empty);
        }

        int inPool = _pool.Peers.Count(suggested.Contains);
        Assert.That(inPool * 4, Is.LessThanOrEqualTo(_pool.Count + 3));
    }

    [Test]
    public void Peers_of_the_pool_and_excluded_ones_leave_the_queue_and_those_that_have_to_wait_stay()
    {
        NodeId[] ids = Ids(0, 3);
        _learned.Store(ids, [], s_now);
        _pool.AddDialled(ids[0], s_now);
        _backoff.Fail(ids[2], s_now);
        LearnedSelection selection = _learned.Select(3, new HashSet<NodeId> { ids[1] }, s_now);
        Assert.That(_learned.Queue, Is.EqualTo(ids), "a choice changes nothing");
        _learned.Take(selection);
        Assert.That(selection.Peers, Is.Empty);
        Assert.That(_learned.Queue, Is.EqualTo((NodeId[])[ids[2]]));
    }

    [Test]
    public void A_peer_of_both_lists_and_one_that_was_only_told_of_are_both_suggested()
    {
        NodeId[] ids = Ids(0, 2);
        _learned.Store(ids[..1], ids, s_now);
        Assert.That(_learned.IsSuggested(ids[0], s_now) && _learned.IsSuggested(ids[1], s_now));
    }

    [Test]
    public void A_suggestion_outlives_a_later_rebootstrap_that_does_not_mention_it()
    {
        NodeId[] ids = Ids(0, 2);
        _learned.Store([], ids.AsSpan(0, 1), s_now);
        _learned.Store(ids[1..], [], s_now + TimeSpan.FromHours(5));
        Assert.That(_learned.IsSuggested(ids[0], s_now + TimeSpan.FromHours(5)));
        Assert.That(_learned.IsSuggested(ids[1], s_now + TimeSpan.FromHours(5)), Is.False);
    }

    [Test]
    public void Whoever_was_taken_and_left_counts_no_longer()
    {
        NodeId[] ids = Ids(0, 2);
        _learned.Store(ids, ids, s_now);
        Assert.That(Take(2), Is.EqualTo(ids[..1]));
        Assert.That(_learned.TryAdmit(ids[1], s_now), Is.False);
        Assert.That(_pool.Remove(ids[0], out _));
        Assert.That(_learned.TryAdmit(ids[1], s_now));
    }

    [Test]
    public void Random_steps_never_let_more_suggested_peers_in_than_their_share([Range(0, 9)] int seed)
    {
        // One more suggested peer fits while four times those that count are at most all that count.
        var random = new Random(seed);
        NodeId[] ids = Ids(0, 60);
        HashSet<NodeId> model = [];
        TimeSpan now = s_now;
        int refused = 0, admitted = 0;
        for (int step = 0; step < 1000; step++)
        {
            NodeId peer = ids[random.Next(ids.Length)];
            model.RemoveWhere(id => _pool.Find(id) is not { } member || !(member.IsLive || member.IsPending(now)));
            switch (random.Next(7))
            {
                case 0:
                    random.Shuffle(ids);
                    _learned.Store([.. ids.Take(random.Next(20))], ids.AsSpan(random.Next(50), random.Next(8)), now);
                    break;
                case 1:
                    LearnedSelection selection = _learned.Select(random.Next(6), null, now);
                    foreach (NodeId taken in selection.Peers)
                    {
                        Assert.That(!_learned.IsSuggested(taken, now) || Fits(), $"step {step}");
                        model.Add(taken);
                        _pool.AddDialled(taken, now);
                    }

                    _learned.Take(selection);
                    Assert.That(_learned.Queue, Is.Unique);
                    break;
                case 2 or 3 when !_pool.Contains(peer):
                    bool isFree = !_learned.IsSuggested(peer, now);
                    bool mayJoin = isFree || Fits();
                    Assert.That(_learned.TryAdmit(peer, now), Is.EqualTo(mayJoin), $"step {step}");
                    (admitted, refused) = mayJoin ? (admitted + 1, refused) : (admitted, refused + 1);
                    if (mayJoin)
                    {
                        Connect(peer);
                        if (!isFree)
                        {
                            model.Add(peer);
                        }
                    }

                    break;
                case 4 when _pool.Contains(peer):
                    _learned.CountMember(peer, now);
                    Connect(peer);
                    if (_learned.IsSuggested(peer, now))
                    {
                        model.Add(peer);
                    }

                    break;
                case 5:
                    if (_pool.Remove(peer, out PeerConnectionHandle? handle))
                    {
                        handle?.Dispose();
                    }

                    break;
                default:
                    now += TimeSpan.FromSeconds(random.Next(90));
                    break;
            }
        }

        Assert.That(refused, Is.Positive);
        Assert.That(admitted, Is.Positive);

        bool Fits() => model.Count(id => _learned.IsSuggested(id, now)) * 4 <= model.Count;
    }

    private static NodeId[] Ids(int first, int count) => [.. Enumerable.Range(first, count).Select(PeerMaker.Id)];

    private NodeId[] Take(int count)
    {
        LearnedSelection selection = _learned.Select(count, null, s_now);
        foreach (NodeId peer in selection.Peers)
        {
            _pool.AddDialled(peer, s_now);
        }

        _learned.Take(selection);
        return [.. selection.Peers];
    }

    private ScriptedConnection Connect(NodeId peer)
    {
        var connection = new ScriptedConnection(peer);
        List<PeerConnectionHandle> released = [];
        _pool.Hold(connection.Acquire(ConnectionStrength.Weak), released);
        released.ForEach(handle => handle.Dispose());
        return connection;
    }
}
