namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>What a <see cref="ConnectivityManager"/> asks of its transport.</summary>
/// <remarks>
/// Called on any thread, one call after another, with no lock held. Must neither wait nor throw; may report to the manager at once.
/// Connections are closed through <see cref="IPeerConnection.DisconnectAsync"/>.
/// </remarks>
public interface IConnectionDialer
{
    /// <summary>
    /// Begins a dial. Its end is reported, once, with <see cref="ConnectivityManager.ReportDialled"/> or
    /// <see cref="ConnectivityManager.ReportDialFailed"/>; then the transport stores the record with what it learned of the addresses.
    /// </summary>
    /// <param name="dial">The dial.</param>
    void Begin(PeerDial dial);

    /// <summary>
    /// Nobody needs a dial any more, because the peer dialled this node or the manager ends. Its end need not be reported. It may be one
    /// that was never begun.
    /// </summary>
    /// <param name="dial">The dial.</param>
    void Cancel(PeerDial dial);
}
