using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A session with a peer, and the answer to the one request that is made in it.</summary>
/// <remarks>
/// As <see cref="IGetPeersStream"/>. Disposing it ends both. However slowly a peer feeds its answer, after a time it is over: what is read
/// then is <see cref="GetPeersItemKind.TimedOut"/>.
/// </remarks>
internal sealed class PeerCall : IGetPeersStream
{
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(10);

    private readonly IDhtRpcClient _client;
    private readonly IGetPeersStream _stream;
    private readonly TimeSpan _longest;
    private readonly TimeProvider _timeProvider;
    private readonly long _startedAt;
    private TimeSpan? _firstTimeout;

    /// <param name="client">The session; belongs to the call.</param>
    /// <param name="request">The request, which is made now.</param>
    /// <param name="firstTimeout">How long the first response may take; null for no other time than the others.</param>
    /// <param name="longest">How long all of it may take.</param>
    /// <param name="timeProvider">Measures that.</param>
    /// <param name="known">Whose records need not be read again; null to read all.</param>
    public PeerCall(
        IDhtRpcClient client,
        in GetPeersRequest request,
        TimeSpan? firstTimeout,
        TimeSpan longest,
        TimeProvider timeProvider,
        PeerManager? known = null)
    {
        _client = client;
        _firstTimeout = firstTimeout;
        _longest = longest;
        _timeProvider = timeProvider;
        _startedAt = timeProvider.GetTimestamp();
        _stream = client.GetPeers(request, known);
    }

    /// <summary>Whether the session broke while the answer was read.</summary>
    public bool IsLost { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TimeSpan limit = _firstTimeout ?? timeout;
        _firstTimeout = null;
        TimeSpan left = _longest - _timeProvider.GetElapsedTime(_startedAt);
        if (left <= TimeSpan.Zero)
        {
            return new GetPeersItem(GetPeersItemKind.TimedOut);
        }

        if (limit == Timeout.InfiniteTimeSpan || limit > left)
        {
            limit = left;
        }

        GetPeersItem item;
        ValueTask<GetPeersItem> reading = _stream.ReadAsync(limit, cancellationToken);
        if (reading.IsCompletedSuccessfully)
        {
            item = reading.Result;
        }
        else
        {
            try
            {
                // The session keeps the limit itself; this is for one that does not.
                item = await reading.AsTask().WaitHereAsync(limit + s_slack, _timeProvider, cancellationToken);
            }
            catch (TimeoutException)
            {
                return new GetPeersItem(GetPeersItemKind.TimedOut);
            }
        }

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
