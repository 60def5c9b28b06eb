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

    /// <summary>A new handle, which the caller disposes.</summary>
    /// <param name="strength">Its kind.</param>
    PeerConnectionHandle Acquire(ConnectionStrength strength);

    /// <summary>Closes the connection for all who hold it.</summary>
    /// <param name="isMinimized">Whether that is for tidiness; observers are told.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default);
}
