namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>Waits for a connection. Told once, on any thread and with no lock held; must neither wait nor throw.</summary>
public interface IDialObserver
{
    /// <summary>There is a connection.</summary>
    /// <param name="handle">A handle, which the observer disposes.</param>
    void OnConnected(PeerConnectionHandle handle);

    /// <summary>There will be none.</summary>
    /// <param name="error">Why.</param>
    void OnFailed(ConnectivityException error);
}
