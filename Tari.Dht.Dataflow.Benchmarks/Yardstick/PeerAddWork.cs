using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Peers new to a store with a file; a slice ends when all of them are in the file.</summary>
internal sealed class PeerAddWork(int count) : IWorkRun
{
    private readonly TemporaryFolder _folder = new();
    private readonly Peer[] _peers = PeerPopulation.Create(count, DateTimeOffset.UtcNow);
    private PeerManager? _manager;
    private int _slice;

    public void Prepare() =>
        _manager = PeerManager.Open(new PeerManagerOptions { DatabasePath = _folder[$"{_slice++}.db"], MaxPeerRows = count });

    public Task RunAsync()
    {
        foreach (Peer peer in _peers)
        {
            _manager!.AddOrUpdatePeer(peer);
        }

        return _manager!.FlushAsync();
    }

    public void Finish()
    {
        if (_manager!.Count != count)
        {
            throw new InvalidOperationException("Peers are missing.");
        }

        _manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
