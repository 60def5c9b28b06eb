using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Asks one connected peer over a session.</summary>
internal sealed class DhtRpcClient : IDhtRpcClient
{
    /// <summary>How long the peer is told that each response may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>How much longer this node waits for one.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly IRpcSession _session;
    private readonly TimeProvider _timeProvider;
    private readonly PeerManager? _known;

    /// <param name="session">A session of the protocol; the client's from here on.</param>
    /// <param name="timeProvider">Measures how long the peer takes.</param>
    /// <param name="known">Whose claims need not be copied when they come again; null for none.</param>
    public DhtRpcClient(IRpcSession session, TimeProvider timeProvider, PeerManager? known = null)
    {
        _known = known;
        _session = session;
        _timeProvider = timeProvider;
    }

    /// <inheritdoc/>
    public bool IsConnected => _session.IsConnected;

    /// <inheritdoc/>
    public IGetPeersStream GetPeers(GetPeersRequest request)
    {
        IRpcStream stream = _session.OpenStream(DhtRpcProtocol.GetPeers, GetPeersRequestMessage.Encode(request), Deadline);
        return new GetPeersStream(stream, request, _timeProvider, _known);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
