using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Storage.Metadata;

/// <summary>A few values that a node keeps from one run to the next: in memory, with an optional file behind.</summary>
/// <remarks>
/// Keys are texts, values bytes; both are few and small. Reading never waits. A change is visible at once and is written right away on
/// <see cref="DhtMetadataStoreOptions.TaskScheduler"/>; what could not be written is tried again until it is. Thread safe.
/// </remarks>
internal sealed class DhtMetadataStore : IWriteBehindSource, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly DhtMetadataStoreOptions _options;
    private readonly Dictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _writing = new(StringComparer.Ordinal);
    private readonly SqliteMetadataTable? _table;
    private readonly WriteBehind? _writer;
    private bool _isClosed;

    /// <param name="options">Valid options.</param>
    /// <param name="table">Belongs to the store once the constructor succeeded; null for none.</param>
    /// <exception cref="DhtStorageException">The table cannot be read.</exception>
    internal DhtMetadataStore(DhtMetadataStoreOptions options, SqliteMetadataTable? table)
    {
        _options = options with { Logger = GuardedLogger.Of(options.Logger) };
        _table = table;
        if (table is not null)
        {
            table.Read(_entries);
            _writer = new WriteBehind(
                _gate, this, new WriteBehindOptions(options.RetryInterval, FlushBatch: 1, options.TimeProvider, options.TaskScheduler));
        }
    }

    /// <summary>The last attempt to write the file failed; what changed stays in memory, and writing is tried again.</summary>
    public bool IsFailing
    {
        get
        {
            lock (_gate)
            {
                return _writer is { IsFailing: true };
            }
        }
    }

    /// <inheritdoc/>
    int IWriteBehindSource.ChangedCount => _changed.Count + _writing.Count;

    /// <summary>Opens a store, with its file if the options name one. Reads the file on the calling thread.</summary>
    /// <param name="options">How the store works.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be used; it is as it was before.</exception>
    public static DhtMetadataStore Open(DhtMetadataStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.DatabasePath is null)
        {
            return new DhtMetadataStore(options, null);
        }

        SqliteMetadataTable table = SqliteMetadataTable.Open(options.DatabasePath);
        try
        {
            return new DhtMetadataStore(options, table);
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary><see cref="Open"/> on the scheduler of the options.</summary>
    /// <param name="options">How the store works.</param>
    /// <param name="cancellationToken">Ends the waiting for the scheduler; opening itself runs to its end.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be used; it is as it was before.</exception>
    public static Task<DhtMetadataStore> OpenAsync(DhtMetadataStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Task.Factory.StartNew(
            static state => Open((DhtMetadataStoreOptions)state!),
            options,
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            options.TaskScheduler);
    }

    /// <summary>The value of a key; null when there is none.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ObjectDisposedException">The store was closed.</exception>
    public ReadOnlyMemory<byte>? Get(string key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return _entries.TryGetValue(key, out byte[]? value) ? (ReadOnlyMemory<byte>?)value : null;
        }
    }

    /// <summary>Replaces the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; copied.</param>
    /// <returns>
    /// Ends when it is written, or with a <see cref="DhtStorageException"/>; the value is in memory then, and writing is tried again.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The store was closed.</exception>
    public Task SetAsync(string key, ReadOnlySpan<byte> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        byte[] copy = value.ToArray();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _entries[key] = copy;
            if (_writer is not null)
            {
                _changed.Add(key);
            }
        }

        return _writer is null ? Task.CompletedTask : _writer.FlushAsync();
    }

    /// <summary>Writes what is left and closes the file. Does not throw: what could not be written is logged.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        return _writer is null ? ValueTask.CompletedTask : new ValueTask(_writer.CloseAsync());
    }

    /// <inheritdoc/>
    void IWriteBehindSource.Write()
    {
        KeyValuePair<string, byte[]>[] changes;
        lock (_gate)
        {
            changes = new KeyValuePair<string, byte[]>[_changed.Count];
            int count = 0;
            foreach (string key in _changed)
            {
                changes[count++] = new(key, _entries[key]);
                _writing.Add(key);
            }

            _changed.Clear();
        }

        if (changes.Length > 0)
        {
            _table!.Write(changes);
        }
    }

    /// <inheritdoc/>
    void IWriteBehindSource.Settle(bool isWritten)
    {
        if (!isWritten)
        {
            _changed.UnionWith(_writing);
        }

        _writing.Clear();
    }

    /// <inheritdoc/>
    void IWriteBehindSource.OnFailing(Exception failure)
    {
        DhtStorageError error = failure is DhtStorageException { Error: var reason } ? reason : DhtStorageError.InputOutput;
        _options.Logger.MetadataWriteFailed(failure, _table!.Path, error);
    }

    /// <inheritdoc/>
    void IWriteBehindSource.OnRecovered() => _options.Logger.MetadataWriteRecovered(_table!.Path);

    /// <inheritdoc/>
    void IWriteBehindSource.Close(Exception? failure, int lost)
    {
        if (failure is not null)
        {
            _options.Logger.MetadataLostOnClose(failure, lost, _table!.Path);
        }

        _table!.Dispose();
    }
}
