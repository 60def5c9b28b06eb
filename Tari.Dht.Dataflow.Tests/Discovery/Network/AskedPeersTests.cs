using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class AskedPeersTests
{
    private static readonly NodeId s_a = NodeIds.Of(1);
    private static readonly NodeId s_b = NodeIds.Of(2);

    [Test]
    public void A_peer_that_was_asked_is_left_out_for_its_time_and_no_longer()
    {
        AskedPeers asked = New();
        asked.Asked(s_a, Seconds(10));

        Assert.That(asked.Excluded(Seconds(3609)), Is.EquivalentTo(new[] { s_a }));
        Assert.That(asked.Excluded(Seconds(3610)), Is.Empty);
        Assert.That(asked.Count, Is.Zero);
    }

    [Test]
    public void A_peer_that_could_not_be_reached_is_left_out_until_its_pause_is_over()
    {
        AskedPeers asked = New();
        asked.Failed(s_a, Seconds(0));
        Assert.That(asked.Excluded(Seconds(3.7)), Is.Not.Empty);
        Assert.That(asked.Excluded(Seconds(3.75)), Is.Empty);

        asked.Failed(s_a, Seconds(4));
        Assert.That(asked.Excluded(Seconds(11.4)), Is.Not.Empty, "twice as long");
        Assert.That(asked.Excluded(Seconds(11.5)), Is.Empty);
    }

    [Test]
    public void Pauses_double_up_to_the_longest_one()
    {
        AskedPeers asked = New();
        TimeSpan now = TimeSpan.Zero;
        double[] expected = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800];
        foreach (double pause in expected)
        {
            asked.Asked(s_a, now);
            Assert.That(asked.IsDue(s_a, now + Seconds((pause * 0.75) - 0.01)), Is.False, $"{pause} s");
            now += Seconds(pause * 0.75);
            Assert.That(asked.IsDue(s_a, now), $"{pause} s");
        }
    }

    [Test]
    public void A_peer_that_told_something_new_may_be_asked_again_soon()
    {
        AskedPeers asked = New();
        for (int i = 0; i < 5; i++)
        {
            asked.Asked(s_a, Seconds(100 * i));
        }

        asked.BroughtNew(s_a);
        asked.BroughtNew(s_b);

        Assert.That((asked.IsDue(s_a, Seconds(403)), asked.IsDue(s_a, Seconds(404))), Is.EqualTo((false, true)));
        Assert.That(asked.Count, Is.EqualTo(1));
    }

    [Test]
    public void Those_asked_longest_ago_come_first_and_only_those_that_are_due_and_wanted()
    {
        AskedPeers asked = New();
        NodeId[] peers = NodeIds.Range(1, 6);
        foreach (NodeId peer in peers)
        {
            asked.Asked(peer, Seconds(0));
        }

        asked.Asked(peers[0], Seconds(4));
        var due = new List<NodeId>();
        asked.AddDue(due, 3, Seconds(5), peer => peer != peers[2]);
        Assert.That(due, Is.EqualTo(new[] { peers[1], peers[3], peers[4] }));

        due.Clear();
        asked.AddDue(due, 9, Seconds(20), _ => true);
        Assert.That(due, Is.EqualTo(new[] { peers[1], peers[2], peers[3], peers[4], peers[5], peers[0] }));
    }

    [Test]
    public void Above_the_capacity_whoever_was_asked_longest_ago_is_forgotten()
    {
        AskedPeers asked = New();
        for (int i = 0; i <= AskedPeers.Capacity; i++)
        {
            asked.Asked(NodeIds.Of(i), Seconds(1));
        }

        Assert.That(asked.Count, Is.EqualTo(AskedPeers.Capacity));
        Assert.That(asked.Excluded(Seconds(2)).Contains(NodeIds.Of(0)), Is.False);
        Assert.That(asked.Excluded(Seconds(2)).Contains(NodeIds.Of(1)));
    }

    [Test]
    public void A_peer_that_was_never_asked_is_due() => Assert.That(New().IsDue(s_a, TimeSpan.Zero));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static AskedPeers New() => new(TimeSpan.FromHours(1), Seconds(5), Seconds(1800));
}
