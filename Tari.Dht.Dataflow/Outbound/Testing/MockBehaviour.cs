namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>How a mock answers.</summary>
public sealed record MockBehaviour
{
    /// <summary>Requests to one peer by its key.</summary>
    public ResponseType Direct { get; init; }

    /// <summary>All other requests. The reference has this setting too, but does not look at it.</summary>
    public ResponseType Broadcast { get; init; }
}
