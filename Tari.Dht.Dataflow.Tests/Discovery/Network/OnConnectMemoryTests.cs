using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class OnConnectMemoryTests
{
    private static readonly NodeId s_peer = NodeIds.Of(1);
    private static readonly NodeId s_other = NodeIds.Of(2);
    private static readonly TimeSpan s_now = TimeSpan.FromHours(3);

    [Test]
    public void A_peer_that_was_asked_is_skipped_for_its_time_others_are_not_and_what_is_over_is_forgotten()
    {
        var memory = new OnConnectMemory(TimeSpan.FromHours(1));
        memory.Asked(s_peer, s_now);

        Assert.That((Skips(memory, 0), Skips(memory, 3599), Skips(memory, 3600)), Is.EqualTo((true, true, false)));
        Assert.That(memory.Skips(s_other, s_now), Is.False);
        memory.Asked(s_other, s_now + TimeSpan.FromHours(1));
        Assert.That(memory.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_peer_that_failed_is_skipped_for_five_minutes()
    {
        var memory = new OnConnectMemory(TimeSpan.FromHours(1));
        memory.Asked(s_peer, s_now);
        memory.Failed(s_peer, s_now);

        Assert.That((Skips(memory, 299), Skips(memory, 300)), Is.EqualTo((true, false)));
    }

    [Test]
    public void A_time_without_end_is_seven_days()
    {
        var memory = new OnConnectMemory(TimeSpan.MaxValue);
        memory.Asked(s_peer, s_now);

        Assert.That((Skips(memory, 0), Skips(memory, 86_400), Skips(memory, 7 * 86_400)), Is.EqualTo((true, true, false)));
    }

    [Test]
    public void A_time_below_five_minutes_counts_for_failures_too()
    {
        var memory = new OnConnectMemory(TimeSpan.FromSeconds(60));
        memory.Asked(s_peer, s_now);
        memory.Failed(s_peer, s_now);

        Assert.That((Skips(memory, 59), Skips(memory, 60)), Is.EqualTo((true, false)));
    }

    [Test]
    public void Above_the_capacity_whoever_may_be_asked_first_is_forgotten()
    {
        var memory = new OnConnectMemory(TimeSpan.FromHours(1));
        for (int i = 0; i <= OnConnectMemory.Capacity; i++)
        {
            memory.Asked(NodeIds.Of(i), s_now + TimeSpan.FromMilliseconds(i));
        }

        Assert.That(memory.Count, Is.EqualTo(OnConnectMemory.Capacity));
        Assert.That((memory.Skips(NodeIds.Of(0), s_now), memory.Skips(NodeIds.Of(1), s_now)), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_peer_that_fails_again_and_again_is_remembered_once()
    {
        var memory = new OnConnectMemory(TimeSpan.FromDays(7));
        for (int i = 0; i < 100; i++)
        {
            memory.Asked(s_peer, s_now + TimeSpan.FromMinutes(5 * i));
            memory.Failed(s_peer, s_now + TimeSpan.FromMinutes(5 * i));
        }

        Assert.That(memory.Count, Is.EqualTo(1));
        Assert.That((Skips(memory, 99 * 300), Skips(memory, 100 * 300)), Is.EqualTo((true, false)));
    }

    private static bool Skips(OnConnectMemory memory, int seconds) => memory.Skips(s_peer, s_now + TimeSpan.FromSeconds(seconds));
}
