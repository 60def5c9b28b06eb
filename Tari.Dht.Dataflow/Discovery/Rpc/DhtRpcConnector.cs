using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Opens clients of the peer-sharing protocol over a transport's sessions.</summary>
internal sealed class DhtRpcConnector : IDhtRpcConnector
{
    /// <summary>How long a session may take to open when nobody says otherwise.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(90);

    private readonly IRpcComms _comms;
    private readonly TimeProvider _timeProvider;
    private readonly PeerManager? _known;

    /// <param name="comms">The transport.</param>
    /// <param name="timeProvider">Measures how long peers take.</param>
    /// <param name="known">Whose claims need not be copied when they come again; null for none.</param>
    public DhtRpcConnector(IRpcComms comms, TimeProvider timeProvider, PeerManager? known = null)
    {
        ArgumentNullException.ThrowIfNull(comms);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _comms = comms;
        _timeProvider = timeProvider;
        _known = known;
    }

    /// <inheritdoc/>
    public async ValueTask<IDhtRpcClient> ConnectAsync(
        IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        TimeSpan limit = timeout == Timeout.InfiniteTimeSpan || timeout > HandshakeTimeout ? HandshakeTimeout : timeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
        IRpcSession session = await _comms.OpenSessionAsync(connection, DhtRpcProtocol.Name, limit, cancellationToken);
        return new DhtRpcClient(session, _timeProvider, _known);
    }
}
