namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>The right to use a connection.</summary>
/// <remarks>Disposing twice is harmless; using it afterwards is not.</remarks>
public abstract class PeerConnectionHandle : IDisposable
{
    /// <summary>The connection.</summary>
    public abstract IPeerConnection Connection { get; }

    /// <summary>Whether this handle protects the connection.</summary>
    public abstract ConnectionStrength Strength { get; }

    /// <summary>Gives the handle up.</summary>
    public abstract void Dispose();
}
