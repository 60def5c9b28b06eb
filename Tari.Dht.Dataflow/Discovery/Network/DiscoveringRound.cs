using System.Collections.Immutable;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A round that asks nodes: all are dialled at once, and asked one after the other as they answer.</summary>
internal sealed class DiscoveringRound
{
    // What a node serves at most, whatever it is asked for.
    private const int MostServed = 500;

    private readonly NetworkDiscoveryContext _context;
    private readonly PeerCaller _caller;
    private readonly ImmutableArray<NodeId>.Builder _asked = ImmutableArray.CreateBuilder<NodeId>();
    private int _new;
    private int _known;
    private int _answered;

    public DiscoveringRound(NetworkDiscoveryContext context, PeerCaller caller)
    {
        _context = context;
        _caller = caller;
    }

    /// <summary>Asks all of them.</summary>
    /// <param name="peers">Whom.</param>
    /// <param name="cancellationToken">Ends the round.</param>
    public async Task<DiscoveryRoundInfo> RunAsync(ImmutableArray<NodeId> peers, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = new List<Task<(NodeId Peer, DialledPeer? Dialled)>>();
        try
        {
            foreach (NodeId peer in peers)
            {
                pending.Add(DialAsync(peer, ending.Token));
            }

            while (pending.Count > 0)
            {
                Task<(NodeId Peer, DialledPeer? Dialled)> ended = await Task.WhenAny(pending);
                cancellationToken.ThrowIfCancellationRequested();
                pending.Remove(ended);
                (NodeId peer, DialledPeer? dialled) = await ended;
                if (dialled is { } some)
                {
                    await SyncAsync(peer, some, cancellationToken);
                }
                else
                {
                    _context.Asked.Failed(peer, _context.Now);
                }
            }
        }
        finally
        {
            ending.Cancel();
            foreach ((_, DialledPeer? dialled) in await Task.WhenAll(pending))
            {
                if (dialled is { } unused)
                {
                    _caller.HangUp(unused);
                }
            }
        }

        return new DiscoveryRoundInfo
        {
            NewPeers = _new,
            DuplicatePeers = _known,
            Succeeded = _answered,
            SyncPeers = _asked.ToImmutable(),
            Phase = DiscoveryPhase.General,
        };
    }

    // Fails with nothing: a round that ends cancels it, and has no use for it then.
    private async Task<(NodeId Peer, DialledPeer? Dialled)> DialAsync(NodeId peer, CancellationToken cancellationToken)
    {
        try
        {
            return (peer, await _caller.DialAsync(peer, PeerCaller.DialLimit, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (peer, null);
        }
    }

    private async Task SyncAsync(NodeId peer, DialledPeer dialled, CancellationToken cancellationToken)
    {
        _asked.Add(peer);
        _context.Asked.Asked(peer, _context.Now);
        int before = _new;
        NetworkDiscoveryFailure? failure;
        bool isOpened = false;
        try
        {
            int count = _context.Config.MaxPeersToSyncPerRound;
            IPeerConnection connection = dialled.Handle.Connection;
            if (!connection.IsConnected)
            {
                failure = NetworkDiscoveryFailure.PeerConnectionClosed(peer);
            }
            else
            {
                using PeerCall call = await _caller.CallAsync(
                    connection,
                    _caller.Request(count),
                    _context.Config.BootstrapRpcConnectTimeout,
                    _context.Config.BootstrapRpcGetPeersStreamTimeout,
                    cancellationToken);
                isOpened = true;
                failure = await ReadAsync(call, peer, count == 0 ? MostServed : count, cancellationToken);
            }
        }
        catch (ConnectivityException error)
        {
            failure = NetworkDiscoveryFailure.NotOpened(error, peer, _context.Config.BootstrapRpcConnectTimeout);
        }
        finally
        {
            _caller.HangUp(dialled);
        }

        if (_new > before)
        {
            _context.Asked.BroughtNew(peer);
        }

        if (failure is null)
        {
            _answered++;
            return;
        }

        _context.Logger.SyncFailed(peer, failure.Text);
        if (isOpened)
        {
            _context.Report(peer, SyncOffence.SeverityOf(failure, dialled.WasConnected), failure.Text);
        }
    }

    private async Task<NetworkDiscoveryFailure?> ReadAsync(PeerCall call, NodeId peer, int limit, CancellationToken cancellationToken)
    {
        TimeSpan timeout = _context.Config.BootstrapRpcStreamingTimeout;
        var told = new HashSet<CommsPublicKey>();
        int hostile = 0;
        for (int count = 1; ; count++)
        {
            GetPeersItem item = await call.ReadAsync(timeout, cancellationToken);
            switch (item.Kind)
            {
                case GetPeersItemKind.End:
                    return null;
                case GetPeersItemKind.ConnectionLost:
                    return NetworkDiscoveryFailure.PeerConnectionClosed(peer);
                case GetPeersItemKind.TimedOut:
                    return NetworkDiscoveryFailure.OfItem(item, peer, timeout);
                case var _ when count > limit:
                    return NetworkDiscoveryFailure.TooManyPeersReceived((uint)limit);
                case GetPeersItemKind.NoPeer:
                    return NetworkDiscoveryFailure.EmptyPeerMessageReceived;
                case GetPeersItemKind.Unconvertible:
                    break;
                case GetPeersItemKind.Peer:
                    if (!told.Add(item.Peer!.PublicKey))
                    {
                        return NetworkDiscoveryFailure.DuplicatePeerReceived;
                    }

                    switch (_context.Relayed.Check(item.Peer, out Peer? record, out bool isKnown))
                    {
                        case RelayedPeerVerdict.Hostile when ++hostile > RelayedPeers.MaxHostile:
                            return NetworkDiscoveryFailure.TooManyInvalidPeersReceived(hostile);
                        case RelayedPeerVerdict.Accepted:
                            if (_context.Relayed.Store(record!) is { } failure)
                            {
                                return failure;
                            }

                            _new += isKnown ? 0 : 1;
                            _known += isKnown ? 1 : 0;
                            break;
                    }

                    break;
                default:
                    return NetworkDiscoveryFailure.OfItem(item, peer, timeout);
            }
        }
    }
}
