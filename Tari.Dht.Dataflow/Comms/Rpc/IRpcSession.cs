namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>Calls of one protocol to one peer. Part of the boundary that a transport implements.</summary>
/// <remarks>
/// Thread safe; of several calls and pings at the same time a transport may make one after another. Lives no longer than its connection.
/// Disposing it lets finish what runs, <see cref="Close"/> does not; afterwards a call or a ping is a mistake.
/// </remarks>
public interface IRpcSession : IDisposable
{
    /// <summary>Whether calls can be made.</summary>
    bool IsConnected { get; }

    /// <summary>
    /// How long the peer took for the first response, or the end or status in its place, to the call of which that came last; null before
    /// there is one. Pings don't count.
    /// </summary>
    TimeSpan? LastRequestLatency { get; }

    /// <summary>A call with one response.</summary>
    /// <param name="method">The number of the method.</param>
    /// <param name="request">The bytes of the request; not to be changed until the call ends.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The response, or why there is none; the end without a response is <see cref="RpcItemKind.End"/>.</returns>
    /// <exception cref="ObjectDisposedException">The session was disposed or closed.</exception>
    ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default);

    /// <summary>A call with a stream of responses. Does not wait: a failure is the first thing to read.</summary>
    /// <param name="method">The number of the method.</param>
    /// <param name="request">The bytes of the request; not to be changed until the stream ends.</param>
    /// <param name="deadline">How long each response may take.</param>
    /// <exception cref="ObjectDisposedException">The session was disposed or closed.</exception>
    IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline);

    /// <summary>Asks the peer for a sign of life, which takes no method of the service.</summary>
    /// <param name="deadline">
    /// How long the peer is told that its answer may take, in whole seconds; one that is told less than 1 s refuses.
    /// </param>
    /// <param name="timeout">How long to wait, for calls that come first too; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the waiting; the answer is passed over then.</param>
    /// <exception cref="ObjectDisposedException">The session was disposed or closed.</exception>
    ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the session and what runs in it: streams read <see cref="RpcItemKind.ConnectionLost"/> after what has come already, pings end
    /// with <see cref="RpcPingKind.ConnectionLost"/>. The peer is told; does not wait. Harmless afterwards, and after disposing.
    /// </summary>
    void Close();
}
