using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>What the pool does with the peers that a rebootstrap brought.</summary>
[TestFixture]
internal sealed class DhtConnectivityLearnedTests
{
    [Test]
    public void A_learned_peer_is_dialled_for_a_pool_full_of_inbound_members_and_stays_when_it_connects()
    {
        using var rig = new PoolRig().Start();
        rig.ConnectInbound(12);
        NodeId learned = rig.AddGood();
        rig.Rebootstrap([learned]);
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[learned]));
        rig.Connect(learned);
        Assert.That(rig.Counts, Is.EqualTo((1, 12)));
        rig.Refresh();
        Assert.That((rig.Counts, rig.Members.Contains(learned)), Is.EqualTo(((1, 11), true)));
    }

    [Test]
    public void Learned_peers_are_dialled_though_as_many_dials_are_in_flight_as_may_be_for_others()
    {
        using var rig = new PoolRig();
        List<NodeId> good = rig.AddGood(24);
        rig.Start();
        Assert.That(rig.Dials, Has.Count.EqualTo(24));
        List<NodeId> learned = rig.AddGood(2);
        rig.Rebootstrap(learned);
        Assert.That(rig.Dials.Skip(24), Is.EqualTo(learned));

        // One that has to wait when it is learned stays in the queue until a member is replaced.
        NodeId queued = rig.AddGood();
        rig.Fail(queued);
        rig.Rebootstrap([queued]);
        Assert.That((rig.Dials.Count, rig.Status.LearnedQueued), Is.EqualTo((26, 1)));
        rig.Pass(31);
        rig.Fail(good[0]);
        Assert.That(rig.Dials.Skip(26), Is.EqualTo((NodeId[])[queued]));
        Assert.That((rig.Members.Contains(queued), rig.Status.LearnedQueued), Is.EqualTo((true, 0)));
    }

    [Test]
    public void Of_the_first_200_learned_peers_those_wait_that_are_known_nodes_and_neither_banned_nor_seeds()
    {
        using var rig = new PoolRig(configure: Delayed).Start();
        NodeId banned = rig.AddGood();
        rig.Peers.BanPeerByNodeId(banned, TimeSpan.FromHours(1), "a test");
        NodeId seed = rig.AddGood(peer => peer with { Flags = PeerFlags.Seed });
        NodeId client = rig.AddGood(peer => peer with { Features = PeerFeatures.CommunicationClient });
        List<NodeId> good = rig.AddGood(210);
        rig.Rebootstrap([banned, seed, client, rig.NewId(), .. good]);
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(196));
        rig.Pass(60);
        Assert.That(rig.Dials.Take(12), Is.EqualTo(good.Take(12)));
        Assert.That(rig.Dials, Does.Not.Contain(banned).And.Not.Contain(client));
    }

    [Test]
    public void Allowed_peers_do_not_wait_and_a_failed_look_at_the_allow_list_changes_nothing()
    {
        using var rig = new PoolRig(configure: Delayed).Start();
        List<NodeId> good = rig.AddGood(3);
        rig.Connectivity.AddPeerToAllowListAsync(good[0]).AsTask().GetAwaiter().GetResult();
        rig.Rebootstrap(good);
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(2));
        rig.Connectivity.AllowListFailure = new ConnectivityException(ConnectivityError.ActorDisconnected, "a test");
        rig.Rebootstrap([]);
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(2));
        Assert.That(rig.Log.Count(DhtConnectivityEventId.LearnedPeersNotStored), Is.EqualTo(1));
    }

    [Test]
    public void A_refresh_dials_as_many_learned_peers_as_others_and_a_second_one_no_more()
    {
        using var rig = new PoolRig(configure: Delayed).Start();
        List<NodeId> learned = rig.AddGood(30);
        rig.AddGood(30);
        rig.Rebootstrap(learned);
        rig.Pass(60);
        Assert.That(rig.Dials, Has.Count.EqualTo(24).And.Unique);
        Assert.That(rig.Dials.Count(learned.Contains), Is.EqualTo(12));
        rig.Refresh();
        Assert.That(rig.Dials, Has.Count.EqualTo(24));
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(18));
    }

    [Test]
    public void A_pool_that_lacks_nobody_drops_what_was_learned()
    {
        using var rig = new PoolRig(size: 2).Start();
        rig.Connect(rig.NewId());
        rig.Connect(rig.NewId());
        rig.Rebootstrap(rig.AddGood(3));
        Assert.That((rig.Dials.Count, rig.Status.LearnedQueued), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Replacements_come_from_the_learned_peers_and_the_store_in_turn()
    {
        using var rig = new PoolRig(size: 2);
        List<NodeId> dialled = rig.AddGood(4);
        rig.Start();
        List<NodeId> learned = Queue(rig, 2);
        List<NodeId> stored = rig.AddGood(2);
        rig.Fail(dialled[0]);
        rig.Fail(dialled[1]);
        Assert.That(rig.Dials, Has.Count.EqualTo(6));
        Assert.That(rig.Dials[4], Is.EqualTo(learned[0]));
        Assert.That(stored, Does.Contain(rig.Dials[5]));
    }

    [Test]
    public void Without_peers_in_the_store_replacements_are_the_learned_peers_in_order()
    {
        using var rig = new PoolRig(size: 2);
        List<NodeId> dialled = rig.AddGood(4);
        rig.Start();
        List<NodeId> learned = Queue(rig, 2);
        rig.Fail(dialled[0]);
        rig.Fail(dialled[1]);
        Assert.That(rig.Dials.Skip(4), Is.EqualTo(learned));
    }

    [Test]
    public void Without_learned_peers_the_replacement_comes_from_the_store()
    {
        using var rig = new PoolRig(size: 2);
        List<NodeId> dialled = rig.AddGood(4);
        rig.Start();
        NodeId stored = rig.AddGood();
        rig.Fail(dialled[0]);
        Assert.That(rig.Dials.Skip(4), Is.EqualTo((NodeId[])[stored]));
    }

    [Test]
    public void With_as_many_learned_peers_being_dialled_as_may_be_the_replacement_comes_from_the_store()
    {
        using var rig = new PoolRig(configure: Delayed).Start();
        NodeId other = rig.AddGood();
        List<NodeId> learned = rig.AddGood(13);
        rig.Rebootstrap(learned);
        rig.Pass(60);
        Assert.That((rig.Dials.Count, rig.Status.LearnedQueued), Is.EqualTo((13, 1)));
        NodeId stored = rig.AddGood();
        rig.Fail(other);
        Assert.That(rig.Dials.Skip(13), Is.EqualTo((NodeId[])[stored]));
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(1));
    }

    [Test]
    public void After_each_of_two_refreshes_at_most_about_a_quarter_are_peers_that_inbound_ones_suggested()
    {
        using var rig = new PoolRig(configure: Delayed).Start();
        List<NodeId> learned = rig.AddGood(20);
        List<NodeId> suggested = [.. learned.Where((_, index) => index % 5 != 0)];
        rig.Rebootstrap(learned, suggested);
        rig.Pass(60);
        List<NodeId> first = [.. rig.Dials];
        Assert.That((first.Count, first.Count(suggested.Contains)), Is.EqualTo((6, 2)));
        foreach (NodeId peer in first)
        {
            rig.Connect(peer);
        }

        Assert.That((rig.Counts, rig.Status.LearnedQueued), Is.EqualTo(((6, 0), 14)));
        rig.Refresh();
        Assert.That(rig.Dials, Is.EqualTo(first), "six are missing, but all who wait are suggested ones");
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(14));
    }

    [Test]
    public void Learned_peers_are_dialled_in_the_order_in_which_they_were_learned_and_not_in_that_of_the_store()
    {
        using var rig = new PoolRig(size: 3, Delayed).Start();
        List<NodeId> learned = rig.AddGood(5);
        learned.Reverse();
        rig.Rebootstrap(learned);
        rig.Pass(60);
        Assert.That(rig.Dials, Is.EqualTo(learned[..3]));
        rig.Connect(learned[0]);
        rig.Refresh();
        Assert.That(rig.Dials, Is.EqualTo(learned[..4]));
        rig.Pass(61);
        rig.Refresh();
        Assert.That((rig.Dials, rig.Status.LearnedQueued), Is.EqualTo(((IReadOnlyList<NodeId>)learned, 0)));
    }

    [Test]
    public void While_one_suggested_peer_is_connected_the_next_rebootstraps_one_is_not_dialled()
    {
        using var rig = new PoolRig().Start();
        NodeId first = rig.AddGood();
        rig.Rebootstrap([first], [first]);
        rig.Connect(first);
        NodeId next = rig.AddGood();
        rig.Rebootstrap([next], [next]);
        Assert.That(rig.Dials, Is.EqualTo((NodeId[])[first]));
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(1));
    }

    [Test]
    public void A_suggested_peer_whose_dial_outlasted_a_refresh_of_a_full_pool_counts_when_it_connects()
    {
        using var rig = new PoolRig(size: 2).Start();
        NodeId first = rig.AddGood();
        rig.Rebootstrap([first], [first]);
        List<ScriptedConnection> others = [rig.Connect(rig.NewId()), rig.Connect(rig.NewId())];
        rig.Refresh();
        Assert.That(rig.Connect(first).HandleCount, Is.EqualTo(1));
        others.ForEach(rig.Disconnect);
        NodeId next = rig.AddGood();
        rig.Rebootstrap([next], [next]);
        Assert.That((rig.Dials, rig.Status.LearnedQueued), Is.EqualTo(((IReadOnlyList<NodeId>)[first], 1)));
    }

    [Test]
    public void A_suggested_peer_that_connects_too_late_joins_and_a_second_one_is_refused()
    {
        using var rig = new PoolRig(size: 4).Start();
        List<NodeId> peers = rig.AddGood(2);
        rig.Rebootstrap(peers[..1], peers);
        Assert.That(rig.Dials[0], Is.EqualTo(peers[0]));
        rig.Peers.BanPeerByNodeId(peers[0], TimeSpan.FromHours(1), "so that the store does not offer it again");
        rig.Peers.BanPeerByNodeId(peers[1], TimeSpan.FromHours(1), "so that the store does not offer it again");
        rig.Pass(61);
        rig.Refresh();
        Assert.That(rig.Members.Contains(peers[0]), Is.False);
        ScriptedConnection late = rig.Connect(peers[0]);
        ScriptedConnection second = rig.Connect(peers[1]);
        Assert.That((rig.Members.Contains(peers[0]), late.HandleCount), Is.EqualTo((true, 1)));
        Assert.That((rig.Members.Contains(peers[1]), second.HandleCount, second.Disconnects), Is.EqualTo((false, 0, (List<bool>)[true])));
        ScriptedConnection inbound = rig.Connect(peers[1], ConnectionDirection.Inbound);
        Assert.That((rig.Members.Contains(peers[1]), inbound.IsConnected), Is.EqualTo((false, true)), "one that dialled is only not added");
    }

    [Test]
    public void A_suggested_member_that_connects_when_its_time_is_over_counts_from_then_on()
    {
        using var rig = new PoolRig(size: 4).Start();
        NodeId[] peers = [rig.AddGood(), rig.NewId(), rig.NewId()];
        rig.Rebootstrap(peers[..1], peers);
        rig.Pass(61);
        ScriptedConnection second = rig.Connect(peers[1], ConnectionDirection.Inbound);
        Assert.That(second.HandleCount, Is.EqualTo(1), "the first one does not count any more");
        Assert.That(rig.Connect(peers[0]).HandleCount, Is.EqualTo(1), "no refresh has taken its place");
        rig.Disconnect(second);
        ScriptedConnection third = rig.Connect(peers[2]);
        Assert.That((rig.Members.Contains(peers[2]), third.Disconnects), Is.EqualTo((false, (List<bool>)[true])));
    }

    [Test]
    public void A_pool_without_anybody_is_filled_with_others_than_those_that_were_learned_and_wait()
    {
        using var rig = new PoolRig(
            size: 4,
            config => config with { Connectivity = config.Connectivity with { RandomPoolRefreshInterval = TimeSpan.Zero } });
        rig.Start();
        Queue(rig, 1);
        List<NodeId> others = rig.AddGood(3);
        rig.Publish(new ConnectivityEvent.PeerBanned(rig.NewId()));
        Assert.That(rig.Dials, Is.EquivalentTo(others));
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(1));
    }

    [Test]
    public void A_pool_of_one_dials_the_learned_peer_before_those_of_the_store()
    {
        using var rig = new PoolRig(size: 1, Delayed).Start();
        rig.AddGood(10);
        NodeId learned = rig.AddGood();
        rig.Rebootstrap([learned]);
        rig.Pass(60);
        Assert.That((rig.Dials[0], rig.Dials.Count, rig.Status.LearnedQueued), Is.EqualTo((learned, 2, 0)));
    }

    /// <summary>Learned peers that waited when they were learned, so that no refresh has taken them, and need not any more.</summary>
    private static List<NodeId> Queue(PoolRig rig, int count)
    {
        List<NodeId> learned = rig.AddGood(count);
        learned.ForEach(rig.Fail);
        rig.Rebootstrap(learned);
        rig.Pass(31);
        Assert.That(rig.Status.LearnedQueued, Is.EqualTo(count));
        return learned;
    }

    private static DhtConfig Delayed(DhtConfig config) =>
        config with { NetworkDiscovery = config.NetworkDiscovery with { InitialPeerSyncDelay = TimeSpan.FromSeconds(60) } };
}
