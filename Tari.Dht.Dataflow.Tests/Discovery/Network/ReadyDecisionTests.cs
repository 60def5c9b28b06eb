using System.Collections.Immutable;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class ReadyDecisionTests
{
    private static readonly NetworkDiscoveryConfig s_config = new();
    private static readonly ImmutableArray<NodeId> s_fresh = [NodeIds.Of(1)];
    private static readonly ImmutableArray<NodeId> s_again = [NodeIds.Of(2)];
    private static readonly DiscoveryRoundInfo s_barren = new() { Succeeded = 1 };
    private static readonly DiscoveryRoundInfo s_fruitful = new() { Succeeded = 1, NewPeers = 7 };

    [Test]
    public void Few_known_peers_and_one_to_ask_begin_a_round() =>
        Assert.That(Make(known: 1, fresh: true), Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));

    [Test]
    public void Few_known_peers_after_many_rounds_make_a_pause_and_the_count_starts_again() =>
        Assert.That(Make(known: 1, fresh: true, rounds: 10), Is.EqualTo((ReadyOutcome.Pause, true)));

    [Test]
    public void Few_known_peers_and_nobody_to_ask_make_a_pause() => Assert.That(Make(known: 1), Is.EqualTo((ReadyOutcome.Pause, false)));

    [Test]
    public void After_the_pause_nodes_are_asked_again_before_seeds()
    {
        Assert.That(Make(known: 1, mayAskAgain: true, again: true, seed: true), Is.EqualTo((ReadyOutcome.AskAgain, false)));
        Assert.That(Make(known: 1, mayAskAgain: true, seed: true), Is.EqualTo((ReadyOutcome.AskSeed, false)));
        Assert.That(Make(known: 1, mayAskAgain: true), Is.EqualTo((ReadyOutcome.Pause, false)));
        Assert.That(Make(known: 1, fresh: true, mayAskAgain: true, again: true), Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
    }

    [Test]
    public void Enough_peers_before_the_first_round_begin_one_if_there_is_anybody_to_ask()
    {
        Assert.That(Make(known: 50, fresh: true), Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
        Assert.That(Make(known: 50, last: s_barren), Is.EqualTo((ReadyOutcome.Idle, true)));
    }

    [Test]
    public void A_first_round_that_brought_all_that_was_asked_for_leads_to_OnConnect()
    {
        Assert.That(
            Make(known: 500, rounds: 1, fresh: true, last: new() { Succeeded = 1, NewPeers = 500 }),
            Is.EqualTo((ReadyOutcome.OnConnectMode, true)));
        Assert.That(
            Make(known: 500, rounds: 2, fresh: true, last: new() { Succeeded = 1, NewPeers = 500 }),
            Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
        Assert.That(
            Make(known: 500, rounds: 1, fresh: true, last: new() { Succeeded = 1, NewPeers = 499 }),
            Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
    }

    [Test]
    public void A_round_that_brought_nothing_new_leads_to_OnConnect_unless_nobody_answered()
    {
        Assert.That(Make(known: 60, rounds: 3, fresh: true, last: s_barren), Is.EqualTo((ReadyOutcome.OnConnectMode, true)));
        Assert.That(Make(known: 60, rounds: 3, fresh: true, last: new()), Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
    }

    [Test]
    public void Many_rounds_and_nobody_left_to_ask_each_make_discovery_idle()
    {
        Assert.That(Make(known: 60, rounds: 10, fresh: true, last: s_fruitful), Is.EqualTo((ReadyOutcome.Idle, true)));
        Assert.That(Make(known: 60, rounds: 3, last: s_fruitful), Is.EqualTo((ReadyOutcome.Idle, true)));
        Assert.That(Make(known: 60, rounds: 3, fresh: true, last: s_fruitful), Is.EqualTo((ReadyOutcome.BeginDiscovery, false)));
    }

    [Test]
    public void With_nothing_desired_a_round_that_brought_a_peer_and_an_empty_store_make_discovery_idle()
    {
        var config = new NetworkDiscoveryConfig { MinDesiredPeers = 0, IdleAfterNumRounds = 0 };

        Assert.That(Make(known: 0, last: new() { Succeeded = 1, NewPeers = 1 }, config: config).Outcome, Is.EqualTo(ReadyOutcome.Idle));
        Assert.That(Make(known: 0, last: s_barren, config: config).Outcome, Is.EqualTo(ReadyOutcome.Idle));
    }

    private static (ReadyOutcome Outcome, bool Resets) Make(
        int known,
        int rounds = 0,
        DiscoveryRoundInfo? last = null,
        bool fresh = false,
        bool mayAskAgain = false,
        bool again = false,
        bool seed = false,
        NetworkDiscoveryConfig? config = null)
    {
        var snapshot = new ReadySnapshot(rounds, last, known, fresh ? s_fresh : [], mayAskAgain, again ? s_again : [], seed);
        ReadyDecision decision = ReadyDecision.Make(snapshot, config ?? s_config);
        ImmutableArray<NodeId> expected = decision.Outcome switch
        {
            ReadyOutcome.BeginDiscovery => s_fresh,
            ReadyOutcome.AskAgain => s_again,
            _ => [],
        };
        Assert.That(decision.Peers, Is.EqualTo(expected));
        return (decision.Outcome, decision.ResetsRounds);
    }
}
