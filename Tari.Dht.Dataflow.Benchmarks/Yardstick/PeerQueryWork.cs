using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Questions to a store that knows many peers.</summary>
internal sealed class PeerQueryWork : IWorkRun
{
    private const int Drawn = 20;

    private readonly PeerManager _manager = PeerManager.Open(new PeerManagerOptions());
    private readonly DialCandidatesQuery _candidates = new() { Limit = Drawn, ExcludeFailed = true, Randomize = true };
    private readonly NodeId[] _ids;
    private readonly int _calls;
    private readonly PeerQuery _query;
    private int _next;

    public PeerQueryWork(int peers, int calls, PeerQuery query)
    {
        _calls = calls;
        _query = query;
        Peer[] population = PeerPopulation.Create(peers, DateTimeOffset.UtcNow);
        foreach (Peer peer in population)
        {
            _manager.AddOrUpdatePeer(peer);
        }

        new Random(2).Shuffle(population);
        _ids = Array.ConvertAll(population, peer => peer.NodeId);
    }

    public Task RunAsync()
    {
        for (int i = 0; i < _calls; i++)
        {
            int answers = _query switch
            {
                PeerQuery.Find => Find() ? Drawn : 0,
                PeerQuery.Random => _manager.RandomPeers(Drawn).Count,
                PeerQuery.Syncing => _manager.DiscoverySyncing(Drawn).Count,
                _ => _manager.DialCandidates(_candidates).Count,
            };
            if (answers != Drawn)
            {
                throw new InvalidOperationException($"{answers} answers.");
            }
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    private bool Find()
    {
        _next = _next + 1 == _ids.Length ? 0 : _next + 1;
        return _manager.Find(_ids[_next]) is not null;
    }
}
