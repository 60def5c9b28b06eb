using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Outbound.Broadcast;

[TestFixture]
internal sealed class BroadcastStrategyTests
{
    private static readonly NodeId s_id = NodeId.FromHex("0692b27f29fbe0e8c1317879e0");
    private static readonly CommsPublicKey s_key = CommsPublicKey.FromHex(
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919");

    private static readonly BroadcastStrategy s_toNodeId = new BroadcastStrategy.ToNodeId(s_id);
    private static readonly BroadcastStrategy s_toPublicKey = new BroadcastStrategy.ToPublicKey(s_key);
    private static readonly BroadcastStrategy s_selected = new BroadcastStrategy.SelectedPeers([s_id]);

    private static readonly BroadcastStrategy[] s_multi =
    [
        new BroadcastStrategy.ToConnected([]), new BroadcastStrategy.Propagate(NodeDestination.Unknown, []),
        new BroadcastStrategy.Flood([]), new BroadcastStrategy.Random(3, []),
    ];

    [Test]
    public void Only_the_two_direct_strategies_are_direct() => Assert.Multiple(() =>
    {
        Assert.That(s_toNodeId.IsDirect);
        Assert.That(s_toPublicKey.IsDirect);
        Assert.That(s_selected.IsDirect, Is.False);
        Assert.That(s_multi.Select(strategy => strategy.IsDirect), Is.All.False);
    });

    [Test]
    public void Selected_peers_are_neither_direct_nor_multi() => Assert.Multiple(() =>
    {
        Assert.That(s_multi.Select(strategy => strategy.IsMultiMessage), Is.All.True);
        Assert.That(s_selected.IsMultiMessage, Is.False);
        Assert.That(s_toNodeId.IsMultiMessage, Is.False);
        Assert.That(s_toPublicKey.IsMultiMessage, Is.False);
    });

    [Test]
    public void A_direct_recipient_is_told_only_by_the_strategy_that_names_it() => Assert.Multiple(() =>
    {
        Assert.That(s_toNodeId.DirectNodeId, Is.EqualTo(s_id));
        Assert.That(s_toNodeId.DirectPublicKey, Is.Null);
        Assert.That(s_toPublicKey.DirectPublicKey, Is.EqualTo(s_key));
        Assert.That(s_toPublicKey.DirectNodeId, Is.Null);
        Assert.That(s_multi.Select(strategy => strategy.DirectNodeId), Is.All.Null);
        Assert.That(s_multi.Select(strategy => strategy.DirectPublicKey), Is.All.Null);
    });

    [Test]
    public async Task Known_peers_are_selected_by_id_and_key_and_strangers_are_not()
    {
        var known = new Peer(s_key);
        var selector = new KnownPeerSelector(new InMemoryPeerLookup(known));

        Assert.That(await SelectAsync(new BroadcastStrategy.ToNodeId(known.NodeId)), Is.EqualTo(new[] { known.NodeId }));
        Assert.That(await SelectAsync(s_toPublicKey), Is.EqualTo(new[] { known.NodeId }));
        Assert.That(await SelectAsync(new BroadcastStrategy.ToNodeId(default)), Is.Empty);
        Assert.That(await SelectAsync(new BroadcastStrategy.ToPublicKey(default)), Is.Empty);
        Assert.That(
            await SelectAsync(new BroadcastStrategy.SelectedPeers([default, s_id, default])), Is.EqualTo(new[] { default, s_id, default }));
        foreach (BroadcastStrategy strategy in s_multi)
        {
            Assert.That(await SelectAsync(strategy), Is.Empty);
        }

        ValueTask<IReadOnlyList<NodeId>> SelectAsync(BroadcastStrategy strategy) =>
            selector.SelectPeersAsync(strategy, CancellationToken.None);
    }
}
