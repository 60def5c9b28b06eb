namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>Where the records of a <see cref="PeerManager"/> are kept.</summary>
public enum PeerStoreHealth
{
    /// <summary>In memory, as asked: they end with the process.</summary>
    InMemory,

    /// <summary>In memory and in the file.</summary>
    Persistent,

    /// <summary>The file cannot be written at present: changes stay in memory, and writing is tried again and again.</summary>
    Degraded,
}
