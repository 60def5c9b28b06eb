using Tari.Dht.Dataflow.Discovery.Network;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class SuggestedPeersTests
{
    private static readonly DateTimeOffset s_start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_suggestion_is_remembered_for_less_than_six_hours()
    {
        var suggested = new SuggestedPeers();
        suggested.Add([NodeIds.Of(1)], s_start);
        suggested.Add([NodeIds.Of(2)], s_start.AddHours(1));

        Assert.That(suggested.Contains(NodeIds.Of(1), s_start.AddHours(2)));
        Assert.That(suggested.Contains(NodeIds.Of(1), s_start.AddHours(6)), Is.False);
    }

    [Test]
    public void Above_a_thousand_the_oldest_suggestion_is_forgotten()
    {
        var suggested = new SuggestedPeers();
        suggested.Add([NodeIds.Of(0)], s_start);
        suggested.Add(NodeIds.Range(1, 1000), s_start.AddSeconds(1));

        Assert.That(suggested.Contains(NodeIds.Of(0), s_start.AddSeconds(2)), Is.False);
        Assert.That(NodeIds.Range(1, 1000).Count(peer => suggested.Contains(peer, s_start.AddSeconds(2))), Is.EqualTo(1000));
    }
}
