namespace Tari.Dht.Dataflow.Storage;

/// <summary>State in memory whose changes <see cref="WriteBehind"/> brings to a file.</summary>
internal interface IWriteBehindSource
{
    /// <summary>Changes not written yet, those of a running <see cref="Write"/> included. Called with the lock held.</summary>
    int ChangedCount { get; }

    /// <summary>
    /// Writes what has changed, in one transaction, or throws and has written nothing. Called without the lock, never twice at a time.
    /// </summary>
    void Write();

    /// <summary>Follows each <see cref="Write"/>: what it took is written, or counts as changed again. Called with the lock held.</summary>
    /// <param name="isWritten">Whether it succeeded.</param>
    void Settle(bool isWritten);

    /// <summary>Says that a write failed; not more than once in ten seconds. Called without the lock.</summary>
    /// <param name="failure">What it threw.</param>
    void OnFailing(Exception failure);

    /// <summary>Says that a write succeeded after one that failed. Called without the lock.</summary>
    void OnRecovered();

    /// <summary>Ends the file's use after the last write. Called without the lock, once.</summary>
    /// <param name="failure">What the last write threw, if it did: what has changed is lost.</param>
    /// <param name="lost">Changes that are lost then.</param>
    void Close(Exception? failure, int lost);
}
