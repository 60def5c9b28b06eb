using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class BanTableTests
{
    private readonly ManualTimeProvider _time = new(IndexPeers.Now);
    private PeerManager _peers = null!;
    private BanTable _bans = null!;

    [SetUp]
    public void OpenStore()
    {
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(1) });
        _bans = new BanTable(_peers);
    }

    [TearDown]
    public async Task CloseStore() => await _peers.DisposeAsync();

    [Test]
    public void CC_12_The_number_of_a_ban_is_current_until_the_ban_is_lifted_or_the_store_forgets_it()
    {
        long lifted = Ban(1), forgotten = Ban(2);
        Assert.That((IsCurrent(1, lifted), IsCurrent(2, forgotten)), Is.EqualTo((true, true)));

        _peers.UnbanPeer(ScriptedTransport.Id(1));
        Assert.That((IsCurrent(1, lifted), IsCurrent(2, forgotten)), Is.EqualTo((false, true)));

        FillBookkeeping();
        Assert.That((IsCurrent(1, lifted), IsCurrent(2, forgotten)), Is.EqualTo((false, false)));
        long again = _bans.GenerationOf(ScriptedTransport.Id(2));
        Assert.That((IsCurrent(2, again), IsCurrent(2, forgotten)), Is.EqualTo((true, false)), "a number is never given twice");
    }

    [Test]
    public void CC_11_Bans_that_were_lifted_forgotten_or_have_ended_leave_the_table_and_no_others()
    {
        Ban(1);
        FillBookkeeping();
        Ban(2);
        Ban(3, minutes: 1);
        Ban(4);
        _peers.UnbanPeer(ScriptedTransport.Id(2));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(Enumerable.Range(1, 4).Select(IsInForce), Is.EqualTo(new[] { false, false, false, true }));
        Assert.That(_bans.Count, Is.EqualTo(4));

        _bans.Prune(_time.GetUtcNow());

        Assert.That(_bans.Count, Is.EqualTo(1));
        Assert.That(IsInForce(4));
    }

    private bool IsCurrent(int number, long generation) => _bans.IsCurrent(ScriptedTransport.Id(number), generation);

    private bool IsInForce(int number) => _bans.IsInForce(ScriptedTransport.Id(number), _time.GetUtcNow());

    private long Ban(int number, int minutes = 60)
    {
        _peers.AddOrUpdatePeer(new Peer(IndexPeers.Key(number)));
        long generation = _bans.GenerationOf(ScriptedTransport.Id(number));
        _bans.Set(ScriptedTransport.Id(number), _time.GetUtcNow() + TimeSpan.FromMinutes(minutes), generation);
        _peers.BanPeerByNodeId(ScriptedTransport.Id(number), TimeSpan.FromMinutes(minutes), "a test");
        return generation;
    }

    /// <summary>The store remembers the numbers of so many peers only.</summary>
    private void FillBookkeeping()
    {
        for (int i = 0; i < BanGenerations.MaxTracked + 1; i++)
        {
            _peers.BanGeneration(ScriptedTransport.Id(1000 + i));
        }
    }
}
