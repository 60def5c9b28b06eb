using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Tests.Discovery.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Scenarios SC-1 to SC-6, and what else ends an answer.</summary>
public sealed class PeerStreamCollectorTests
{
    private static readonly TimeSpan s_itemTimeout = TimeSpan.FromSeconds(5);

    private static readonly GetPeersItem s_peer =
        new(GetPeersItemKind.Peer, new UnvalidatedPeerInfo(SignedClaims.PublicKey(), []));

    private static readonly GetPeersItem s_noPeer = new(GetPeersItemKind.NoPeer);

    [TestCase(3, 10, 3, TestName = "Scenario_SC_1_three_items_and_room_for_ten_are_three")]
    [TestCase(50, 5, 5, TestName = "Scenario_SC_2_of_fifty_items_the_five_wanted_are_taken")]
    public async Task Items_are_taken_up_to_what_is_wanted(int items, int maxPeers, int taken)
    {
        var stream = new ScriptedGetPeersStream([.. Enumerable.Repeat(s_peer, items)]);

        PeerStreamResult result = await Collect(stream, maxPeers);

        Assert.That(result.Peers, Has.Count.EqualTo(taken));
        Assert.That(result.Failure, Is.Null);
        Assert.That(stream.Timeouts, Is.All.EqualTo(s_itemTimeout));
        Assert.That(stream.IsDisposed, Is.False, "the stream stays the caller's");
    }

    [Test]
    public async Task Scenario_SC_3_endless_empty_responses_end_with_twice_the_number_wanted()
    {
        var stream = new ScriptedGetPeersStream(s_noPeer) { IsEndless = true };

        PeerStreamResult result = await Collect(stream, 10);

        Assert.That(result, Is.EqualTo(new PeerStreamResult(result.Peers)));
        Assert.That(result.Count, Is.Zero);
        Assert.That(stream.Reads, Is.EqualTo(20));
    }

    [TestCase(7, 7, TestName = "Scenario_SC_4_of_endless_peers_seven_are_taken")]
    [TestCase(0, 1, TestName = "Scenario_SC_6_of_endless_peers_one_is_taken_when_none_is_wanted")]
    [TestCase(-1, 1, TestName = "A_number_below_zero_counts_as_one")]
    public async Task Endless_peers_end_with_the_number_wanted(int maxPeers, int taken)
    {
        var stream = new ScriptedGetPeersStream(s_peer) { IsEndless = true };
        Assert.That((await Collect(stream, maxPeers)).Peers, Has.Count.EqualTo(taken));
        Assert.That(stream.Reads, Is.EqualTo(taken));
    }

    [Test]
    public async Task Scenario_SC_5_a_status_after_a_peer_spoils_the_answer()
    {
        var status = new RpcStatus(RpcStatusCode.General, "no");

        PeerStreamResult result = await Collect(
            new ScriptedGetPeersStream(s_peer, new GetPeersItem(GetPeersItemKind.Status, Status: status)), 10);

        Assert.That(result.Peers, Is.Empty);
        Assert.That(result.Count, Is.Zero);
        Assert.That(result.Failure!.Kind, Is.EqualTo(NetworkDiscoveryFailureKind.RpcStatus));
        Assert.That(result.Failure.Status, Is.EqualTo(status));
        Assert.That(result.Failure.Text, Does.Not.Contain("no."), "a peer's words are no reason of a ban");
    }

    [TestCase(GetPeersItemKind.DecodeError)]
    [TestCase(GetPeersItemKind.BudgetExceeded)]
    public async Task A_response_that_cannot_be_read_spoils_the_answer(object kind)
    {
        PeerStreamResult result = await Collect(new ScriptedGetPeersStream(s_peer, new GetPeersItem((GetPeersItemKind)kind)), 10);
        Assert.That(result.Peers, Is.Empty);
        Assert.That(result.Failure!.Kind, Is.EqualTo(NetworkDiscoveryFailureKind.RpcError));
    }

    [TestCase(GetPeersItemKind.TimedOut)]
    [TestCase(GetPeersItemKind.ConnectionLost)]
    [TestCase(GetPeersItemKind.End)]
    public async Task A_pause_a_lost_session_and_the_end_keep_what_came(object kind)
    {
        var stream = new ScriptedGetPeersStream(
            s_peer, s_noPeer, new GetPeersItem(GetPeersItemKind.Unconvertible), new GetPeersItem((GetPeersItemKind)kind), s_peer);

        PeerStreamResult result = await Collect(stream, 10);

        Assert.That(result.Failure, Is.Null);
        Assert.That(result.Peers, Has.Count.EqualTo(1));
        Assert.That(result.Unconvertible, Is.EqualTo(1));
        Assert.That(result.Count, Is.EqualTo(2), "whoever sends a record that is none has answered");
        Assert.That(stream.Reads, Is.EqualTo(4));
    }

    [Test]
    public async Task Records_that_are_none_count_as_peers()
    {
        var stream = new ScriptedGetPeersStream(new GetPeersItem(GetPeersItemKind.Unconvertible)) { IsEndless = true };
        PeerStreamResult result = await Collect(stream, 4);
        Assert.That((result.Peers.Count, result.Count, stream.Reads), Is.EqualTo((0, 4, 4)));
    }

    [Test]
    public void The_largest_number_wanted_does_not_overflow() =>
        Assert.That(async () => await Collect(new ScriptedGetPeersStream(s_peer), int.MaxValue), Has.Property("Count").EqualTo(1));

    [Test]
    public void A_token_that_fires_ends_the_waiting() =>
        Assert.That(
            async () => await PeerStreamCollector.CollectAsync(
                new ScriptedGetPeersStream(s_peer), 1, s_itemTimeout, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());

    private static Task<PeerStreamResult> Collect(IGetPeersStream stream, int maxPeers) =>
        PeerStreamCollector.CollectAsync(stream, maxPeers, s_itemTimeout, CancellationToken.None);
}
