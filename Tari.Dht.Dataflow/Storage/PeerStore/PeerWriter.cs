using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>Brings the changes of a <see cref="PeerManager"/> to its file.</summary>
/// <remarks>
/// A transaction holds everything that differs from the file at one instant, however much that is: so the file always shows a state
/// that the memory had. Members that say so are called with the manager's lock held.
/// </remarks>
internal sealed class PeerWriter : IWriteBehindSource
{
    /// <summary>A larger table of changes is not kept for the next ones.</summary>
    private const int MaxReused = 16_384;

    private readonly Lock _gate;
    private readonly IPeerStore _store;
    private readonly ILogger _logger;
    private readonly Action<PeerStoreHealth>? _healthChanged;
    private readonly WriteBehind _writeBehind;

    /// <summary>By row, the record as it is now, or null for none.</summary>
    private Dictionary<long, Peer?> _changed = [];

    /// <summary>What the write that runs has taken.</summary>
    private Dictionary<long, Peer?>? _taken;

    /// <summary>To be the next <see cref="_changed"/>; used by the writing task, or under the lock when none runs.</summary>
    private Dictionary<long, Peer?> _spare = [];

    /// <summary>The last row that was ever changed, that a write may bring to the file, that is or was in the file.</summary>
    private long _lastChangedRow, _lastTakenRow, _lastWrittenRow;

    private volatile PeerStoreHealth _health = PeerStoreHealth.Persistent;

    /// <summary>What was said last; used by the writing task.</summary>
    private PeerStoreHealth _announced = PeerStoreHealth.Persistent;

    /// <param name="gate">The manager's lock.</param>
    /// <param name="store">Belongs to the writer from now on; everything was read.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="lastRow">The last row in the file; 0 for none.</param>
    public PeerWriter(Lock gate, IPeerStore store, PeerManagerOptions options, long lastRow)
    {
        _gate = gate;
        _store = store;
        _logger = options.Logger;
        _healthChanged = options.HealthChanged;
        _lastChangedRow = _lastTakenRow = _lastWrittenRow = lastRow;
        _writeBehind = new WriteBehind(
            gate, this, new WriteBehindOptions(options.FlushInterval, options.FlushBatch, options.TimeProvider, options.TaskScheduler));
    }

    /// <summary>Whether the last write succeeded.</summary>
    public PeerStoreHealth Health => _health;

    /// <summary>The file's full path.</summary>
    public string Path => _store.Path;

    /// <inheritdoc/>
    public int ChangedCount => _changed.Count + (_taken?.Count ?? 0);

    /// <summary>
    /// Says that the file cannot be written yet, if so, and sees to it that this is tried. Called without the lock, first.
    /// </summary>
    public void Start()
    {
        if (_store.WriteFailure is not { } failure)
        {
            return;
        }

        WriteBehind.WakeUp wakeUp;
        lock (_gate)
        {
            _health = _announced = PeerStoreHealth.Degraded;
            wakeUp = _writeBehind.StartFailing();
        }

        _logger.PeerWriteFailed(failure, _store.Path, failure.Error, changes: 0);
        _writeBehind.Wake(wakeUp);
    }

    /// <summary>Notices that a record is new or was replaced. Called with the lock held.</summary>
    public void Set(Peer peer)
    {
        _changed[peer.Id] = peer;
        _lastChangedRow = Math.Max(_lastChangedRow, peer.Id);
    }

    /// <summary>Notices that a record is gone. Called with the lock held.</summary>
    public void Remove(long row)
    {
        // What never came near the file leaves no trace, or peers that come and go while the disk is full would add up.
        if (row > _lastTakenRow)
        {
            _changed.Remove(row);
        }
        else
        {
            _changed[row] = null;
        }
    }

    /// <inheritdoc cref="WriteBehind.NoteChanges"/>
    public WriteBehind.WakeUp NoteChanges(bool isUrgent) => _writeBehind.NoteChanges(isUrgent);

    /// <inheritdoc cref="WriteBehind.Wake"/>
    public void Wake(WriteBehind.WakeUp wakeUp) => _writeBehind.Wake(wakeUp);

    /// <inheritdoc cref="WriteBehind.FlushAsync"/>
    public Task FlushAsync() => _writeBehind.FlushAsync();

    /// <inheritdoc cref="WriteBehind.CloseAsync"/>
    public Task CloseAsync() => _writeBehind.CloseAsync();

    /// <inheritdoc/>
    public void Write()
    {
        if (_spare.Count > MaxReused)
        {
            _spare = [];
        }
        else
        {
            _spare.Clear();
        }

        Dictionary<long, Peer?> taken;
        lock (_gate)
        {
            if (_changed.Count == 0 && _health == PeerStoreHealth.Persistent)
            {
                return;
            }

            taken = _taken = _changed;
            _changed = _spare;
            _lastTakenRow = _lastChangedRow;
        }

        try
        {
            _store.Begin();
            foreach ((long row, Peer? peer) in taken)
            {
                if (peer is null)
                {
                    _store.Delete(row);
                }
                else
                {
                    _store.Save(peer);
                }
            }

            _store.Commit();
        }
        catch
        {
            _store.Rollback();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Settle(bool isWritten)
    {
        _health = isWritten ? PeerStoreHealth.Persistent : PeerStoreHealth.Degraded;
        if (_taken is not { } taken)
        {
            return;
        }

        _taken = null;
        if (isWritten)
        {
            _lastWrittenRow = _lastTakenRow;
            _spare = taken;
            return;
        }

        // What has changed since is fewer, as a rule, and newer.
        _lastTakenRow = _lastWrittenRow;
        foreach ((long row, Peer? peer) in _changed)
        {
            if (peer is null && row > _lastWrittenRow)
            {
                taken.Remove(row);
            }
            else
            {
                taken[row] = peer;
            }
        }

        (_changed, _spare) = (taken, _changed);
    }

    /// <inheritdoc/>
    public void OnFailing(Exception failure)
    {
        int changes;
        lock (_gate)
        {
            changes = ChangedCount;
        }

        _logger.PeerWriteFailed(failure, _store.Path, ErrorOf(failure), changes);
        Announce(PeerStoreHealth.Degraded);
    }

    /// <inheritdoc/>
    public void OnRecovered()
    {
        _logger.PeerWriteRecovered(_store.Path);
        Announce(PeerStoreHealth.Persistent);
    }

    /// <inheritdoc/>
    public void Close(Exception? failure, int lost)
    {
        if (failure is not null)
        {
            _logger.PeersLostOnClose(failure, lost, _store.Path);
        }

        _store.Dispose();
    }

    private static DhtStorageError ErrorOf(Exception failure) =>
        failure is DhtStorageException { Error: var reason } ? reason : DhtStorageError.InputOutput;

    [SuppressMessage("Design", "CA1031", Justification = "A callback that throws must not end the writing.")]
    private void Announce(PeerStoreHealth health)
    {
        if (_announced == health)
        {
            return;
        }

        _announced = health;
        try
        {
            _healthChanged?.Invoke(health);
        }
        catch (Exception exception)
        {
            _logger.PeerHealthCallbackFailed(exception);
        }
    }
}
