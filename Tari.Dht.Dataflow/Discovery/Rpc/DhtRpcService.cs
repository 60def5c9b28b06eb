using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Tells peers about others that this node knows.</summary>
/// <remarks>
/// <para>
/// The peer store tells of those that this node has reached itself. While these are fewer than a node wants to know, nodes that are connected
/// now are told of as well: whoever dialled this node is alive, though nobody has tried to dial it yet. So the seed of a network that has just
/// started has somebody to tell of.
/// </para>
/// <para>
/// Thread safe; every call runs where it comes from, and waits only for its reader. A call holds the records it is to send, at most
/// <see cref="PeerManager.MaxSyncPeers"/> of them; each is encoded when its turn comes. What a peer asks never raises an exception.
/// </para>
/// </remarks>
internal sealed class DhtRpcService : IRpcService
{
    /// <summary>Calls of one peer at the same time; as many sessions as one peer may have on the network's other nodes.</summary>
    public const int MaxCallsPerPeer = 10;

    /// <summary>
    /// Calls at the same time in all. Ten times the sessions that other nodes admit: a caller takes a refusal for an offence, so it has to
    /// be worse to go on than to refuse.
    /// </summary>
    public const int MaxCalls = 1000;

    // As on the network's other nodes: no caller may keep a call waiting for longer, whatever deadline it names.
    private static readonly TimeSpan s_longestDeadline = TimeSpan.FromSeconds(600);
    private static readonly TimeSpan s_shortestDeadline = TimeSpan.FromSeconds(1);

    private static readonly Func<Multiaddr, bool> s_isWellShaped = static address => PeerValidator.CheckShape(address).IsNone;

    private readonly CallLimiter _calls = new(MaxCalls, MaxCallsPerPeer);
    private readonly PeerManager _peers;
    private readonly IConnectivity? _connectivity;
    private readonly bool _externalOnly;
    private readonly int _ceiling;
    private readonly int _enough;

    // The limits that most nodes have, as this one: answers to these are kept.
    private readonly GetPeersRequest _usual;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long _answered;

    /// <param name="peers">Whom this node knows.</param>
    /// <param name="config">
    /// Valid settings: how many peers a caller gets, and whether ones that cannot be reached from outside are among them.
    /// </param>
    /// <param name="timeProvider">Measures how long callers take.</param>
    /// <param name="logger">Where what happens is logged.</param>
    /// <param name="connectivity">Whom this node is connected with; null to tell only of those whom the store knows to be alive.</param>
    public DhtRpcService(
        PeerManager peers, DhtConfig config, TimeProvider timeProvider, ILogger logger, IConnectivity? connectivity = null)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _peers = peers;
        _connectivity = connectivity;
        _externalOnly = !config.PeerValidatorConfig.AllowTestAddresses;
        _ceiling = config.NetworkDiscovery.MaxPeersToSyncPerRound;
        _usual = new GetPeersRequest(
            0, false, (uint)config.MaxPermittedPeerClaims, (uint)config.PeerValidatorConfig.MaxPermittedPeerAddressesPerClaim);
        _enough = Math.Min(config.NetworkDiscovery.MinDesiredPeers, PeerManager.MaxSyncPeers);
        _timeProvider = timeProvider;
        _logger = GuardedLogger.Of(logger);
    }

    /// <inheritdoc/>
    public ProtocolId Protocol => DhtRpcProtocol.Name;

    /// <summary>Calls that are answered now.</summary>
    public int ActiveCalls => _calls.Count;

    /// <summary>Calls that were answered since the start; a request that is refused is none.</summary>
    public long AnsweredCalls => Interlocked.Read(ref _answered);

    /// <inheritdoc/>
    public async ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responder);
        if (request.Method != DhtRpcProtocol.GetPeers)
        {
            return new RpcStatus(
                RpcStatusCode.UnsupportedMethod, string.Create(CultureInfo.InvariantCulture, $"There is no method {request.Method}."));
        }

        if (!GetPeersRequestMessage.TryDecode(request.Body.Span, out GetPeersRequest wanted))
        {
            return BadRequest("The request cannot be decoded.");
        }

        if (wanted.MaxClaims == 0)
        {
            return BadRequest("max_claims must be greater than zero");
        }

        if (wanted.MaxAddressesPerClaim == 0)
        {
            return BadRequest("max_addresses_per_claim must be greater than zero");
        }

        if (!_calls.TryEnter(request.Peer))
        {
            _logger.CallRefused(request.Peer);
            return new RpcStatus(RpcStatusCode.General, "Too many calls at the same time.");
        }

        try
        {
            Interlocked.Increment(ref _answered);
            return await AnswerAsync(request, wanted, responder, cancellationToken);
        }
        finally
        {
            _calls.Leave(request.Peer);
        }
    }

    private static RpcStatus BadRequest(string details) => new(RpcStatusCode.BadRequest, details);

    // Also what a transport names for "no deadline" is below zero.
    private static TimeSpan StallLimit(TimeSpan deadline) =>
        deadline < TimeSpan.Zero || deadline > s_longestDeadline ? s_longestDeadline
        : deadline < s_shortestDeadline ? s_shortestDeadline
        : deadline;

    private static int ToInt(uint count) => (int)Math.Min(count, int.MaxValue);

    private async ValueTask<RpcStatus> AnswerAsync(
        RpcRequest request, GetPeersRequest wanted, IRpcResponder responder, CancellationToken cancellationToken)
    {
        List<SharedPeer> peers;
        try
        {
            peers = _peers.DrawShared(
                ToInt(wanted.Count),
                new HashSet<NodeId>(1) { request.Peer },
                wanted.IncludeClients ? null : PeerFeatures.CommunicationNode,
                _externalOnly,
                _ceiling);
            await AddConnectedAsync(peers, request.Peer, wanted.Count, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return RpcStatus.Ok;
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            return new RpcStatus(RpcStatusCode.General, error.Message);
        }

        if (peers.Count == 0)
        {
            return RpcStatus.Ok;
        }

        using var guard = new StallGuard(StallLimit(request.Deadline), _timeProvider, cancellationToken);
        int sent = 0;
        List<PeerIdentityClaim> claims = [];
        bool isUsual = wanted.MaxClaims == _usual.MaxClaims && wanted.MaxAddressesPerClaim == _usual.MaxAddressesPerClaim;
        try
        {
            foreach (SharedPeer shared in peers)
            {
                guard.Token.ThrowIfCancellationRequested();
                byte[]? response = isUsual ? shared.Response : null;
                if (response is null)
                {
                    response = Encode(shared.Peer, wanted, claims);
                    if (isUsual)
                    {
                        _peers.KeepResponse(shared.Peer, response);
                    }
                }

                if (response.Length == 0)
                {
                    continue;
                }

                if (!await responder.SendAsync(response, guard.Token))
                {
                    break;
                }

                sent++;
                guard.NoteSent();
            }
        }
        catch (OperationCanceledException) when (guard.Token.IsCancellationRequested)
        {
            if (guard.IsStalled)
            {
                _logger.CallerStalled(request.Peer, sent);
                return new RpcStatus(RpcStatusCode.Timeout, "The responses were not taken in time.");
            }
        }

        // Who has gone hears nothing of the status.
        _logger.PeersServed(request.Peer, sent, peers.Count);
        return RpcStatus.Ok;
    }

    /// <summary>The response that passes a peer on; empty if there is nothing to pass on.</summary>
    private static byte[] Encode(Peer peer, in GetPeersRequest wanted, List<PeerIdentityClaim> claims)
    {
        ServedClaims.Select(peer.Addresses, ToInt(wanted.MaxClaims), ToInt(wanted.MaxAddressesPerClaim), s_isWellShaped, claims);
        return claims.Count == 0 ? [] : GetPeersResponseWriter.Encode(peer.PublicKey, CollectionsMarshal.AsSpan(claims));
    }

    /// <summary>Fills an answer up that has few peers, with nodes that are connected now.</summary>
    private async ValueTask AddConnectedAsync(
        List<SharedPeer> peers, NodeId caller, uint wanted, CancellationToken cancellationToken)
    {
        int limit = wanted == 0 ? _enough : Math.Min(ToInt(wanted), _enough);
        limit = _ceiling == 0 ? limit : Math.Min(limit, _ceiling);
        if (_connectivity is null || peers.Count >= limit)
        {
            return;
        }

        IReadOnlyList<NodeId> connected;
        try
        {
            connected = await _connectivity.SelectNodesAsync(
                ConnectivitySelection.RandomNodes(limit - peers.Count, [caller, .. peers.Select(static shared => shared.Peer.NodeId)]),
                cancellationToken);
        }
        catch (ConnectivityException error)
        {
            _logger.ConnectedNotAsked(error);
            return;
        }

        DateTimeOffset now = _timeProvider.GetUtcNow();
        foreach (NodeId id in connected)
        {
            // Seeds are known to all, and are to have their rest.
            if (_peers.Find(id) is { IsDeleted: false, IsSeed: false, Features: PeerFeatures.CommunicationNode } peer && !peer.IsBanned(now))
            {
                peers.Add(new SharedPeer(_externalOnly ? WithExternalAddresses(peer) : peer, null));
            }
        }
    }

    // Without an address nothing is served of it.
    private static Peer WithExternalAddresses(Peer peer)
    {
        ImmutableArray<MultiaddrWithStats>.Builder external = ImmutableArray.CreateBuilder<MultiaddrWithStats>();
        foreach (MultiaddrWithStats entry in peer.Addresses)
        {
            if (entry.Address.IsExternal())
            {
                external.Add(entry);
            }
        }

        return external.Count == peer.Addresses.Count
            ? peer
            : peer with { Addresses = MultiaddressesWithStats.FromEntries(external.DrainToImmutable()) };
    }
}
