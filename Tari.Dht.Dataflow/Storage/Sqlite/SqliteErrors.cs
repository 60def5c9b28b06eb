using SQLitePCL;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>Makes typed errors with advice.</summary>
internal static class SqliteErrors
{
    /// <param name="error">The reason.</param>
    /// <param name="path">The database file.</param>
    /// <param name="what">What is wrong, as the end of a sentence that starts with the file.</param>
    /// <param name="inner">What lies below, if anything.</param>
    public static DhtStorageException Create(DhtStorageError error, string path, string what, Exception? inner = null)
    {
        string advice = error switch
        {
            DhtStorageError.Inaccessible => "Check the path and the rights of this user.",
            DhtStorageError.SymbolicLink => "Give the path of the file itself.",
            DhtStorageError.NotADatabase or DhtStorageError.ForeignDatabase =>
                "Check the path, or move the file away to start with a new one.",
            DhtStorageError.NewerVersion => "Use the version of the library that wrote it, or move the file away to start with a new one.",
            DhtStorageError.Damaged => "Restore it from a copy, or move it away (with its -wal file, if any) to start with a new one.",
            DhtStorageError.InUse => "Stop the other process, or give each its own file.",
            _ => "Check the disk: is it full, does it report errors?",
        };
        return new DhtStorageException(error, path, $"The database '{path}' {what}. {advice}", inner);
    }

    /// <summary>The reason that stands for a result code of SQLite.</summary>
    public static DhtStorageError Classify(int code) => (code & 0xff) switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => DhtStorageError.InUse,
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_ERROR or raw.SQLITE_FORMAT => DhtStorageError.Damaged,
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_READONLY or raw.SQLITE_AUTH => DhtStorageError.Inaccessible,
        _ => DhtStorageError.InputOutput,
    };
}
