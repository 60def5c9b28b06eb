namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>Writes the changes of a <see cref="DedupTable"/> to its store, in one go.</summary>
/// <remarks>
/// Goes once through all pages and copies the changed rows of one page at a time under the table's lock; one transaction holds them all.
/// When that fails, the rows count as changed again.
/// </remarks>
internal sealed class DedupWriter : IWriteBehindSource
{
    private readonly Lock _gate;
    private readonly DedupTable _table;
    private readonly IDedupStore _store;
    private readonly DedupCacheOptions _options;
    private readonly DedupRowBatch _batch = new();

    /// <param name="gate">The table's lock.</param>
    /// <param name="table">Tracks its changes.</param>
    /// <param name="store">Belongs to the writer from now on.</param>
    /// <param name="options">Valid options.</param>
    public DedupWriter(Lock gate, DedupTable table, IDedupStore store, DedupCacheOptions options)
    {
        _gate = gate;
        _table = table;
        _store = store;
        _options = options;
    }

    /// <inheritdoc/>
    public int ChangedCount => _table.ChangedCount;

    /// <inheritdoc/>
    public void Write()
    {
        try
        {
            bool begun = false;
            for (int page = 0; page < _table.PageCount; page++)
            {
                lock (_gate)
                {
                    _table.CollectChanged(page, _batch);
                }

                if (_batch.Count == 0)
                {
                    continue;
                }

                if (!begun)
                {
                    _store.Begin();
                    begun = true;
                }

                _store.Write(_batch);
            }

            if (begun)
            {
                _store.Commit();
            }
        }
        catch
        {
            _store.Rollback();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Settle(bool isWritten) => _table.Settle(isWritten);

    /// <inheritdoc/>
    public void OnFailing(Exception failure)
    {
        DhtStorageError error = failure is DhtStorageException { Error: var reason } ? reason : DhtStorageError.InputOutput;
        _options.Logger.DedupWriteFailed(failure, _store.Path, error);
    }

    /// <inheritdoc/>
    public void OnRecovered() => _options.Logger.DedupWriteRecovered(_store.Path);

    /// <inheritdoc/>
    public void Close(Exception? failure, int lost)
    {
        if (failure is not null)
        {
            _options.Logger.DedupLostOnClose(failure, lost, _store.Path);
        }

        _store.Dispose();
    }
}
