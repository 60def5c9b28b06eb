using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>Peers in an SQLite file that this process alone uses.</summary>
/// <remarks>
/// <para>
/// A file that can be read but not written, and one that is missing and cannot be made, are no reason to fail: the store then gives what is
/// there, <see cref="WriteFailure"/> says why, and each <see cref="Begin"/> tries to open the file for writing. It refuses for good if
/// someone else has changed the file by then, because what was read is no longer what it holds. A file that is removed, moved or replaced
/// while it is open cannot be written until it is back.
/// </para>
/// <para>
/// Times are numbers of 100 ns since 1970 in UTC, durations whole milliseconds up to the largest number, counts and bits numbers,
/// identities, addresses and claims binary (<see cref="PeerBlobs"/>). What is absent, and an empty text or list of a peer, is NULL. Not
/// thread safe.
/// </para>
/// </remarks>
internal sealed class SqlitePeerStore : IPeerStore
{
    /// <summary>Kind and versions of the file; the application id reads <c>TDps</c>.</summary>
    /// <remarks>No other index: what is unique, and what is looked for, is the business of the index in memory.</remarks>
    public static readonly SqliteSchema Schema = new(
        "a peer store of this library",
        applicationId: 0x54447073,
        """
        CREATE TABLE owner (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            public_key BLOB NOT NULL,
            node_id BLOB NOT NULL,
            features INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE peers (
            id INTEGER PRIMARY KEY,
            public_key BLOB NOT NULL,
            node_id BLOB NOT NULL,
            features INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            banned_until INTEGER,
            banned_reason TEXT,
            protocols BLOB,
            added_at INTEGER,
            user_agent TEXT,
            metadata BLOB,
            deleted_at INTEGER
        ) STRICT;
        CREATE TABLE addresses (
            peer INTEGER NOT NULL,
            position INTEGER NOT NULL,
            address BLOB NOT NULL,
            source INTEGER NOT NULL,
            source_peer BLOB,
            claim BLOB,
            last_seen INTEGER,
            last_attempted INTEGER,
            attempts INTEGER NOT NULL,
            failure TEXT,
            dial_time INTEGER,
            dial_times INTEGER NOT NULL,
            latency INTEGER,
            latencies INTEGER NOT NULL,
            score INTEGER,
            PRIMARY KEY (peer, position)
        ) STRICT, WITHOUT ROWID;
        """);

    private readonly ILogger _logger;
    private readonly SqliteLease? _lease;
    private SqliteDatabase? _database;
    private SqlitePeerWriter? _writer;

    /// <summary>What was read instead of a file that cannot be written; null as soon as nobody needs it.</summary>
    private SqliteDatabase? _copy;

    /// <summary>What the file must hold to be written later; null when there was no file.</summary>
    private byte[]? _copyHash;

    /// <summary>To be written with the next transaction.</summary>
    private PeerStoreOwner? _newOwner;

    /// <summary>The file was opened without being able to write it, and was not opened since.</summary>
    private bool _isDetached;

    private bool _isAccepted;
    private bool _isLoaded;
    private bool _isLost;

    /// <param name="database">A database of <see cref="Schema"/>; belongs to the store from now on.</param>
    /// <param name="owner">The node that runs; null when nobody says.</param>
    /// <param name="logger">Where to say that the file had another owner.</param>
    /// <exception cref="DhtStorageException">The file cannot be read; the database is still the caller's.</exception>
    public SqlitePeerStore(SqliteDatabase database, in PeerStoreOwner? owner, ILogger logger)
        : this(database.Path, null, logger)
    {
        Attach(database);
        SetOwner(owner);
    }

    private SqlitePeerStore(string path, SqliteLease? lease, ILogger logger)
    {
        Path = path;
        _lease = lease;
        _logger = GuardedLogger.Of(logger);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public int Skipped { get; private set; }

    /// <inheritdoc/>
    public DhtStorageException? WriteFailure { get; private set; }

    private SqlitePeerWriter Writer => _writer ?? throw new InvalidOperationException("There is no transaction.");

    /// <summary>Opens a file, or makes it if there is none, and checks all of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="owner">The node that runs; put into the file in place of another one, with a warning. Null leaves it.</param>
    /// <param name="logger">Takes the warning.</param>
    /// <exception cref="DhtStorageException">The file cannot even be read, or its content makes no sense; it is as it was.</exception>
    public static SqlitePeerStore Open(string path, in PeerStoreOwner? owner, ILogger logger)
    {
        SqliteLease lease = SqliteLease.Take(path);
        var store = new SqlitePeerStore(lease.Path, lease, logger);
        try
        {
            try
            {
                store.OpenFile();
            }
            catch (DhtStorageException failure) when (MayPass(failure))
            {
                if (!store.TryOpenCopy())
                {
                    throw;
                }

                store._isDetached = true;
                store.WriteFailure = failure;
            }

            store.SetOwner(owner);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Peer> Load()
    {
        if (_isLoaded)
        {
            throw new InvalidOperationException("The peers were loaded already.");
        }

        _isLoaded = true;
        if ((_copy ?? _database) is not { } source)
        {
            yield break;
        }

        try
        {
            using var reader = new SqlitePeerReader(source);
            while (reader.Next() is { } peer)
            {
                yield return peer;
            }

            Skipped = reader.Skipped;
        }
        finally
        {
            _copy?.Dispose();
            _copy = null;
        }
    }

    /// <inheritdoc/>
    public void Begin()
    {
        if (_writer is null)
        {
            OpenLater();
        }

        _database!.RequireInPlace();
        if (!_isAccepted)
        {
            _database.Accept();
            _isAccepted = true;
        }

        _writer!.Begin();
        if (_newOwner is { } owner)
        {
            try
            {
                _writer.SaveOwner(owner);
            }
            catch
            {
                Rollback();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Save(Peer peer) => Writer.Save(peer);

    /// <inheritdoc/>
    public void Delete(long id) => Writer.Delete(id);

    /// <inheritdoc/>
    public void Commit()
    {
        Writer.Commit();
        _newOwner = null;
        WriteFailure = null;
    }

    /// <inheritdoc/>
    public void Rollback() => _database?.Rollback();

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _copy?.Dispose();
        if (_isAccepted)
        {
            _database!.Dispose();
        }
        else
        {
            // Nothing was written, so the log is not to be written back either.
            _database?.Abandon();
        }

        _lease?.Dispose();
    }

    /// <summary>Rights may be given back and disks may get room; what else is wrong with a file stays wrong.</summary>
    private static bool MayPass(DhtStorageException failure) =>
        failure.Error is DhtStorageError.Inaccessible or DhtStorageError.InputOutput;

    private void OpenFile()
    {
        // A new file must not take the place of one that was read.
        if (_copyHash is not null && !SqliteFile.Exists(Path))
        {
            throw Changed();
        }

        SqliteDatabase database = SqliteDatabase.OpenAsIs(_lease!, Schema);
        try
        {
            // A file that was read before, or was missing, must not have become someone else's meanwhile.
            if (_isDetached && !IsWhatWasRead(database))
            {
                _isLost = true;
                throw Changed();
            }

            database.Upgrade(Schema);
            Attach(database);
        }
        catch
        {
            database.Abandon();
            throw;
        }
    }

    private void Attach(SqliteDatabase database)
    {
        _writer = new SqlitePeerWriter(database);
        _database = database;
    }

    private void OpenLater()
    {
        if (_isLost)
        {
            throw Changed();
        }

        OpenFile();
        _isDetached = false;
        _copyHash = null;
    }

    private DhtStorageException Changed() =>
        SqliteErrors.Create(DhtStorageError.InUse, Path, "was changed by another process while this one could not write it");

    private bool IsWhatWasRead(SqliteDatabase database)
    {
        if (_copyHash is not null)
        {
            return database.ContentHash().AsSpan().SequenceEqual(_copyHash);
        }

        using SqliteStatement peers = database.Prepare("SELECT EXISTS (SELECT 1 FROM peers)");
        return peers.Step() && peers.Integer(0) == 0;
    }

    /// <summary>Reads a file that cannot be written, or finds that it cannot be made yet.</summary>
    /// <returns>False when it can't be read either.</returns>
    private bool TryOpenCopy()
    {
        if (!SqliteFile.Exists(Path))
        {
            return SqliteFile.CanAppear(Path);
        }

        SqliteFile.CheckHeader(Path, Schema);
        using SqliteImage? image = SqliteImage.TryRead(Path);
        if (image is null)
        {
            return false;
        }

        _copyHash = image.ContentHash;
        _copy = SqliteDatabase.OpenCopy(Path, image, Schema);
        return true;
    }

    /// <summary>Notes who runs, now if possible.</summary>
    private void SetOwner(in PeerStoreOwner? given)
    {
        if (given is not { } owner)
        {
            return;
        }

        PeerStoreOwner? stored = null;
        bool hasRow = false;
        if ((_copy ?? _database) is { } source)
        {
            using SqliteStatement row = source.Prepare("SELECT public_key, node_id, features FROM owner");
            hasRow = row.Step();
            if (hasRow && row.Blob(0).Length == CommsPublicKey.Length && row.Blob(1).Length == NodeId.Length)
            {
                stored = new PeerStoreOwner(
                    new CommsPublicKey(row.Blob(0)), new NodeId(row.Blob(1)), (PeerFeatures)unchecked((uint)row.Integer(2)));
            }
        }

        if (stored == owner)
        {
            return;
        }

        if (hasRow && (stored?.PublicKey != owner.PublicKey || stored?.NodeId != owner.NodeId))
        {
            _logger.PeerStoreOwnerReplaced(Path, stored is { } other ? other.NodeId.ToString() : "unknown", owner.NodeId.ToString());
        }

        _newOwner = owner;
        if (_writer is null)
        {
            return;
        }

        try
        {
            Begin();
            Commit();
        }
        catch (DhtStorageException failure) when (MayPass(failure))
        {
            // The next transaction has it, and what is in the file can be read all the same.
            Rollback();
            WriteFailure = failure;
        }
    }
}
