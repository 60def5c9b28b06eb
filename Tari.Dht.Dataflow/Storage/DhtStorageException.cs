namespace Tari.Dht.Dataflow.Storage;

/// <summary>A database file cannot be opened, read or written.</summary>
/// <remarks>When opening failed, the file is as it was before.</remarks>
public sealed class DhtStorageException : Exception
{
    /// <param name="error">The reason.</param>
    /// <param name="path">The file.</param>
    /// <param name="message">What is wrong and what to do about it.</param>
    /// <param name="innerException">What lies below, if anything.</param>
    public DhtStorageException(DhtStorageError error, string path, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        Path = path;
    }

    /// <summary>The reason.</summary>
    public DhtStorageError Error { get; }

    /// <summary>The database file's full path.</summary>
    public string Path { get; }
}
