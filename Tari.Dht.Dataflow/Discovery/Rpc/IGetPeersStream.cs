namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>The answer to a <see cref="GetPeersRequest"/>.</summary>
/// <remarks>For one reader at a time. Disposing it early tells the peer to stop, and keeps the session.</remarks>
public interface IGetPeersStream : IDisposable
{
    /// <summary>The next response, or why there is none.</summary>
    /// <param name="timeout">How long to wait for it; <see cref="Timeout.InfiniteTimeSpan"/> for the call's own deadline alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default);
}
