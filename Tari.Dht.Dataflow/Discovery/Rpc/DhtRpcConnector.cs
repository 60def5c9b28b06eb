using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Opens clients of the peer-sharing protocol over a transport's sessions.</summary>
internal sealed class DhtRpcConnector : IDhtRpcConnector
{
    /// <summary>How long a session may take to open when nobody says otherwise.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(10);

    private readonly IRpcComms _comms;
    private readonly TimeProvider _timeProvider;

    /// <param name="comms">The transport.</param>
    /// <param name="timeProvider">Measures how long peers take.</param>
    public DhtRpcConnector(IRpcComms comms, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(comms);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _comms = comms;
        _timeProvider = timeProvider;
    }

    /// <inheritdoc/>
    public async ValueTask<IDhtRpcClient> ConnectAsync(
        IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        TimeSpan limit = timeout == Timeout.InfiniteTimeSpan || timeout > HandshakeTimeout ? HandshakeTimeout : timeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
        Task<IRpcSession> opening = _comms.OpenSessionAsync(connection, DhtRpcProtocol.Name, limit, cancellationToken).AsTask();
        try
        {
            // The transport has its own limit; this one is for a transport that does not keep it.
            return new DhtRpcClient(await opening.WaitHereAsync(limit + s_slack, _timeProvider, cancellationToken), _timeProvider);
        }
        catch (Exception error) when (!opening.IsFaulted && error is TimeoutException or OperationCanceledException)
        {
            _ = opening.ContinueWith(
                static late =>
                {
                    if (late.IsCompletedSuccessfully)
                    {
                        late.Result.Dispose();
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.DenyChildAttach,
                TaskScheduler.Current);
            if (error is TimeoutException)
            {
                throw new ConnectivityException(ConnectivityError.RequestTimedOut, "The transport does not open a session.");
            }

            throw;
        }
    }
}
