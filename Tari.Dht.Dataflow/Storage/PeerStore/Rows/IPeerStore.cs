using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>The file behind a <see cref="PeerManager"/>: rows of peers, each with its addresses in order.</summary>
/// <remarks>
/// Not thread safe. Every member but <see cref="IDisposable.Dispose"/> throws <see cref="DhtStorageException"/> when the file cannot be
/// used.
/// </remarks>
internal interface IPeerStore : IDisposable
{
    /// <summary>The highest id of a row. Counting never gets there: only someone else writes such a row.</summary>
    const long MaxId = long.MaxValue / 2;

    /// <summary>The file's full path.</summary>
    string Path { get; }

    /// <summary>
    /// All peers, by rising <see cref="Peer.Id"/>, at most <see cref="MaxId"/>; addresses in row order and without a placeholder. Addresses
    /// and peers whose content makes no sense are left out and counted in <see cref="Skipped"/>. Enumerated once, before anything is
    /// written.
    /// </summary>
    IEnumerable<Peer> Load();

    /// <summary>Rows that <see cref="Load"/> left out.</summary>
    int Skipped { get; }

    /// <summary>Why the file could not be written when it was opened; null when it could, and once something was committed.</summary>
    DhtStorageException? WriteFailure { get; }

    /// <summary>Begins a transaction.</summary>
    void Begin();

    /// <summary>
    /// Writes a peer in the place of the row with its <see cref="Peer.Id"/>, if there is one. The empty address is not written.
    /// </summary>
    void Save(Peer peer);

    /// <summary>Deletes the row with an id, if there is one.</summary>
    void Delete(long id);

    /// <summary>Ends the transaction: all of it is in the file.</summary>
    void Commit();

    /// <summary>Undoes an open transaction, if there is one. Never throws.</summary>
    void Rollback();
}
