using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class CandidateTests
{
    private readonly ManualTimeProvider _time = new(IndexPeers.Now);
    private PeerManager _peers = null!;

    [SetUp]
    public void OpenStore() => _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(1) });

    [TearDown]
    public async Task CloseStore() => await _peers.DisposeAsync();

    [Test]
    public void CC_16_Peers_that_were_reached_come_first()
    {
        for (int i = 1; i <= 12; i++)
        {
            MultiaddrWithStats row = IndexPeers.Row(IndexPeers.External(i));
            Add(i, i <= 2 ? row with { LastSeen = IndexPeers.Now - TimeSpan.FromHours(1) } : row);
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.That(Choose(2), Is.EquivalentTo(new[] { ScriptedTransport.Id(1), ScriptedTransport.Id(2) }));
        }
    }

    [Test]
    public void CC_16_A_crowded_group_gives_four_of_those_that_did_not_fail_and_those_that_did_together()
    {
        for (int i = 1; i <= 12; i++)
        {
            MultiaddrWithStats row = IndexPeers.Row($"/ip4/23.23.1.{i}/tcp/18189");
            Add(i, i <= 2 ? row : row.Failed());
        }

        Add(13, IndexPeers.Row("/ip4/55.55.1.1/tcp/18189"));
        Add(14, IndexPeers.Row("/ip4/66.66.1.1/tcp/18189"));
        for (int i = 0; i < 20; i++)
        {
            List<NodeId> chosen = Choose(6);
            Assert.That(chosen.Distinct().ToList(), Has.Count.EqualTo(6));
            Assert.That(chosen.Intersect(Enumerable.Range(1, 12).Select(ScriptedTransport.Id)).ToList(), Has.Count.EqualTo(4));
            Assert.That(chosen, Is.SupersetOf(new[] { 1, 2, 13, 14 }.Select(ScriptedTransport.Id)));
        }
    }

    [Test]
    public void Whoever_is_excluded_is_not_chosen()
    {
        Add(1, IndexPeers.Row(IndexPeers.External(1)));
        Add(2, IndexPeers.Row(IndexPeers.External(2)).Failed());
        Assert.That(Choose(6, ScriptedTransport.Id(1), ScriptedTransport.Id(2)), Is.Empty);
    }

    private void Add(int number, MultiaddrWithStats row) =>
        _peers.AddOrUpdatePeer(new Peer(IndexPeers.Key(number)) { Addresses = MultiaddressesWithStats.FromEntries([row]) });

    private List<NodeId> Choose(int count, params NodeId[] excluded) =>
        [
            .. ConnectivityManager.ChooseCandidates(_peers, count, [.. excluded], IndexPeers.Now - TimeSpan.FromDays(1))
                .Select(peer => peer.NodeId),
        ];
}
