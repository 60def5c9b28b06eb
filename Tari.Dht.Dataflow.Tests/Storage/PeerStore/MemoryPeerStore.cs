using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>A store in memory that shows what was committed and fails on demand.</summary>
internal sealed class MemoryPeerStore : IPeerStore
{
    private readonly Dictionary<long, Peer?> _pending = [];
    private bool _inTransaction;

    /// <summary>What a restart would find, by row.</summary>
    public SortedDictionary<long, Peer> Rows { get; init; } = [];

    /// <summary>The rows as they were after each commit.</summary>
    public List<Peer[]> States { get; } = [];

    /// <summary>Where the next calls fail.</summary>
    public Failure FailsAt { get; set; }

    /// <summary>Called in the middle of a transaction, outside of every lock.</summary>
    public Action? DuringWrite { get; set; }

    public int Commits { get; private set; }

    public int Saves { get; private set; }

    public int Deletes { get; private set; }

    public int Rollbacks { get; private set; }

    public bool IsDisposed { get; private set; }

    public string Path => "memory";

    public int Skipped { get; init; }

    public DhtStorageException? WriteFailure { get; set; }

    public enum Failure
    {
        None,
        Begin,
        Save,
        Commit,
    }

    public IEnumerable<Peer> Load() => [.. Rows.Values];

    public void Begin()
    {
        ThrowIf(Failure.Begin);
        Assert.That(_inTransaction, Is.False, "transactions do not nest");
        _inTransaction = true;
        DuringWrite?.Invoke();
    }

    public void Save(Peer peer)
    {
        Assert.That(_inTransaction, "records are written in a transaction");
        ThrowIf(Failure.Save);
        Saves++;
        _pending[peer.Id] = peer;
    }

    public void Delete(long id)
    {
        Assert.That(_inTransaction, "records are deleted in a transaction");
        Deletes++;
        _pending[id] = null;
    }

    public void Commit()
    {
        ThrowIf(Failure.Commit);
        foreach ((long row, Peer? peer) in _pending)
        {
            if (peer is null)
            {
                Rows.Remove(row);
            }
            else
            {
                Rows[row] = peer;
            }
        }

        WriteFailure = null;
        Commits++;
        States.Add([.. Rows.Values]);
        EndTransaction();
    }

    public void Rollback()
    {
        Rollbacks++;
        EndTransaction();
    }

    public void Dispose() => IsDisposed = true;

    private void EndTransaction()
    {
        _inTransaction = false;
        _pending.Clear();
    }

    private void ThrowIf(Failure at)
    {
        if (FailsAt == at)
        {
            throw new DhtStorageException(DhtStorageError.InputOutput, Path, "no room left");
        }
    }
}
