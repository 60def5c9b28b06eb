namespace Tari.Dht.Dataflow.Peers;

/// <summary>Why an operation on the peer store failed.</summary>
/// <remarks>The names are the reference's. A file that cannot be used is a <c>DhtStorageException</c> instead.</remarks>
public enum PeerManagerError
{
    /// <summary>None of the peers asked for is known.</summary>
    PeerNotFound,

    /// <summary>The store does not take the record, or cannot answer.</summary>
    StorageError,

    /// <summary>There was nothing to work on.</summary>
    ProcessError,
}
