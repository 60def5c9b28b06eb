namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Disconnects that a transport may never end.</summary>
internal static class BoundedDisconnect
{
    /// <summary>How long one may take, as in the reference.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Closes a connection, and waits for that for <see cref="Limit"/> at most; what is not done then goes on by itself.</summary>
    /// <param name="connection">A connection to which the caller holds a handle.</param>
    /// <param name="isMinimized">Whether it is closed for tidiness.</param>
    /// <param name="timeProvider">Measures the time.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">It has not closed in time.</exception>
    /// <exception cref="OperationCanceledException">The token was first.</exception>
    public static Task DisconnectHereAsync(
        this IPeerConnection connection, bool isMinimized, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        // Without a token, by which transports may leave the scheduler.
        connection.DisconnectAsync(isMinimized, CancellationToken.None).AsTask()
            .WaitHereAsync(Limit, timeProvider, cancellationToken);
}
