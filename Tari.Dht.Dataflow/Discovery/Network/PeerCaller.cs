using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Dials peers, asks them for others, and hangs up afterwards.</summary>
/// <remarks>Thread safe. What a peer does is a value; an <see cref="OperationCanceledException"/> means that the token fired.</remarks>
internal sealed class PeerCaller
{
    /// <summary>How long a dial may take at most; as connectivity's own limit.</summary>
    public static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(180);

    private readonly NetworkDiscoveryContext _context;
    private readonly CancellationToken _stopping;
    private readonly Lock _gate = new();
    private readonly List<Task> _closing = [];

    /// <param name="context">What to work with.</param>
    /// <param name="stopping">Fires when discovery ends: nothing is waited for any more.</param>
    public PeerCaller(NetworkDiscoveryContext context, CancellationToken stopping)
    {
        _context = context;
        _stopping = stopping;
    }

    /// <summary>A request for peers with this node's limits.</summary>
    /// <param name="count">Peers at most.</param>
    public GetPeersRequest Request(int count) => new(
        (uint)count,
        false,
        (uint)_context.Options.Config.MaxPermittedPeerClaims,
        (uint)_context.Options.Config.PeerValidatorConfig.MaxPermittedPeerAddressesPerClaim);

    /// <summary>A connection to a peer: the one there is, or a new one.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A connection that the caller hangs up with <see cref="HangUp"/>; null if there is none.</returns>
    public async Task<DialledPeer?> DialAsync(NodeId peer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            if (await _context.Services.Connectivity.GetConnectionAsync(peer, ConnectionStrength.Weak, cancellationToken) is { } known)
            {
                return new DialledPeer(known, true);
            }

            try
            {
                return new DialledPeer(await DialOnceAsync(peer, timeout, cancellationToken), false);
            }
            catch (ConnectivityException error) when (error.Error == ConnectivityError.DialCancelled)
            {
                // The peer dialled this node at the same time, so there is a connection now. It is the peer's to close.
                return new DialledPeer(await DialOnceAsync(peer, timeout, cancellationToken), true);
            }
        }
        catch (Exception error) when (!IsEnd(error, cancellationToken))
        {
            _context.Logger.DiscoveryDialFailed(peer, error.Message);
            return null;
        }
    }

    /// <summary>Opens a session and asks for peers.</summary>
    /// <param name="connection">A connection to which the caller holds a handle.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="connectTimeout">How long opening may take.</param>
    /// <param name="firstTimeout">How long the first response may take; null for no other time than the others.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="known">Whose records need not be read again (<see cref="GetPeersItemKind.Known"/>); null to read all.</param>
    /// <returns>The call, which takes <see cref="NetworkDiscoveryContext.LongestRun"/> at most, however slowly the peer answers.</returns>
    /// <exception cref="ConnectivityException">No session was opened.</exception>
    public async Task<PeerCall> CallAsync(
        IPeerConnection connection,
        GetPeersRequest request,
        TimeSpan connectTimeout,
        TimeSpan? firstTimeout,
        CancellationToken cancellationToken,
        PeerManager? known = null)
    {
        IDhtRpcClient client = await _context.Services.Rpc.ConnectAsync(connection, connectTimeout, cancellationToken);
        try
        {
            return new PeerCall(client, request, firstTimeout, _context.LongestRun, _context.Options.TimeProvider, known);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Asks a seed, or somebody in a rebootstrap, for peers, and takes the answer as a whole.</summary>
    /// <param name="connection">A connection to which the caller holds a handle.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<PeerStreamResult> FetchAsync(IPeerConnection connection, CancellationToken cancellationToken)
    {
        int count = Math.Max(1, Math.Min(_context.Config.MaxPeersToSyncPerRound, 500) / 2);
        try
        {
            using PeerCall call = await CallAsync(
                connection,
                Request(count),
                _context.Config.BootstrapRpcConnectTimeout,
                _context.Config.BootstrapRpcGetPeersStreamTimeout,
                cancellationToken);
            PeerStreamResult result = await PeerStreamCollector.CollectAsync(
                call, count, _context.Config.BootstrapRpcStreamingTimeout, cancellationToken);
            return result is { Count: 0, Failure: null } && call.IsLost
                ? result with { Failure = NetworkDiscoveryFailure.PeerConnectionClosed(connection.Peer) }
                : result;
        }
        catch (ConnectivityException error)
        {
            return new PeerStreamResult(
                [], 0, NetworkDiscoveryFailure.NotOpened(error, connection.Peer, _context.Config.BootstrapRpcConnectTimeout));
        }
        catch (Exception error) when (!IsEnd(error, cancellationToken))
        {
            // One peer's transport must not cost what the others tell.
            _context.Logger.CallFailed(error, connection.Peer);
            return new PeerStreamResult([], 0, NetworkDiscoveryFailure.RpcError(DhtRpcFault.Handshake));
        }
    }

    /// <summary>
    /// Gives a connection up, and closes it unless it is not this round's to close: it was there before, the peer is in the pool, or somebody
    /// holds it fast. Does not wait.
    /// </summary>
    /// <param name="dialled">The connection; its handle is not the caller's any more.</param>
    /// <param name="isAlways">Closes it unless somebody holds it fast.</param>
    public void HangUp(DialledPeer dialled, bool isAlways = false)
    {
        IPeerConnection connection = dialled.Handle.Connection;
        bool isOthers = !isAlways && (dialled.WasConnected || _context.Services.Pool.Contains(connection.Peer));
        if (isOthers || !connection.IsConnected || connection.IsStronglyHeld)
        {
            dialled.Handle.Dispose();
            return;
        }

        Task closing = CloseAsync(dialled.Handle);
        if (!closing.IsCompleted)
        {
            lock (_gate)
            {
                _closing.RemoveAll(static task => task.IsCompleted);
                _closing.Add(closing);
            }
        }
    }

    /// <summary>Ends when all that was hung up is closed, or not waited for any more. Does not fail.</summary>
    public Task WhenClosedAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_closing);
        }
    }

    private static bool IsEnd(Exception error, CancellationToken cancellationToken) =>
        error is OperationCanceledException && cancellationToken.IsCancellationRequested;

    private async Task CloseAsync(PeerConnectionHandle handle)
    {
        using (handle)
        {
            try
            {
                await handle.Connection.DisconnectHereAsync(isMinimized: true, _context.Options.TimeProvider, _stopping);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The end; the transport closes it.
            }
            catch (Exception error)
            {
                // It has ended already, or does with its last handle. Nothing that happens here may keep discovery from ending.
                _context.Logger.DisconnectFailed(error, handle.Connection.Peer);
            }
        }
    }

    // The dial goes on when nobody waits any more; a handle that comes too late is given up.
    private Task<PeerConnectionHandle> DialOnceAsync(NodeId peer, TimeSpan timeout, CancellationToken cancellationToken) =>
        LateHandle.WaitAsync(
            _context.Services.Connectivity.DialPeerAsync(peer, ConnectionStrength.Weak, cancellationToken),
            timeout,
            _context.Options.TimeProvider,
            cancellationToken);
}
