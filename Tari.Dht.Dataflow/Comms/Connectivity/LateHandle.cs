namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Handles that come when nobody waits for them any more.</summary>
internal static class LateHandle
{
    /// <summary>Waits for a handle; one that comes after the waiting ended is disposed.</summary>
    /// <typeparam name="T">A handle, which may be null.</typeparam>
    /// <param name="handle">The handle to come; consumed.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="timeProvider">Measures that.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The handle, which the caller disposes.</returns>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    public static async Task<T> WaitAsync<T>(
        ValueTask<T> handle, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
        where T : PeerConnectionHandle?
    {
        Task<T> task = handle.AsTask();
        try
        {
            return await task.WaitHereAsync(timeout, timeProvider, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException && !task.IsFaulted)
        {
            task.ReleaseWhenItComes(static late => late?.Dispose());
            throw;
        }
    }
}
