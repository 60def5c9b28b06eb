using Tari.Dht.Dataflow.Comms.Connectivity;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Opens <see cref="IDhtRpcClient"/>s.</summary>
/// <remarks>Thread safe.</remarks>
internal interface IDhtRpcConnector
{
    /// <summary>Opens a session with a connected peer.</summary>
    /// <param name="connection">A connection of this node; a handle to it has to be held until the client is disposed.</param>
    /// <param name="timeout">How long it may take; <see cref="Timeout.InfiniteTimeSpan"/> for the protocol's own 90 s.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A client that the caller disposes.</returns>
    /// <exception cref="ConnectivityException">
    /// <see cref="ConnectivityError.RequestTimedOut"/>, or <see cref="ConnectivityError.PeerConnectionError"/>: the connection has ended,
    /// or the peer doesn't speak the protocol.
    /// </exception>
    ValueTask<IDhtRpcClient> ConnectAsync(IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default);
}
