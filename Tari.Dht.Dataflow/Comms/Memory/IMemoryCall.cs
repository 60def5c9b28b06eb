namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Something under way over a connection in the process, which is told when that ends.</summary>
internal interface IMemoryCall
{
    /// <summary>Whether nothing more comes of it. On any thread.</summary>
    bool HasEnded { get; }

    /// <summary>The connection or the session has ended. In a turn of the network.</summary>
    void OnConnectionEnded();
}
