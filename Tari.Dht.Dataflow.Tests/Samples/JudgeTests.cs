using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Judging;
using Tari.Dht.Dataflow.Samples.Replay.Running;

namespace Tari.Dht.Dataflow.Tests.Samples;

[TestFixture]
internal sealed class JudgeTests
{
    [Test]
    public void Differences_EveryMessageEndedAsExpected_AreNone()
    {
        var judge = new Judge([Expecting(0, "expiry_filter", "filtered", null)], 2);

        Discard(judge, 0, 0, StageName.ExpiryFilter, DropReason.Expired);
        Discard(judge, 0, 1, StageName.ExpiryFilter, DropReason.Expired);

        Assert.That(judge.Differences, Is.Empty);
        Assert.That(judge.Settled, Is.EqualTo(judge.Total).And.EqualTo(2));
    }

    [Test]
    public void Differences_MessageThatNeverEnds_IsMissed()
    {
        var judge = new Judge([Expecting(0, "expiry_filter", "filtered", null), Expecting(1, "expiry_filter", "filtered", null)], 1);

        Discard(judge, 1, 0, StageName.ExpiryFilter, DropReason.Expired);

        Assert.That(judge.Differences, Has.Count.EqualTo(1));
        Assert.That(judge.Differences[0].Capture.Index, Is.Zero);
        Assert.That(judge.Differences[0].Difference, Is.EqualTo(new Difference("messages", "1", "0")));
    }

    [Test]
    public void Differences_MessageThatEndsTwice_IsNoticed()
    {
        var judge = new Judge([Expecting(0, "expiry_filter", "filtered", null)], 1);

        Discard(judge, 0, 0, StageName.ExpiryFilter, DropReason.Expired);
        Discard(judge, 0, 0, StageName.ExpiryFilter, DropReason.Expired);

        Assert.That(judge.Differences.Single().Difference, Is.EqualTo(new Difference("messages", "1", "2")));
    }

    [Test]
    public void Differences_OneOfManyRepetitionsEndsElsewhere_IsNoticed()
    {
        var judge = new Judge([Expecting(0, "decryption", "error", "InvalidSignature")], 2);

        Discard(judge, 0, 0, StageName.Decryption, DropReason.InvalidSignature);
        Discard(judge, 0, 1, StageName.Decryption, DropReason.StageFaulted);

        Assert.That(
            judge.Differences.Single().Difference,
            Is.EqualTo(new Difference("outcome", "decryption: error, InvalidSignature", "decryption: error, StageFaulted")));
    }

    [Test]
    public void Tally_OutcomeThatNobodyExpected_HasItsOwnLine()
    {
        var judge = new Judge([Expecting(0, "passed", "passed", null)], 1);

        Discard(judge, 0, 0, StageName.Deserialize, DropReason.NonCanonical);

        Assert.That(
            judge.Tally,
            Is.EquivalentTo(new[] { (new Outcome("deserialize", "dropped", "NonCanonical"), 1L, 0L), (Outcome.Passed, 0L, 1L) }));
    }

    private static void Discard(Judge judge, int capture, int repetition, StageName stage, DropReason reason) =>
        judge.OnDiscarded(stage, reason, MessageTag.Create(capture, repetition), default(NodeId));

    private static Capture Expecting(int index, string stage, string kind, string? error) =>
        new(index, "a case", default, [], default, new Expectation(new Outcome(stage, kind, error), Bans: false, Delivery: null));
}
