using Microsoft.Data.Sqlite;
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

    /// <summary>
    /// Files open in this process, by <see cref="SqliteFile.Resolve"/>. Closing any handle of a file drops the locks that this process has
    /// on it, so a second instance must not even look at the header.
    /// </summary>
    private static readonly HashSet<string> s_open = new(StringComparer.Ordinal);

    private readonly SqliteConnection _connection;
    private readonly string? _registered;
    private readonly bool _hadLog;
    private bool _isClosed;

    private SqliteDatabase(string path, string? registered)
    {
        Path = path;
        _registered = registered;
        _hadLog = File.Exists(path + "-wal");
        var builder = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        _connection = new SqliteConnection(builder.ConnectionString);
        try
        {
            _connection.Open();
        }
        catch (SqliteException exception)
        {
            _connection.Dispose();
            throw SqliteErrors.Create(
                SqliteErrors.Classify(exception.SqliteErrorCode), path, $"cannot be opened ({exception.Message})", exception);
        }
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    private sqlite3 Handle => _connection.Handle!;

    /// <summary>
    /// Opens a file, or makes it if there is none, and checks all of it. Until <see cref="Accept"/> nothing in it changes.
    /// </summary>
    /// <exception cref="DhtStorageException">The file cannot be used, and is as it was.</exception>
    public static SqliteDatabase Open(string path, SqliteSchema schema)
    {
        path = System.IO.Path.GetFullPath(path);
        string resolved = SqliteFile.Resolve(path);
        lock (s_open)
        {
            if (!s_open.Add(resolved))
            {
                throw SqliteErrors.Create(DhtStorageError.InUse, path, "is open in this process already");
            }
        }

        SqliteDatabase? database = null;
        try
        {
            if (!SqliteFile.Exists(path))
            {
                SqliteFile.Create(path, schema);
            }

            SqliteFile.CheckHeader(path, schema);
            database = new SqliteDatabase(path, resolved);
            database.Verify(schema);
            return database;
        }
        catch
        {
            if (database is null)
            {
                Forget(resolved);
            }
            else
            {
                database.Abandon();
            }

            throw;
        }
    }

    /// <summary>Makes the tables in an empty file.</summary>
    public static void Build(string path, SqliteSchema schema)
    {
        using var database = new SqliteDatabase(path, registered: null);
        database.Execute("BEGIN");
        database.Execute(schema.CreateTable);
        database.Execute($"PRAGMA application_id = {schema.ApplicationId}");
        database.Execute($"PRAGMA user_version = {schema.Version}");
        database.Execute("COMMIT");
        database.RequireLog();
    }

    /// <summary>From now on the file may change.</summary>
    public void Accept()
    {
        KeepLogOnClose(false);
        RequireLog();
        Execute("PRAGMA synchronous = NORMAL");
        Execute($"PRAGMA journal_size_limit = {JournalSizeLimit}");
    }

    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(Handle, sql, out sqlite3_stmt statement));
        return new SqliteStatement(this, statement);
    }

    public void Execute(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        statement.Run();
    }

    /// <summary>Undoes an open transaction, if there is one.</summary>
    public void Rollback()
    {
        if (!_isClosed && raw.sqlite3_get_autocommit(Handle) == 0)
        {
            // Whatever it answers: SQLite has undone the transaction itself if it fails here.
            _ = raw.sqlite3_exec(Handle, "ROLLBACK");
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
        string text = raw.sqlite3_errmsg(Handle).utf8_to_string() ?? "";
        return SqliteErrors.Create(
            error,
            Path,
            error == DhtStorageError.InUse
                ? "is in use by another process"
                : $"cannot be used ({text}, code {raw.sqlite3_extended_errcode(Handle)})");
    }

    /// <summary>Closes without writing anything, and leaves the files beside the database as they were.</summary>
    public void Abandon()
    {
        if (_isClosed)
        {
            return;
        }

        KeepLogOnClose(true);
        Close();
        var log = new FileInfo(Path + "-wal");
        if (!_hadLog && log is { Exists: true, Length: 0 })
        {
            log.Delete();
        }

        Forget(_registered);
    }

    /// <summary>Closes; the log is written back to the database and removed.</summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            Close();
            Forget(_registered);
        }
    }

    private static void Forget(string? registered)
    {
        if (registered is not null)
        {
            lock (s_open)
            {
                s_open.Remove(registered);
            }
        }
    }

    private void Close()
    {
        _isClosed = true;
        _connection.Dispose();
    }

    private void KeepLogOnClose(bool keep) =>
        Check(raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, out _));

    /// <summary>Takes the file for this process and reads through all of it.</summary>
    private void Verify(SqliteSchema schema)
    {
        KeepLogOnClose(true);
        if (raw.sqlite3_db_readonly(Handle, "main") != 0)
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, Path, "cannot be written");
        }

        Check(raw.sqlite3_busy_timeout(Handle, 0));
        Execute("PRAGMA trusted_schema = OFF");

        // Before the first access, so that the index of the log is kept in memory rather than in a -shm file.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        Execute("BEGIN EXCLUSIVE");
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

        using (SqliteStatement objects = Prepare("SELECT name, sql FROM sqlite_schema"))
        {
            int count = 0;
            while (objects.Step())
            {
                count++;
                if (objects.Text(0) != schema.Name || objects.Text(1) != schema.CreateTable)
                {
                    throw SqliteErrors.Create(
                        DhtStorageError.Damaged, Path, $"holds '{objects.Text(0)}', which is not as the library makes it");
                }
            }

            if (count != 1)
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, Path, $"has no table '{schema.Name}'");
            }
        }

        Execute("COMMIT");
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
