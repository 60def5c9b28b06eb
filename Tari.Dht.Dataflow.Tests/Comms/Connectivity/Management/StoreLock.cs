using System.Collections;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

/// <summary>
/// Holds a store's lock on another thread: a collection asks who is connected, the second time with the lock held, and then waits for the
/// answer. For a store of peers that were never seen and may have one row.
/// </summary>
internal sealed class StoreLock : IReadOnlySet<NodeId>, IDisposable
{
    private readonly ManualResetEventSlim _locked = new();
    private readonly ManualResetEventSlim _released = new();
    private readonly Thread _thread;
    private readonly int _peers;
    private int _asked;

    public StoreLock(PeerManager peers)
    {
        _peers = peers.Count;
        _thread = new Thread(() => peers.CollectGarbage(this));
        _thread.Start();
        _locked.Wait();
    }

    public bool IsLocked => _locked.IsSet && !_released.IsSet;

    public int Count => 0;

    public bool Contains(NodeId item)
    {
        if (++_asked <= _peers)
        {
            return false;
        }

        _locked.Set();
        _released.Wait();
        return true;
    }

    public void Dispose()
    {
        _released.Set();
        _thread.Join();
        _locked.Dispose();
        _released.Dispose();
    }

    public bool IsProperSubsetOf(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public bool IsProperSupersetOf(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public bool IsSubsetOf(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public bool IsSupersetOf(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public bool Overlaps(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public bool SetEquals(IEnumerable<NodeId> other) => throw new NotSupportedException();

    public IEnumerator<NodeId> GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
