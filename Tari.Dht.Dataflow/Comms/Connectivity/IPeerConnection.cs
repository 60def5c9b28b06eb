using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>A connection to a peer. Part of the boundary that a transport implements.</summary>
/// <remarks>Thread safe. Using it takes a handle; the connection closes when the last one is gone.</remarks>
public interface IPeerConnection
{
    /// <summary>Unique in this node and rising.</summary>
    long Id { get; }

    /// <summary>The peer at the other end.</summary>
    NodeId Peer { get; }

    /// <summary>What the peer offers, as of the exchange of identities.</summary>
    PeerFeatures Features { get; }

    /// <summary>Where the peer is.</summary>
    Multiaddr Address { get; }

    /// <summary>Who dialled.</summary>
    ConnectionDirection Direction { get; }

    /// <summary>When it was made.</summary>
    DateTimeOffset ConnectedAt { get; }

    /// <summary>False as soon as nothing can be asked of it any more.</summary>
    bool IsConnected { get; }

    /// <summary>Handles of both kinds.</summary>
    int HandleCount { get; }

    /// <summary>Whether a strong handle protects it.</summary>
    bool IsStronglyHeld { get; }

    /// <summary>Streams that are open over it, at both ends' wish; messages under way count as one.</summary>
    int SubstreamCount => 0;

    /// <summary>Sessions for calls that this node has opened over it.</summary>
    int RpcSessionCount => 0;

    /// <summary>For how long the peer has taken nothing of what waits to be sent; zero when nothing waits.</summary>
    TimeSpan WriteStalledFor => TimeSpan.Zero;

    /// <summary>A new handle, which the caller disposes.</summary>
    /// <param name="strength">Its kind.</param>
    PeerConnectionHandle Acquire(ConnectionStrength strength);

    /// <summary>Closes the connection for all who hold it.</summary>
    /// <param name="isMinimized">Whether that is for tidiness; observers are told.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ConnectivityException">It has ended already: <see cref="ConnectivityError.PeerConnectionError"/>.</exception>
    ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default);

    /// <summary>Closes the connection for tidiness unless it is in use.</summary>
    /// <param name="maxRpcSessions">With more sessions than these it stays.</param>
    /// <param name="maxSubstreams">With more streams than these it stays.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether it was closed.</returns>
    /// <exception cref="ConnectivityException">It has ended already: <see cref="ConnectivityError.PeerConnectionError"/>.</exception>
    async ValueTask<bool> DisconnectIfUnusedAsync(int maxRpcSessions, int maxSubstreams, CancellationToken cancellationToken = default)
    {
        if (RpcSessionCount > maxRpcSessions || SubstreamCount > maxSubstreams)
        {
            return false;
        }

        await DisconnectAsync(isMinimized: true, cancellationToken);
        return true;
    }
}
