using System.Diagnostics.CodeAnalysis;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>Counts how often each message was seen: in memory, with an optional file behind that survives a restart.</summary>
/// <remarks>
/// <para>
/// Memory is the truth. Changes are written to the file later, in batches, by a task on <see cref="DedupCacheOptions.TaskScheduler"/>; no
/// hit waits for the disk, and a hit on a full cache allocates nothing. A crash loses what was not written yet: at most what came within
/// <see cref="DedupCacheOptions.FlushInterval"/> and the time of one write.
/// </para>
/// <para>
/// An entry is kept for 3 h 10 min after its last hit, and a signed message that expires later until 10 min after its expiry, but no
/// longer than a day. Entries that expired are removed, the earliest first, when there are more than
/// <see cref="DedupCacheOptions.Capacity"/>. Those that have not may be ten times as many; above this ceiling the ones hit least recently
/// are removed, unsigned ones before signed ones. Trims are done when the cache opens, after every <c>max(capacity / 10, 100)</c> new
/// entries, by time, and by <see cref="Trim"/>. So there are never more entries than the ceiling and that many new ones.
/// </para>
/// <para>
/// When the file cannot be written, <see cref="RecordHit"/> answers <see cref="IDedupCache.Unavailable"/> and counts nothing, until an
/// attempt to write succeeds; one is made each <see cref="DedupCacheOptions.FlushInterval"/>. What is in memory stays there.
/// </para>
/// <para>All members are thread safe.</para>
/// </remarks>
public sealed class DedupCache : IDedupCache
{
    private const int TrimIdle = 0;
    private const int TrimRunning = 1;
    private const int TrimAgain = 2;

    private static readonly TimeSpan s_ceilingLogInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly DedupCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly DedupTable _table;
    private readonly WriteBehind? _writer;
    private readonly ITimer _trimTimer;
    private readonly long _minAgeTicks;
    private readonly int _ceiling;
    private readonly int _trimStep;

    /// <summary>New entries since the last trim because of growth.</summary>
    private int _added;

    private int _trimState;
    private bool _isClosed;
    private long? _ceilingLogged;

    /// <param name="options">Valid options.</param>
    /// <param name="store">Belongs to the cache once the constructor succeeded; null for none.</param>
    /// <exception cref="DhtStorageException">The store cannot be read.</exception>
    internal DedupCache(DedupCacheOptions options, IDedupStore? store)
    {
        options = options with { Logger = GuardedLogger.Of(options.Logger) };
        _options = options;
        _time = options.TimeProvider;
        _minAgeTicks = options.MinEntryAge.Ticks;
        _ceiling = DedupRetention.Ceiling(options.Capacity);
        _trimStep = DedupRetention.TrimStep(options.Capacity);
        _table = new DedupTable(_ceiling + _trimStep, tracksChanges: store is not null);
        if (store is not null)
        {
            Restore(_table, store);
            _writer = new WriteBehind(
                _gate,
                new DedupWriter(_gate, _table, store, options),
                new WriteBehindOptions(options.FlushInterval, options.FlushBatch, _time, options.TaskScheduler));
        }

        Trim();
        _trimTimer = _time.CreateTimer(
            static state => ((DedupCache)state!).StartTrim(), this, options.TrimInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Entries in the cache.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _table.Count;
            }
        }
    }

    /// <summary>
    /// Whether hits are recorded: not after a failed write, until one succeeds, and not after <see cref="DisposeAsync"/>.
    /// </summary>
    public bool IsAvailable
    {
        get
        {
            lock (_gate)
            {
                return !IsUnavailable;
            }
        }
    }

    private bool IsUnavailable => _isClosed || _writer is { IsFailing: true };

    /// <summary>Opens a cache, with its file if the options name one, and trims it. Reads the file on the calling thread.</summary>
    /// <param name="options">How the cache works.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be used; it is as it was before.</exception>
    public static DedupCache Open(DedupCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.DatabasePath is null)
        {
            return new DedupCache(options, null);
        }

        SqliteDedupStore store = SqliteDedupStore.Open(options.DatabasePath);
        try
        {
            var cache = new DedupCache(options, store);
            cache._options.Logger.DedupCacheOpened(cache.Count, store.Path);
            return cache;
        }
        catch
        {
            store.Abandon();
            throw;
        }
    }

    /// <summary><see cref="Open"/> on the scheduler of the options.</summary>
    /// <param name="options">How the cache works.</param>
    /// <param name="cancellationToken">Ends the waiting for the scheduler; opening itself runs to its end.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be used; it is as it was before.</exception>
    public static Task<DedupCache> OpenAsync(DedupCacheOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Task.Factory.StartNew(
            static state => Open((DedupCacheOptions)state!),
            options,
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            options.TaskScheduler);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The key has more than 32 bytes.</exception>
    public uint RecordHit(ReadOnlySpan<byte> key, in CommsPublicKey receivedFrom, ulong? expires, bool isSigned)
    {
        var paddedKey = new PaddedKey(key);
        long now = Now();
        long keepUntil = DedupRetention.KeepUntil(now, expires, isSigned, _minAgeTicks);
        uint hits;
        (int Expired, int Forced) removed = default;
        var wakeUp = WriteBehind.WakeUp.None;
        lock (_gate)
        {
            if (IsUnavailable)
            {
                return IDedupCache.Unavailable;
            }

            hits = _table.Hit(paddedKey, key.Length, receivedFrom, now, keepUntil, isSigned);
            if (hits == 1 && ++_added == _trimStep)
            {
                // Within the lock, so that no other hit comes between and the bound holds.
                _added = 0;
                removed = _table.Trim(now, _options.Capacity, _ceiling);
            }

            if (_writer is not null)
            {
                wakeUp = _writer.NoteChanges();
            }
        }

        if (removed != default)
        {
            LogTrim(removed);
        }

        if (wakeUp != WriteBehind.WakeUp.None)
        {
            _writer!.Wake(wakeUp);
        }

        return hits;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The key has more than 32 bytes.</exception>
    public uint GetHitCount(ReadOnlySpan<byte> key)
    {
        var paddedKey = new PaddedKey(key);
        lock (_gate)
        {
            return _table.GetHits(paddedKey, key.Length);
        }
    }

    /// <inheritdoc/>
    public int Trim()
    {
        if (!ClaimTrim())
        {
            return 0;
        }

        int removed = 0;
        try
        {
            do
            {
                Volatile.Write(ref _trimState, TrimRunning);
                removed += TrimOnce();
            }
            while (Interlocked.CompareExchange(ref _trimState, TrimIdle, TrimRunning) != TrimRunning);
        }
        catch
        {
            Volatile.Write(ref _trimState, TrimIdle);
            throw;
        }

        return removed;
    }

    /// <summary>
    /// Waits until everything recorded before is in the file. Without a file there is nothing to wait for. After
    /// <see cref="DisposeAsync"/> it tells whether the last write succeeded.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the writing.</param>
    /// <exception cref="DhtStorageException">Writing failed; the changes stay in memory and are tried again.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) =>
        _writer is null ? Task.CompletedTask : _writer.FlushAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Refuses further hits, writes what is left and closes the file. Does not throw: what could not be written is logged.
    /// Use <see cref="FlushAsync"/> before to be sure.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        // Whoever waits goes on where it waits, so nothing here may continue on the thread pool unless a trim is running.
        ValueTask timer = _trimTimer.DisposeAsync();
        return _writer is null || !timer.IsCompletedSuccessfully ? CloseAsync(timer) : new ValueTask(_writer.CloseAsync());
    }

    private async ValueTask CloseAsync(ValueTask timer)
    {
        await timer.ConfigureAwait(false);
        if (_writer is not null)
        {
            await _writer.CloseAsync().ConfigureAwait(false);
        }
    }

    private static void Restore(DedupTable table, IDedupStore store)
    {
        var batch = new DedupRowBatch();
        while (store.Read(batch))
        {
            for (int row = 0; row < batch.Count; row++)
            {
                if (!table.TryRestore(batch, row))
                {
                    throw store.Damaged($"row {batch.Slots[row]} repeats the key and the time of another row");
                }
            }
        }

        table.EndRestore();
    }

    /// <summary>Now in ticks since 1970; a clock before that reads 0.</summary>
    private long Now() => Math.Max(0, _time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks);

    /// <summary>Becomes the one trim that runs, or makes that one do another pass.</summary>
    private bool ClaimTrim()
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _trimState, TrimRunning, TrimIdle))
            {
                case TrimIdle:
                    return true;
                case TrimAgain:
                    return false;
                default:
                    if (Interlocked.CompareExchange(ref _trimState, TrimAgain, TrimRunning) == TrimRunning)
                    {
                        return false;
                    }

                    break;
            }
        }
    }

    private int TrimOnce()
    {
        long now = Now();
        (int Expired, int Forced) removed;
        var wakeUp = WriteBehind.WakeUp.None;
        lock (_gate)
        {
            if (_isClosed)
            {
                return 0;
            }

            removed = _table.Trim(now, _options.Capacity, _ceiling);
            if (_writer is not null)
            {
                wakeUp = _writer.NoteChanges();
            }
        }

        LogTrim(removed);
        _writer?.Wake(wakeUp);
        return removed.Expired + removed.Forced;
    }

    private void LogTrim((int Expired, int Forced) removed)
    {
        if (removed == default)
        {
            return;
        }

        _options.Logger.DedupTrimmed(removed.Expired + removed.Forced, Count);
        if (removed.Forced > 0 && MayLogCeiling())
        {
            _options.Logger.DedupAboveCeiling(_ceiling, removed.Forced);
        }
    }

    private bool MayLogCeiling()
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            if (_ceilingLogged is { } last && _time.GetElapsedTime(last, now) < s_ceilingLogInterval)
            {
                return false;
            }

            _ceilingLogged = now;
            return true;
        }
    }

    private void StartTrim() =>
        BackgroundWork.Start(static state => ((DedupCache)state!).TrimByTime(), this, _options.TaskScheduler);

    [SuppressMessage("Design", "CA1031", Justification = "A clock or a logger that throws must not end the trims.")]
    private void TrimByTime()
    {
        try
        {
            Trim();
        }
        catch (Exception exception)
        {
            _options.Logger.DedupTrimFailed(exception);
        }

        // Only now, so that a trim that comes late delays the following ones.
        _trimTimer.Change(_options.TrimInterval, Timeout.InfiniteTimeSpan);
    }
}
