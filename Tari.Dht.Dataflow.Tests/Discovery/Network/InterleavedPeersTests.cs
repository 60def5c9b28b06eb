using System.Collections.Immutable;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class InterleavedPeersTests
{
    [Test]
    public void Sources_share_the_list_so_that_none_fills_it()
    {
        NodeId[][] peers = [NodeIds.Range(0, 250), NodeIds.Range(1000, 20), NodeIds.Range(2000, 20), NodeIds.Range(3000, 20)];

        ImmutableArray<NodeId> learned = InterleavedPeers.Interleave(
        [
            new(LearnedSourceKind.Outbound, peers[0]),
            new(LearnedSourceKind.Seed, peers[1]),
            new(LearnedSourceKind.Outbound, peers[2]),
            new(LearnedSourceKind.Seed, peers[3]),
        ]);

        Assert.That(peers.Select(source => source.Count(learned.Contains)), Is.EqualTo(new[] { 50, 20, 20, 20 }));
        Assert.That(learned, Has.Length.LessThanOrEqualTo(200));
    }

    [Test]
    public void Seeds_come_first_then_peers_that_were_dialled_then_those_that_dialled()
    {
        NodeId[] i = NodeIds.Range(0, 2), o = NodeIds.Range(10, 2), s = NodeIds.Range(20, 2);

        Assert.That(
            InterleavedPeers.Interleave(
                [new(LearnedSourceKind.Inbound, i), new(LearnedSourceKind.Outbound, o), new(LearnedSourceKind.Seed, s)]),
            Is.EqualTo(new[] { s[0], o[0], i[0], s[1], o[1], i[1] }));
    }

    [Test]
    public void Peers_that_dialled_get_a_quarter_of_the_list_together()
    {
        NodeId[] first = NodeIds.Range(0, 150), second = NodeIds.Range(1000, 150), outbound = [first[0]];

        ImmutableArray<NodeId> learned = InterleavedPeers.Interleave(
        [
            new(LearnedSourceKind.Inbound, first), new(LearnedSourceKind.Inbound, second), new(LearnedSourceKind.Outbound, outbound),
        ]);

        Assert.That(learned, Has.Length.EqualTo(51));
        Assert.That(learned[0], Is.EqualTo(outbound[0]));
        Assert.That(learned.Skip(1).Count(peer => first.Contains(peer) || second.Contains(peer)), Is.EqualTo(50));
        Assert.That(learned, Is.Unique);
    }

    [Test]
    public void Many_sources_have_ten_places_each()
    {
        LearnedSource[] sources =
            [.. Enumerable.Range(0, 25).Select(i => new LearnedSource(LearnedSourceKind.Seed, NodeIds.Range(1000 * i, 50)))];

        ImmutableArray<NodeId> learned = InterleavedPeers.Interleave(sources);

        Assert.That(learned, Has.Length.EqualTo(200));
        Assert.That(sources.Select(source => source.Peers.Count(learned.Contains)), Is.All.InRange(8, 8));
        Assert.That(InterleavedPeers.Interleave(sources[..19]), Has.Length.EqualTo(190), "at ten each the list is not full");
    }

    [Test]
    public void What_came_from_peers_that_dialled_is_told_whole()
    {
        NodeId[] first = NodeIds.Range(0, 60), second = [first[3], NodeIds.Of(99)];

        Assert.That(
            InterleavedPeers.FromInbound(
                [
                    new(LearnedSourceKind.Seed, NodeIds.Range(500, 3)),
                    new(LearnedSourceKind.Inbound, first),
                    new(LearnedSourceKind.Inbound, second),
                ]),
            Is.EqualTo(new[] { first, [NodeIds.Of(99)] }.SelectMany(static peers => peers)));
    }

    [Test]
    public void Nobody_tells_of_nobody() => Assert.That(InterleavedPeers.Interleave([]), Is.Empty);
}
