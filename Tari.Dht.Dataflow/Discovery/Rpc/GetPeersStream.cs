using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>The answer to a request for peers, decoded response by response.</summary>
internal sealed class GetPeersStream : IGetPeersStream
{
    // No address that anybody keeps is longer (see PeerValidator.CheckClaim); with it, what encloses it.
    private const long MaxAddress = 1024 + 8;
    private const long MaxClaimParts = 128;
    private const long MaxPeerParts = 64;

    private readonly IRpcStream _stream;
    private readonly DhtRpcClientOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly PeerManager? _known;
    private readonly long _maxLength;
    private GetPeersItem? _end;

    /// <param name="stream">The responses; this object's from here on.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="options">How long to wait.</param>
    /// <param name="timeProvider">Measures how long the peer takes.</param>
    /// <param name="known">Whose records need not be read again; null to read all.</param>
    public GetPeersStream(
        IRpcStream stream, in GetPeersRequest request, DhtRpcClientOptions options, TimeProvider timeProvider, PeerManager? known)
    {
        _known = known;
        _stream = stream;
        _options = options;
        _timeProvider = timeProvider;

        // Whoever answers with more was not asked for it. Records are kept until they are judged, so what they may take has to be bounded.
        long perClaim = MaxClaimParts + (Math.Min(request.MaxAddressesPerClaim, (uint)ushort.MaxValue) * MaxAddress);
        _maxLength = MaxPeerParts + (Math.Min(request.MaxClaims, (uint)ushort.MaxValue) * perClaim);
    }

    /// <inheritdoc/>
    public async ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (_end is { } end)
        {
            return end;
        }

        // Nearly always the first: an item then takes one state machine.
        RpcItem item = timeout <= _options.RequestDeadline && timeout != Timeout.InfiniteTimeSpan
            ? await _stream.ReadAsync(timeout, cancellationToken)
            : await ReadBeyondDeadlineAsync(timeout, cancellationToken);
        return item.Kind switch
        {
            RpcItemKind.Message => Decode(item.Body.Span),
            RpcItemKind.End => End(new GetPeersItem(GetPeersItemKind.End)),
            RpcItemKind.Failed => End(new GetPeersItem(GetPeersItemKind.Status, Status: item.Status)),
            RpcItemKind.ConnectionLost => End(new GetPeersItem(GetPeersItemKind.ConnectionLost)),
            _ when IsLimitedByCall(timeout) => GiveUp(),
            _ => new GetPeersItem(GetPeersItemKind.TimedOut),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private bool IsLimitedByCall(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan || timeout >= _options.LongestWait;

    /// <summary>
    /// Reads for as long as the caller allows, and no longer than the call itself. The session ends its waiting at the deadline that the
    /// peer was told; the grace comes after it, and may be longer.
    /// </summary>
    private async ValueTask<RpcItem> ReadBeyondDeadlineAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        TimeSpan limit = IsLimitedByCall(timeout) ? _options.LongestWait : timeout;
        long startedAt = _timeProvider.GetTimestamp();
        TimeSpan left = limit;
        RpcItem item;
        do
        {
            item = await _stream.ReadAsync(left, cancellationToken);
            left = limit - _timeProvider.GetElapsedTime(startedAt);
        }
        while (item.Kind == RpcItemKind.TimedOut && left > TimeSpan.Zero);

        return item;
    }

    private GetPeersItem Decode(ReadOnlySpan<byte> body)
    {
        UInt128 fingerprint = _known is null ? UInt128.Zero : RelayFingerprint.Of(body);
        if (_known is not null && GetPeersResponseMessage.TryPeekKey(body, out CommsPublicKey key) && _known.MergeIfKnown(key, fingerprint))
        {
            return new GetPeersItem(GetPeersItemKind.Known);
        }

        switch (GetPeersResponseMessage.TryDecode(body, out GetPeersResponseMessage message))
        {
            case GetPeersDecodeStatus.Malformed:
                return Break(GetPeersItemKind.DecodeError);
            case GetPeersDecodeStatus.BudgetExceeded:
                return Break(GetPeersItemKind.BudgetExceeded);
            case var _ when !message.HasPeer:
                return new GetPeersItem(GetPeersItemKind.NoPeer);
            case var _ when body.Length <= _maxLength && message.TryConvert(out UnvalidatedPeerInfo? info) == PeerClaimError.None:
                return new GetPeersItem(GetPeersItemKind.Peer, info) { Fingerprint = fingerprint };
            default:
                return new GetPeersItem(GetPeersItemKind.Unconvertible);
        }
    }

    private GetPeersItem End(GetPeersItem item)
    {
        _end = item;
        return item;
    }

    /// <summary>Ends a stream of which nothing more is wanted; the peer is told to stop.</summary>
    private GetPeersItem Break(GetPeersItemKind kind)
    {
        _stream.Dispose();
        return End(new GetPeersItem(kind));
    }

    // On the network's other nodes the client itself makes a status of this.
    private GetPeersItem GiveUp()
    {
        _stream.Dispose();
        return End(new GetPeersItem(
            GetPeersItemKind.Status, Status: new RpcStatus(RpcStatusCode.Timeout, "The response did not come in time.")));
    }
}
