using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Asks one connected peer what peers share with each other. Opened by <c>Dht.ConnectRpcAsync</c>.</summary>
/// <remarks>
/// Thread safe; several streams and pings may run at the same time, though the peer may get one after another. Disposing the client lets
/// finish what runs, <see cref="Close"/> does not; afterwards asking is a mistake. Neither closes a connection that somebody holds.
/// </remarks>
public interface IDhtRpcClient : IDisposable
{
    /// <summary>Whether the peer can be asked: false once the connection has ended or the client was disposed.</summary>
    bool IsConnected { get; }

    /// <summary>
    /// How long the peer took for the first item of the answer to the request for peers of which that came last; null before there is one.
    /// Pings don't count.
    /// </summary>
    TimeSpan? LastRequestLatency { get; }

    /// <summary>Asks for peers. Does not wait: a failure is the first thing to read.</summary>
    /// <param name="request">What is asked.</param>
    /// <returns>The answer, which the caller disposes.</returns>
    /// <exception cref="ObjectDisposedException">The client was disposed or closed.</exception>
    IGetPeersStream GetPeers(GetPeersRequest request);

    /// <summary>Asks for peers, for the store of this node.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="known">
    /// Whose records need not be read again: a response that was found to say nothing new is merged at once, and read as
    /// <see cref="GetPeersItemKind.Known"/>. Null to read all.
    /// </param>
    internal IGetPeersStream GetPeers(GetPeersRequest request, PeerManager? known) => GetPeers(request);

    /// <summary>Asks for a sign of life, and measures how long it takes to the peer and back.</summary>
    /// <param name="timeout">
    /// How long to wait at most, zero or more; <see cref="Timeout.InfiniteTimeSpan"/> for the deadline and grace of
    /// <see cref="DhtRpcClientOptions"/>, which is the longest.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The round trip, or why there is none. A ping that is not answered leaves the client as it is.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed or closed.</exception>
    ValueTask<RpcPing> PingAsync(TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>
    /// Disposes the client and cuts off what runs: streams read <see cref="GetPeersItemKind.ConnectionLost"/> after what has come already,
    /// pings end with <see cref="RpcPingKind.ConnectionLost"/>. Does not wait.
    /// </summary>
    void Close();
}
