namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>Why an entry was not imported.</summary>
public enum PeerImportError
{
    /// <summary>
    /// It is not JSON. Within an array nothing after it can be trusted, so the import ends there; a line is passed over alone.
    /// </summary>
    Syntax,

    /// <summary>It is longer than <see cref="PeerImportOptions.MaxEntryBytes"/>.</summary>
    TooLong,

    /// <summary>It is JSON, but not that of a peer.</summary>
    Content,

    /// <summary>It holds a claim that the peer did not make, or that is dated in the future.</summary>
    Claim,

    /// <summary>The store refuses the record.</summary>
    Store,
}
