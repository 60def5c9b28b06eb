using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>A store in memory that shows what was committed and fails on demand.</summary>
internal sealed class MemoryDedupStore : IDedupStore
{
    private readonly SortedDictionary<int, Row> _pending = [];
    private readonly HashSet<int> _pendingDeletes = [];
    private List<Row>? _toRead;
    private bool _inTransaction;

    /// <summary>What a restart would find, by slot.</summary>
    public SortedDictionary<int, Row> Rows { get; init; } = [];

    /// <summary>Where the next calls fail.</summary>
    public Failure FailsAt { get; set; }

    /// <summary>Called in the middle of a transaction, outside of every lock.</summary>
    public Action? DuringWrite { get; set; }

    public int Commits { get; private set; }

    public int RowsWritten { get; private set; }

    public int Rollbacks { get; private set; }

    public bool IsDisposed { get; private set; }

    public string Path => "memory";

    public enum Failure
    {
        None,
        Begin,
        Write,
        Commit,
    }

    public bool Read(DedupRowBatch batch)
    {
        _toRead ??= [.. Rows.Values];
        batch.Count = 0;
        foreach (Row row in _toRead.Take(DedupRowBatch.Capacity))
        {
            int i = batch.Count++;
            batch.Slots[i] = row.Slot;
            batch.Keys[i] = new PaddedKey(row.Key);
            batch.Senders[i] = row.Sender;
            batch.Hits[i] = row.Hits;
            batch.StoredAt[i] = row.StoredAt;
            batch.LastHitAt[i] = row.LastHitAt;
            batch.KeepUntil[i] = row.KeepUntil;
            batch.Flags[i] = (byte)(DedupPage.Live | (row.IsSigned ? DedupPage.Signed : 0) | row.Key.Length);
        }

        _toRead.RemoveRange(0, batch.Count);
        return batch.Count > 0;
    }

    public DhtStorageException Damaged(string what) => new(DhtStorageError.Damaged, Path, what);

    public void Begin()
    {
        ThrowIf(Failure.Begin);
        Assert.That(_inTransaction, Is.False, "transactions do not nest");
        _inTransaction = true;
    }

    public void Write(DedupRowBatch batch)
    {
        Assert.That(_inTransaction, "rows are written in a transaction");
        DuringWrite?.Invoke();
        ThrowIf(Failure.Write);
        for (int i = 0; i < batch.Count; i++)
        {
            int slot = batch.Slots[i];
            byte flags = batch.Flags[i];
            RowsWritten++;
            if ((flags & DedupPage.Live) == 0)
            {
                _pending.Remove(slot);
                _pendingDeletes.Add(slot);
                continue;
            }

            _pendingDeletes.Remove(slot);
            _pending[slot] = new Row(
                slot,
                batch.Keys[i].Padded[..(flags & DedupPage.LengthMask)].ToArray(),
                batch.Senders[i],
                batch.Hits[i],
                batch.StoredAt[i],
                batch.LastHitAt[i],
                batch.KeepUntil[i],
                (flags & DedupPage.Signed) != 0);
        }
    }

    public void Commit()
    {
        ThrowIf(Failure.Commit);
        foreach (int slot in _pendingDeletes)
        {
            Rows.Remove(slot);
        }

        foreach ((int slot, Row row) in _pending)
        {
            Rows[slot] = row;
        }

        Commits++;
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
        _pendingDeletes.Clear();
    }

    private void ThrowIf(Failure at)
    {
        if (FailsAt == at)
        {
            throw new DhtStorageException(DhtStorageError.InputOutput, Path, "no room left");
        }
    }

    public sealed record Row(
        int Slot, byte[] Key, CommsPublicKey Sender, uint Hits, long StoredAt, long LastHitAt, long KeepUntil, bool IsSigned);
}
