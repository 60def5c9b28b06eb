namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>The responses to a call.</summary>
/// <remarks>For one reader at a time. Disposing it early tells the peer to stop, and keeps the session.</remarks>
public interface IRpcStream : IDisposable
{
    /// <summary>The next response, or why there is none.</summary>
    /// <param name="timeout">How long to wait for it; <see cref="Timeout.InfiniteTimeSpan"/> for the call's deadline alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<RpcItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default);
}
