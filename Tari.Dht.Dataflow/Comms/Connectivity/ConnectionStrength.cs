namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Whether a handle protects its connection.</summary>
public enum ConnectionStrength
{
    /// <summary>The connection may be closed when it is in the way.</summary>
    Weak,

    /// <summary>The connection is not closed for tidiness while the handle lives.</summary>
    Strong,
}
