using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Opens clients of the peer-sharing protocol over a transport's sessions.</summary>
internal sealed class DhtRpcConnector : IDhtRpcConnector
{
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
    public ValueTask<IDhtRpcClient> ConnectAsync(
        IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        TimeSpan longest = DhtRpcClientOptions.Default.HandshakeTimeout;
        TimeSpan limit = timeout == Timeout.InfiniteTimeSpan || timeout > longest ? longest : timeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
        return OpenAsync(connection, limit, DhtRpcClientOptions.Default, null, cancellationToken);
    }

    /// <summary>Opens a client that holds the connection itself, with a weak handle.</summary>
    /// <param name="connection">A connection of this node.</param>
    /// <param name="options">How long to wait; valid.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A client that the caller disposes.</returns>
    /// <exception cref="ConnectivityException">As for the other one.</exception>
    public async Task<IDhtRpcClient> ConnectHoldingAsync(
        IPeerConnection connection, DhtRpcClientOptions options, CancellationToken cancellationToken)
    {
        PeerConnectionHandle handle = connection.Acquire(ConnectionStrength.Weak);
        try
        {
            return await OpenAsync(connection, options.HandshakeTimeout, options, handle, cancellationToken);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    // Many of them fail, as connections are closed while they open: what fails is thrown once here, and not in each layer.
    private async ValueTask<IDhtRpcClient> OpenAsync(
        IPeerConnection connection,
        TimeSpan limit,
        DhtRpcClientOptions options,
        PeerConnectionHandle? handle,
        CancellationToken cancellationToken)
    {
        Task<IRpcSession> opening = _comms.OpenSessionAsync(connection, DhtRpcProtocol.Name, limit, cancellationToken).AsTask();
        try
        {
            // The transport has its own limit; this one is for a transport that does not keep it.
            await opening.EndHereAsync(TimerLimit.AtMost(TimerLimit.AtMost(limit) + s_slack), _timeProvider, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            opening.ReleaseWhenItComes(static late => late.Dispose());
            if (error is TimeoutException)
            {
                throw new ConnectivityException(ConnectivityError.RequestTimedOut, "The transport does not open a session.");
            }

            throw;
        }

        return new DhtRpcClient(await opening, _timeProvider, options, handle);
    }
}
