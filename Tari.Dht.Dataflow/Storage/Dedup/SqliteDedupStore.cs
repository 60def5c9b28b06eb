using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>The rows of the duplicate cache in a database file.</summary>
/// <remarks>
/// One table without any further index: keys are unique and entries are ordered in memory. Times are in ticks of 100 ns since 1970-01-01
/// UTC.
/// </remarks>
internal sealed class SqliteDedupStore : IDedupStore
{
    /// <summary>Kind and version of the file; the application id reads <c>TDdc</c>.</summary>
    public static readonly SqliteSchema Schema = new(
        "a duplicate cache of this library",
        applicationId: 0x54446463,
        """
        CREATE TABLE dedup_cache (
            slot INTEGER PRIMARY KEY,
            key BLOB NOT NULL,
            sender BLOB NOT NULL,
            hits INTEGER NOT NULL,
            stored_at INTEGER NOT NULL,
            last_hit_at INTEGER NOT NULL,
            keep_until INTEGER NOT NULL,
            is_signed INTEGER NOT NULL
        ) STRICT
        """);

    /// <summary>No cache has as many slots; one above is not ours.</summary>
    private const int MaxSlots = (DedupCacheOptions.MaxCapacity * DedupRetention.CeilingFactor) + (DedupCacheOptions.MaxCapacity / 10);

    private static readonly long s_maxTime = DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks + DedupRetention.MaxEntryAgeTicks;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _replace;
    private readonly SqliteStatement _delete;
    private SqliteStatement? _read;
    private bool _isAccepted;

    /// <param name="database">A verified database of <see cref="Schema"/>; belongs to the store from now on.</param>
    public SqliteDedupStore(SqliteDatabase database)
    {
        _database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _replace = database.Prepare("REPLACE INTO dedup_cache VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _delete = database.Prepare("DELETE FROM dedup_cache WHERE slot = ?1");
        _read = database.Prepare(
            "SELECT slot, key, sender, hits, stored_at, last_hit_at, keep_until, is_signed FROM dedup_cache ORDER BY slot");
    }

    /// <inheritdoc/>
    public string Path => _database.Path;

    /// <summary>Opens a file, or makes it if there is none.</summary>
    /// <exception cref="DhtStorageException">The file cannot be used, and is as it was.</exception>
    public static SqliteDedupStore Open(string path)
    {
        SqliteDatabase database = SqliteDatabase.Open(path, Schema);
        try
        {
            return new SqliteDedupStore(database);
        }
        catch
        {
            database.Abandon();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Read(DedupRowBatch batch)
    {
        batch.Count = 0;
        while (_read is not null && batch.Count < DedupRowBatch.Capacity)
        {
            if (!_read.Step())
            {
                _read.Dispose();
                _read = null;
                break;
            }

            ReadRow(_read, batch, batch.Count++);
        }

        return batch.Count > 0;
    }

    /// <inheritdoc/>
    public DhtStorageException Damaged(string what) => SqliteErrors.Create(DhtStorageError.Damaged, Path, $"makes no sense: {what}");

    /// <inheritdoc/>
    public void Begin()
    {
        if (!_isAccepted)
        {
            _database.Accept();
            _isAccepted = true;
        }

        _begin.Run();
    }

    /// <inheritdoc/>
    public void Write(DedupRowBatch batch)
    {
        for (int row = 0; row < batch.Count; row++)
        {
            byte flags = batch.Flags[row];
            if ((flags & DedupPage.Live) == 0)
            {
                _delete.Bind(1, batch.Slots[row]);
                _delete.Run();
                continue;
            }

            _replace.Bind(1, batch.Slots[row]);
            _replace.Bind(2, batch.Keys[row].Padded[..(flags & DedupPage.LengthMask)]);
            _replace.Bind(3, batch.Senders[row].Bytes);
            _replace.Bind(4, batch.Hits[row]);
            _replace.Bind(5, batch.StoredAt[row]);
            _replace.Bind(6, batch.LastHitAt[row]);
            _replace.Bind(7, batch.KeepUntil[row]);
            _replace.Bind(8, (flags & DedupPage.Signed) != 0 ? 1 : 0);
            _replace.Run();
        }
    }

    /// <inheritdoc/>
    public void Commit() => _commit.Run();

    /// <inheritdoc/>
    public void Rollback() => _database.Rollback();

    /// <summary>Closes and leaves the files as they were when nothing was written yet.</summary>
    public void Abandon()
    {
        DisposeStatements();
        _database.Abandon();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isAccepted)
        {
            // Nothing was written, so the log is not to be written back either.
            Abandon();
            return;
        }

        DisposeStatements();
        _database.Dispose();
    }

    private void ReadRow(SqliteStatement statement, DedupRowBatch batch, int row)
    {
        long slot = statement.Integer(0);
        if (slot is < 0 or >= MaxSlots)
        {
            throw Damaged($"there is no slot {slot}");
        }

        if (!statement.IsBlob(1) || !statement.IsBlob(2))
        {
            throw Damaged($"row {slot} has a key or a sender that is not binary");
        }

        for (int column = 3; column < 8; column++)
        {
            if (!statement.IsInteger(column))
            {
                throw Damaged($"row {slot} has a column that is not a number");
            }
        }

        ReadOnlySpan<byte> key = statement.Blob(1);
        if (key.Length > PaddedKey.MaxLength)
        {
            throw Damaged($"row {slot} has a key of {key.Length} bytes");
        }

        batch.Keys[row] = new PaddedKey(key);
        int length = key.Length;
        ReadOnlySpan<byte> sender = statement.Blob(2);
        if (sender.Length != CommsPublicKey.Length)
        {
            throw Damaged($"row {slot} has a sender of {sender.Length} bytes");
        }

        batch.Senders[row] = new CommsPublicKey(sender);
        long hits = statement.Integer(3);
        if (hits is < 1 or >= IDedupCache.Unavailable)
        {
            throw Damaged($"row {slot} has {hits} hits");
        }

        long isSigned = statement.Integer(7);
        if (isSigned is not (0 or 1))
        {
            throw Damaged($"row {slot} has {isSigned} where yes or no belongs");
        }

        batch.Slots[row] = (int)slot;
        batch.Hits[row] = (uint)hits;
        batch.StoredAt[row] = ReadTime(statement, 4, slot);
        batch.LastHitAt[row] = ReadTime(statement, 5, slot);
        batch.KeepUntil[row] = ReadTime(statement, 6, slot);
        batch.Flags[row] = (byte)(DedupPage.Live | (isSigned == 1 ? DedupPage.Signed : 0) | length);
    }

    private long ReadTime(SqliteStatement statement, int column, long slot)
    {
        long time = statement.Integer(column);
        return time >= 0 && time <= s_maxTime ? time : throw Damaged($"row {slot} has an impossible time, {time}");
    }

    private void DisposeStatements()
    {
        _begin.Dispose();
        _commit.Dispose();
        _replace.Dispose();
        _delete.Dispose();
        _read?.Dispose();
    }
}
