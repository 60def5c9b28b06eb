namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>What lies behind the duplicate cache: rows by slot. Used by one thread at a time.</summary>
/// <remarks>Every member throws <see cref="DhtStorageException"/> when the store fails.</remarks>
internal interface IDedupStore : IDisposable
{
    /// <summary>Names the store in messages.</summary>
    string Path { get; }

    /// <summary>Reads on through all rows, by ascending slot.</summary>
    /// <param name="batch">Filled up to its capacity by each call.</param>
    /// <returns>False when no row was left and the batch is empty.</returns>
    bool Read(DedupRowBatch batch);

    /// <summary>Says that what was read doesn't make sense.</summary>
    /// <param name="what">What is wrong, as the second half of a sentence.</param>
    DhtStorageException Damaged(string what);

    /// <summary>Starts a transaction.</summary>
    void Begin();

    /// <summary>Replaces or deletes rows within the transaction.</summary>
    void Write(DedupRowBatch batch);

    /// <summary>Makes the transaction last.</summary>
    void Commit();

    /// <summary>Undoes the transaction, if there is one. Doesn't throw.</summary>
    void Rollback();
}
