using System.Security.Cryptography;
using SQLitePCL;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>A database file that this process alone uses: checked before it is changed, then open for prepared statements.</summary>
/// <remarks>
/// The journal is a write-ahead log with <c>synchronous = NORMAL</c>: a crash of the process loses nothing that was committed, a loss of
/// power may lose the last commits, and neither damages the file. Not thread safe.
/// </remarks>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>As the reference has it.</summary>
    private const int JournalSizeLimit = 64 * 1024 * 1024;

    /// <summary>Pages of the log, 16 MiB, after which it is written back; each time waits for the disk.</summary>
    private const int CheckpointPages = 4096;

    private readonly sqlite3 _handle;

    /// <summary>Those that were not disposed of; as long as there is one, SQLite does not let go of the file.</summary>
    private readonly HashSet<SqliteStatement> _statements = [];

    /// <summary>The length of the log before this process opened the file; null when there was none.</summary>
    private readonly long? _logLength;

    private readonly bool _isFile;
    private SqliteLease? _lease;
    private int _version;

    /// <summary>Something was committed, so the log is no longer as it was.</summary>
    private bool _isChanged;

    private bool _isClosed;

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(string path, bool isFile)
    {
        Path = path;
        _isFile = isFile;
        if (isFile)
        {
            var log = new FileInfo(LogPath);
            _logLength = log.Exists ? log.Length : null;
        }

        // One thread at a time uses it, so SQLite need not lock each of the many small calls.
        const int Flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX;
        int code = raw.sqlite3_open_v2(isFile ? path : ":memory:", out _handle, Flags, null);
        if (code != raw.SQLITE_OK)
        {
            _handle.Dispose();
            throw SqliteErrors.Create(
                SqliteErrors.Classify(code), path, $"cannot be opened ({raw.sqlite3_errstr(code).utf8_to_string()}, code {code})");
        }
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    private string LogPath => Path + "-wal";

    /// <summary>Whether the path no longer leads to the file that is open. Where an open file cannot be moved, it never does.</summary>
    private unsafe bool HasMoved
    {
        get
        {
            int moved = 0;
            int code = Interop.Interop.sqlite3_file_control(_handle, null, Interop.Interop.SQLITE_FCNTL_HAS_MOVED, &moved);
            return code == raw.SQLITE_OK && moved != 0;
        }
    }

    /// <summary>
    /// Opens a file, or makes it if there is none, checks all of it and brings it to the version of the schema. Apart from that nothing in
    /// it changes until <see cref="Accept"/>.
    /// </summary>
    /// <exception cref="DhtStorageException">The file cannot be used, and is as it was.</exception>
    public static SqliteDatabase Open(string path, SqliteSchema schema)
    {
        SqliteLease lease = SqliteLease.Take(path);
        try
        {
            SqliteDatabase database = OpenAsIs(lease, schema);
            try
            {
                database.Upgrade(schema);
            }
            catch
            {
                database.Abandon();
                throw;
            }

            database._lease = lease;
            return database;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="Open"/>, but leaves the version to <see cref="Upgrade"/> and the lease to the caller.</summary>
    /// <exception cref="DhtStorageException">The file cannot be used, and is as it was.</exception>
    public static SqliteDatabase OpenAsIs(SqliteLease lease, SqliteSchema schema)
    {
        string path = lease.Path;
        if (!SqliteFile.Exists(path))
        {
            SqliteFile.Create(path, schema);
        }

        SqliteFile.CheckHeader(path, schema);
        var database = new SqliteDatabase(path, isFile: true);
        try
        {
            database.TakeFile();
            database.Verify(schema);
            return database;
        }
        catch
        {
            database.Abandon();
            throw;
        }
    }

    /// <summary>A copy of a file in memory, checked and brought to the version of the schema; what is done with it stays there.</summary>
    /// <param name="path">Names the file in messages.</param>
    /// <param name="image">The file's content; empty afterwards.</param>
    /// <param name="schema">What the file holds.</param>
    /// <exception cref="DhtStorageException">The content makes no sense.</exception>
    public static SqliteDatabase OpenCopy(string path, SqliteImage image, SqliteSchema schema)
    {
        var database = new SqliteDatabase(path, isFile: false);
        try
        {
            const int Flags = raw.SQLITE_DESERIALIZE_FREEONCLOSE | raw.SQLITE_DESERIALIZE_RESIZEABLE;
            (IntPtr data, int length) = image.Detach();
            database.Check(raw.sqlite3_deserialize(database._handle, "main", data, length, length, Flags));
            database.Verify(schema);
            database.Upgrade(schema);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>An empty database in memory.</summary>
    /// <param name="name">Names it in messages.</param>
    public static SqliteDatabase InMemory(string name) => new(name, isFile: false);

    /// <summary>Makes the objects in an empty file.</summary>
    public static void Build(string path, SqliteSchema schema)
    {
        using var database = new SqliteDatabase(path, isFile: true);
        database.Execute("BEGIN");
        database.TakeSteps(schema, 0, schema.Version);
        database.Execute($"PRAGMA application_id = {schema.ApplicationId}");
        database.Execute($"PRAGMA user_version = {schema.Version}");
        database.Execute("COMMIT");
        database.RequireLog();
    }

    /// <summary>Takes the steps of a schema, within the transaction of the caller if there is one.</summary>
    public void TakeSteps(SqliteSchema schema, int from, int to)
    {
        for (int version = from + 1; version <= to; version++)
        {
            Check(raw.sqlite3_exec(_handle, schema.StepTo(version)));
        }
    }

    /// <summary>Brings a checked file to the version of the schema in one transaction.</summary>
    /// <exception cref="DhtStorageException">That failed; <see cref="Abandon"/> leaves the file as it was.</exception>
    public void Upgrade(SqliteSchema schema)
    {
        if (_version == schema.Version)
        {
            return;
        }

        // Nothing goes to the log before the commit.
        Execute("PRAGMA cache_spill = OFF");
        Execute("BEGIN IMMEDIATE");
        try
        {
            TakeSteps(schema, _version, schema.Version);
            Execute($"PRAGMA user_version = {schema.Version}");
            RequireObjects(schema.ObjectsAt(schema.Version));
            Execute("COMMIT");
        }
        catch
        {
            Rollback();
            throw;
        }

        _version = schema.Version;
        _isChanged = true;
        Execute("PRAGMA cache_spill = ON");
    }

    /// <summary>From now on the file may change.</summary>
    public void Accept()
    {
        KeepLogOnClose(false);
        RequireLog();
        Execute("PRAGMA synchronous = NORMAL");
        Execute($"PRAGMA journal_size_limit = {JournalSizeLimit}");
        Execute($"PRAGMA wal_autocheckpoint = {CheckpointPages}");
    }

    /// <summary>Makes sure that what is written will be found again.</summary>
    /// <exception cref="DhtStorageException">The file was removed, moved or replaced.</exception>
    public void RequireInPlace()
    {
        if (HasMoved)
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, Path, "was removed, moved or replaced while it was open");
        }
    }

    /// <summary>Prepares a statement, which ends with the database at the latest.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out sqlite3_stmt handle));
        var statement = new SqliteStatement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Called by a statement that ends before the database does.</summary>
    public void Forget(SqliteStatement statement) => _statements.Remove(statement);

    public void Execute(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        statement.Run();
    }

    /// <summary>All tables and indexes, by name.</summary>
    public SortedDictionary<string, SqliteObject> Objects()
    {
        var objects = new SortedDictionary<string, SqliteObject>(StringComparer.Ordinal);
        using SqliteStatement rows = Prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema");
        while (rows.Step())
        {
            if (!objects.TryAdd(rows.Text(0), new SqliteObject(rows.Text(1), rows.Text(2), rows.Text(3))))
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, Path, $"holds '{rows.Text(0)}' twice");
            }
        }

        return objects;
    }

    /// <summary>The digest of all pages, those in the log included.</summary>
    public byte[] ContentHash()
    {
        IntPtr data = raw.sqlite3_serialize(_handle, "main", out long length, 0);
        if (data == IntPtr.Zero)
        {
            throw SqliteErrors.Create(DhtStorageError.InputOutput, Path, "cannot be read as a whole");
        }

        try
        {
            unsafe
            {
                return SHA256.HashData(new ReadOnlySpan<byte>((void*)data, checked((int)length)));
            }
        }
        finally
        {
            raw.sqlite3_free(data);
        }
    }

    /// <summary>Undoes an open transaction, if there is one.</summary>
    public void Rollback()
    {
        if (!_isClosed && raw.sqlite3_get_autocommit(_handle) == 0)
        {
            // Whatever it answers: SQLite has undone the transaction itself if it fails here.
            _ = raw.sqlite3_exec(_handle, "ROLLBACK");
        }
    }

    /// <summary>Throws unless a result code says that all is well.</summary>
    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Error(code);
        }
    }

    /// <summary>The error that stands for a result code just received.</summary>
    public DhtStorageException Error(int code)
    {
        DhtStorageError error = SqliteErrors.Classify(code);
        string text = raw.sqlite3_errmsg(_handle).utf8_to_string() ?? "";
        return SqliteErrors.Create(
            error,
            Path,
            error == DhtStorageError.InUse
                ? "is in use by another process"
                : $"cannot be used ({text}, code {raw.sqlite3_extended_errcode(_handle)})");
    }

    /// <summary>Closes without writing anything, and leaves the files as they were if nothing was committed.</summary>
    public void Abandon()
    {
        if (_isClosed)
        {
            return;
        }

        bool restores = false;
        if (_isFile)
        {
            KeepLogOnClose(true);

            // The log of a file that took the place of this one is not ours.
            restores = !_isChanged && !HasMoved;
        }

        Close();
        if (restores)
        {
            RestoreLog();
        }

        _lease?.Dispose();
    }

    /// <summary>Closes; the log is written back to the database and removed.</summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            Close();
            _lease?.Dispose();
        }
    }

    private void Close()
    {
        _isClosed = true;
        foreach (SqliteStatement statement in _statements.ToArray())
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }

    /// <summary>Removes what an attempt that was not committed has left in the log.</summary>
    private void RestoreLog()
    {
        var log = new FileInfo(LogPath);
        if (!log.Exists || log.Length == _logLength)
        {
            return;
        }

        try
        {
            if (_logLength is { } length)
            {
                using FileStream stream = log.OpenWrite();
                stream.SetLength(length);
            }
            else
            {
                log.Delete();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What stays there was never committed, so nobody will read it; the caller has a reason to give that matters more.
        }
    }

    private void KeepLogOnClose(bool keep) =>
        Check(raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, out _));

    /// <summary>Takes the file for this process.</summary>
    private void TakeFile()
    {
        KeepLogOnClose(true);
        Check(raw.sqlite3_busy_timeout(_handle, 0));

        // Before the first access, so that the index of the log is kept in memory rather than in a -shm file.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        if (raw.sqlite3_db_readonly(_handle, "main") != 0)
        {
            // Locks of another process are respected first. Without any the access fails too, because this one cannot lock.
            int code = raw.sqlite3_exec(_handle, "PRAGMA schema_version");
            throw SqliteErrors.Classify(code) == DhtStorageError.InUse
                ? Error(code)
                : SqliteErrors.Create(DhtStorageError.Inaccessible, Path, "cannot be written");
        }
    }

    /// <summary>Reads through all of it.</summary>
    private void Verify(SqliteSchema schema)
    {
        Execute("PRAGMA trusted_schema = OFF");
        Execute(_isFile ? "BEGIN EXCLUSIVE" : "BEGIN");

        // The header that was looked at before may be older than the log.
        using (SqliteStatement version = Prepare("PRAGMA user_version"))
        {
            _version = version.Step() ? (int)version.Integer(0) : 0;
        }

        SqliteFile.CheckVersion(Path, _version, schema);
        using (SqliteStatement check = Prepare("PRAGMA quick_check(1)"))
        {
            while (check.Step())
            {
                if (check.Text(0) is var report and not "ok")
                {
                    throw SqliteErrors.Create(DhtStorageError.Damaged, Path, $"is damaged ({report})");
                }
            }
        }

        RequireObjects(schema.ObjectsAt(_version));
        Execute("COMMIT");
    }

    private void RequireObjects(SortedDictionary<string, SqliteObject> expected)
    {
        SortedDictionary<string, SqliteObject> found = Objects();
        foreach ((string name, SqliteObject item) in found)
        {
            if (!expected.TryGetValue(name, out SqliteObject right) || right != item)
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, Path, $"holds '{name}', which is not as the library makes it");
            }
        }

        foreach (string name in expected.Keys)
        {
            if (!found.ContainsKey(name))
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, Path, $"has no '{name}'");
            }
        }
    }

    private void RequireLog()
    {
        using SqliteStatement mode = Prepare("PRAGMA journal_mode = WAL");
        if (!mode.Step() || mode.Text(0) != "wal")
        {
            throw SqliteErrors.Create(
                DhtStorageError.Inaccessible, Path, "cannot have a write-ahead log, perhaps because of its file system");
        }

        _ = mode.Step();
    }
}
