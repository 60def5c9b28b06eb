using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What the DHT asks of the transport about connections. Part of the boundary that a transport implements.</summary>
/// <remarks>
/// Thread safe. A member that cannot do what it is asked fails with a <see cref="ConnectivityException"/>, after 10 s at the latest, a dial
/// after 180 s. What is known already is answered synchronously, because peers are selected once per message.
/// </remarks>
public interface IConnectivity
{
    /// <summary>Whether the node is connected, and to how many nodes.</summary>
    ConnectivityStatus Status { get; }

    /// <summary>A connection to a peer: the one there is, or a new one.</summary>
    /// <param name="peer">Whom to dial; has to be in the peer store.</param>
    /// <param name="strength">Whether the handle keeps the connection from being closed for tidiness.</param>
    /// <param name="cancellationToken">Ends the waiting; the dial goes on.</param>
    /// <returns>A handle that the caller disposes.</returns>
    ValueTask<PeerConnectionHandle> DialPeerAsync(NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default);

    /// <summary>Dials peers that nobody waits for.</summary>
    /// <param name="peers">Whom to dial.</param>
    void RequestManyDials(ReadOnlySpan<NodeId> peers);

    /// <summary>Chooses among live connections to nodes (features exactly <see cref="PeerFeatures.CommunicationNode"/>).</summary>
    /// <param name="selection">How many, and whom not.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Their ids; a uniform sample in random order where not all are asked for.</returns>
    ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default);

    /// <summary>The live connection to a peer of any features.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="strength">Whether the handle keeps the connection from being closed for tidiness.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A handle that the caller disposes; null without a connection.</returns>
    ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default);

    /// <summary>All live connections, clients' too, as weak handles that the caller disposes.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Bans a peer, unless it is on the allow list: refuses its connections, remembers the ban in the store, closes what is open.
    /// </summary>
    /// <param name="peer">Whom.</param>
    /// <param name="duration">For how long, from now.</param>
    /// <param name="reason">Why; for people.</param>
    /// <param name="cancellationToken">Ends the waiting until the ban is queued.</param>
    ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default);

    /// <summary>Puts a peer on the list of those that are never banned. Kept in memory.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default);

    /// <summary>Takes a peer off that list.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default);

    /// <summary>Whether a peer is on that list. Who keeps a ban elsewhere asks before.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default);

    /// <summary>The peers on that list now.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until the node is online.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>The events from now on.</summary>
    EventSubscription<ConnectivityEvent> Subscribe();
}
