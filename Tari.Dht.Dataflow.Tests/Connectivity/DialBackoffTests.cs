using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

[TestFixture]
internal sealed class DialBackoffTests
{
    private DialBackoff _backoff = null!;

    [SetUp]
    public void SetUp() => _backoff = new DialBackoff();

    [Test]
    public async Task Peers_that_failed_are_not_chosen_and_one_that_connects_is_again()
    {
        var clock = new ManualTimeProvider();
        await using PeerManager peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = clock });
        NodeId[] ids = new NodeId[4];
        for (int i = 0; i < ids.Length; i++)
        {
            Peer peer = PeerMaker.Node(i, clock.GetUtcNow(), clock.GetUtcNow());
            peers.AddOrUpdatePeer(peer);
            ids[i] = peer.NodeId;
        }

        Assert.That(Choose(peers), Is.EquivalentTo(ids));
        foreach (NodeId id in ids)
        {
            _backoff.Fail(id, TimeSpan.Zero);
        }

        Assert.That(Choose(peers), Is.Empty);
        var first = _backoff.Find(ids[0])!.Value;
        _backoff.Fail(ids[0], TimeSpan.Zero);
        var second = _backoff.Find(ids[0])!.Value;
        Assert.That((first.Failures, second.Failures), Is.EqualTo((1, 2)));
        Assert.That(second.RetryAt, Is.GreaterThan(first.RetryAt));
        _backoff.Forget(ids[0]);
        Assert.That(_backoff.Find(ids[0]), Is.Null);
        Assert.That(Choose(peers), Is.EqualTo((NodeId[])[ids[0]]));
    }

    [Test]
    public void The_pause_doubles_from_30_seconds_to_10_minutes_though_each_pause_runs_out()
    {
        NodeId peer = PeerMaker.Id(1);
        TimeSpan now = TimeSpan.Zero;
        foreach (int seconds in (int[])[30, 60, 120, 240, 480, 600, 600])
        {
            _backoff.Fail(peer, now);
            var pause = TimeSpan.FromSeconds(seconds);
            Assert.That(_backoff.IsBackedOff(peer, now + pause - TimeSpan.FromTicks(1)), $"{seconds} s");
            now += pause;
            Assert.That(_backoff.IsBackedOff(peer, now), Is.False, $"{seconds} s");
            Assert.That(_backoff.CountBackedOff(now), Is.Zero);
        }
    }

    [Test]
    public void Failures_are_forgotten_ten_minutes_after_the_pause()
    {
        NodeId peer = PeerMaker.Id(1);
        _backoff.Fail(peer, TimeSpan.Zero);
        TimeSpan end = TimeSpan.FromSeconds(30 + 600);
        _backoff.AddTo([], end - TimeSpan.FromTicks(1));
        Assert.That(_backoff.Count, Is.EqualTo(1));
        _backoff.AddTo([], end);
        Assert.That(_backoff.Count, Is.Zero);

        _backoff.Fail(peer, TimeSpan.Zero);
        _backoff.Fail(peer, end);
        Assert.That(_backoff.Find(peer)!.Value.Failures, Is.EqualTo(1));
    }

    [Test]
    public void Of_more_than_500_peers_the_one_whose_pause_ends_first_is_dropped()
    {
        for (int i = 0; i <= DialBackoff.Capacity; i++)
        {
            _backoff.Fail(PeerMaker.Id(i), TimeSpan.FromSeconds(i));
        }

        Assert.That(_backoff.Count, Is.EqualTo(DialBackoff.Capacity));
        Assert.That(_backoff.Find(PeerMaker.Id(0)), Is.Null);
        Assert.That(_backoff.Find(PeerMaker.Id(1)), Is.Not.Null);
    }

    private IEnumerable<NodeId> Choose(PeerManager peers)
    {
        HashSet<NodeId> excluded = [];
        _backoff.AddTo(excluded, TimeSpan.Zero);
        return peers.RandomPeers(10, excluded, knownGood: true).Select(peer => peer.NodeId);
    }
}
