using Tari.Dht.Dataflow.Discovery.Rpc;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A session with a peer, and the answer to the one request that is made in it.</summary>
/// <remarks>As <see cref="IGetPeersStream"/>. Disposing it ends both.</remarks>
internal sealed class PeerCall : IGetPeersStream
{
    private readonly IDhtRpcClient _client;
    private readonly IGetPeersStream _stream;
    private TimeSpan? _firstTimeout;

    /// <param name="client">The session; belongs to the call.</param>
    /// <param name="request">The request, which is made now.</param>
    /// <param name="firstTimeout">How long the first response may take; null for no other time than the others.</param>
    public PeerCall(IDhtRpcClient client, GetPeersRequest request, TimeSpan? firstTimeout)
    {
        _client = client;
        _stream = client.GetPeers(request);
        _firstTimeout = firstTimeout;
    }

    /// <summary>Whether the session broke while the answer was read.</summary>
    public bool IsLost { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TimeSpan limit = _firstTimeout ?? timeout;
        _firstTimeout = null;
        GetPeersItem item = await _stream.ReadAsync(limit, cancellationToken);
        IsLost |= item.Kind == GetPeersItemKind.ConnectionLost;
        return item;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }
}
