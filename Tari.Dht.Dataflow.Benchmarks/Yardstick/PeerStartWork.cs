using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>A store that opens a file with peers, until it answers. An operation is one peer of the file.</summary>
internal sealed class PeerStartWork : IWorkRun
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _count;
    private PeerManager? _manager;
    private long _before;

    public PeerStartWork(int count)
    {
        _count = count;
        PeerManager manager = Open();
        foreach (Peer peer in PeerPopulation.Create(count, DateTimeOffset.UtcNow))
        {
            manager.AddOrUpdatePeer(peer);
        }

        manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>What a peer takes in memory, everything counted.</summary>
    public double? BytesPerOperation { get; private set; }

    public void Prepare() => _before = GC.GetTotalMemory(forceFullCollection: true);

    public Task RunAsync()
    {
        _manager = Open();
        return Task.CompletedTask;
    }

    public void Finish()
    {
        if (_manager!.Count != _count)
        {
            throw new InvalidOperationException("Peers are missing.");
        }

        BytesPerOperation = (double)(GC.GetTotalMemory(forceFullCollection: true) - _before) / _count;
        _manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _manager = null;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private PeerManager Open() => PeerManager.Open(new PeerManagerOptions { DatabasePath = _folder["peers.db"], MaxPeerRows = _count });
}
