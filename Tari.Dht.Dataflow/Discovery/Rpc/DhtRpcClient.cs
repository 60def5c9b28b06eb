using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Asks one connected peer over a session.</summary>
internal sealed class DhtRpcClient : IDhtRpcClient
{
    private readonly IRpcSession _session;
    private readonly TimeProvider _timeProvider;
    private readonly DhtRpcClientOptions _options;
    private readonly PeerConnectionHandle? _handle;

    /// <param name="session">A session of the protocol; the client's from here on.</param>
    /// <param name="timeProvider">Measures how long the peer takes.</param>
    /// <param name="options">How long to wait; null for the defaults.</param>
    /// <param name="handle">Holds the connection, and is the client's from here on; null when somebody else holds it.</param>
    public DhtRpcClient(
        IRpcSession session, TimeProvider timeProvider, DhtRpcClientOptions? options = null, PeerConnectionHandle? handle = null)
    {
        _session = session;
        _timeProvider = timeProvider;
        _options = options ?? DhtRpcClientOptions.Default;
        _handle = handle;
    }

    /// <inheritdoc/>
    public bool IsConnected => _session.IsConnected;

    /// <inheritdoc/>
    public TimeSpan? LastRequestLatency => _session.LastRequestLatency;

    /// <inheritdoc/>
    public IGetPeersStream GetPeers(GetPeersRequest request) => GetPeers(request, null);

    /// <inheritdoc/>
    public IGetPeersStream GetPeers(GetPeersRequest request, PeerManager? known)
    {
        IRpcStream stream = _session.OpenStream(
            DhtRpcProtocol.GetPeers, GetPeersRequestMessage.Encode(request), _options.RequestDeadline);
        return new GetPeersStream(stream, request, _options, _timeProvider, known);
    }

    /// <inheritdoc/>
    public ValueTask<RpcPing> PingAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TimeSpan limit = timeout == Timeout.InfiniteTimeSpan || timeout > _options.LongestWait ? _options.LongestWait : timeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
        return _session.PingAsync(_options.RequestDeadline, limit, cancellationToken);
    }

    /// <inheritdoc/>
    public void Close()
    {
        try
        {
            _session.Close();
        }
        finally
        {
            _handle?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _session.Dispose();
        }
        finally
        {
            _handle?.Dispose();
        }
    }
}
