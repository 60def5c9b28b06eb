using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>
/// Calls between nodes: what this one asks others, and what it answers. Part of the boundary that a transport implements.
/// </summary>
/// <remarks>Thread safe.</remarks>
public interface IRpcComms
{
    /// <summary>Answers calls of a protocol from now on.</summary>
    /// <param name="service">The service; replaces another one of its protocol.</param>
    /// <returns>Disposing it ends that, unless the service was replaced; calls that are being answered go on.</returns>
    IDisposable Register(IRpcService service);

    /// <summary>Opens a session over a connection.</summary>
    /// <param name="connection">A connection of this node; a handle to it has to be held until the session ends.</param>
    /// <param name="protocol">The protocol to speak.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A session that the caller disposes.</returns>
    /// <exception cref="ConnectivityException">
    /// <see cref="ConnectivityError.RequestTimedOut"/>, or <see cref="ConnectivityError.PeerConnectionError"/>: the connection has ended,
    /// or the peer doesn't speak the protocol.
    /// </exception>
    ValueTask<IRpcSession> OpenSessionAsync(
        IPeerConnection connection, ProtocolId protocol, TimeSpan timeout, CancellationToken cancellationToken = default);
}
