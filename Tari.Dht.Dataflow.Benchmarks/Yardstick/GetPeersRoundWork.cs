using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>
/// The answer of a peer that tells of others nobody knew: read, validated and stored. An operation is one of these peers.
/// </summary>
internal sealed class GetPeersRoundWork : IWorkRun
{
    private readonly GetPeersAnswer[] _answers;
    private readonly int _peers;
    private PeerManager _store = PeerManager.Open(new PeerManagerOptions());
    private int _next;

    public GetPeersRoundWork(int slices, int peers)
    {
        _peers = peers;
        _answers = new GetPeersAnswer[slices];
        for (int i = 0; i < slices; i++)
        {
            _answers[i] = GetPeersAnswer.Create(peers);
        }
    }

    public Task RunAsync() => GetPeersRound.RunAsync(_answers[_next++], _peers, _store);

    public void Finish()
    {
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _store = PeerManager.Open(new PeerManagerOptions());
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
