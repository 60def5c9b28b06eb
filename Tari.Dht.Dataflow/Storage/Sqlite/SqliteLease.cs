namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>The right of one instance in this process to touch a database file. Ends with <see cref="Dispose"/>.</summary>
/// <remarks>
/// Closing any handle of a file drops the locks that this process has on it, so a second instance must not even look at the header.
/// </remarks>
internal sealed class SqliteLease : IDisposable
{
    /// <summary>Files in use in this process, by <see cref="SqliteFile.Resolve"/>.</summary>
    private static readonly HashSet<string> s_taken = new(StringComparer.Ordinal);

    private string? _resolved;

    private SqliteLease(string path, string resolved)
    {
        Path = path;
        _resolved = resolved;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <exception cref="DhtStorageException">An instance in this process has it, or the path cannot be followed.</exception>
    public static SqliteLease Take(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        string resolved = SqliteFile.Resolve(path);
        lock (s_taken)
        {
            return s_taken.Add(resolved)
                ? new SqliteLease(path, resolved)
                : throw SqliteErrors.Create(DhtStorageError.InUse, path, "is open in this process already");
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _resolved, null) is { } resolved)
        {
            lock (s_taken)
            {
                s_taken.Remove(resolved);
            }
        }
    }
}
