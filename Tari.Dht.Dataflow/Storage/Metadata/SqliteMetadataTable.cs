using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.Metadata;

/// <summary>The entries of a <see cref="DhtMetadataStore"/> in a database file. Not thread safe.</summary>
internal sealed class SqliteMetadataTable : IDisposable
{
    /// <summary>Kind and version of the file; the application id reads <c>TDmd</c>.</summary>
    public static readonly SqliteSchema Schema = new(
        "the metadata of this library",
        applicationId: 0x54446D64,
        """
        CREATE TABLE dht_metadata (
            key TEXT PRIMARY KEY NOT NULL,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID
        """);

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _replace;
    private bool _isAccepted;

    /// <param name="database">A verified database of <see cref="Schema"/>; belongs to the table from now on.</param>
    public SqliteMetadataTable(SqliteDatabase database)
    {
        _database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _replace = database.Prepare("REPLACE INTO dht_metadata VALUES (?1, ?2)");
    }

    /// <summary>The file's full path.</summary>
    public string Path => _database.Path;

    /// <summary>Opens a file, or makes it if there is none.</summary>
    /// <exception cref="DhtStorageException">The file cannot be used, and is as it was.</exception>
    public static SqliteMetadataTable Open(string path)
    {
        SqliteDatabase database = SqliteDatabase.Open(path, Schema);
        try
        {
            return new SqliteMetadataTable(database);
        }
        catch
        {
            database.Abandon();
            throw;
        }
    }

    /// <summary>Reads all entries.</summary>
    public void Read(Dictionary<string, byte[]> entries)
    {
        using SqliteStatement rows = _database.Prepare("SELECT key, value FROM dht_metadata");
        while (rows.Step())
        {
            if (!entries.TryAdd(rows.Text(0), rows.Blob(1).ToArray()))
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, Path, "makes no sense: it holds one key twice");
            }
        }
    }

    /// <summary>Writes entries in one transaction, or throws and has written nothing.</summary>
    public void Write(ReadOnlySpan<KeyValuePair<string, byte[]>> entries)
    {
        if (!_isAccepted)
        {
            _database.Accept();
            _isAccepted = true;
        }

        try
        {
            _begin.Run();
            foreach ((string key, byte[] value) in entries)
            {
                _replace.BindText(1, key);
                _replace.Bind(2, value.AsSpan());
                _replace.Run();
            }

            _commit.Run();
        }
        catch
        {
            _database.Rollback();
            throw;
        }
    }

    /// <summary>Closes; the files are as they were when nothing was written.</summary>
    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _replace.Dispose();
        if (_isAccepted)
        {
            _database.Dispose();
        }
        else
        {
            _database.Abandon();
        }
    }
}
