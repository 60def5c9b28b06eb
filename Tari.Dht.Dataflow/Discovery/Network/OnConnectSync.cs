using System.Diagnostics;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Asks peers for others as they connect, one after the other.</summary>
internal sealed class OnConnectSync
{
    /// <summary>Peers asked for.</summary>
    public const int Count = 100;

    private readonly NetworkDiscoveryContext _context;
    private readonly PeerCaller _caller;

    public OnConnectSync(NetworkDiscoveryContext context, PeerCaller caller)
    {
        _context = context;
        _caller = caller;
    }

    /// <summary>Asks whom events announce, if that was not done lately.</summary>
    /// <param name="post">Told of each round.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Ends when there will be no more events.</returns>
    public async Task RunAsync(Action<NetworkDiscoveryInput> post, CancellationToken cancellationToken)
    {
        using var events = _context.Services.Connectivity.Subscribe();
        while (await events.ReadAsync(cancellationToken) is { } received)
        {
            if (received.Missed > 0)
            {
                _context.Logger.ConnectivityEventsMissed(received.Missed);
            }

            if (received.Event is ConnectivityEvent.PeerConnected { Connection: { } connection }
                && !connection.Features.IsClient()
                && !_context.OnConnect.Skips(connection.Peer, _context.Now)
                && !IsSparedSeed(connection.Peer))
            {
                _context.OnConnect.Asked(connection.Peer, _context.Now);
                _context.Asked.Asked(connection.Peer, _context.Now);
                using Activity? activity = DhtActivities.Start(DhtActivities.DiscoverySync);
                if (await SyncAsync(connection, cancellationToken) is { } round)
                {
                    activity?
                        .SetTag("asked", 1)
                        .SetTag("answered", round.Succeeded)
                        .SetTag("new", round.NewPeers)
                        .SetTag("known", round.DuplicatePeers);
                    post(new NetworkDiscoveryInput.SyncedOnConnect(round));
                }
                else
                {
                    _context.OnConnect.Failed(connection.Peer, _context.Now);
                }
            }
        }
    }

    // A seed has every node of the network to answer, so its pause counts here too.
    private bool IsSparedSeed(in NodeId peer) =>
        _context.Services.Peers.Find(peer) is { IsSeed: true } && !_context.Asked.IsDue(peer, _context.Now);

    /// <summary>Asks a peer.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What it brought; null if the peer could not be asked.</returns>
    public async Task<DiscoveryRoundInfo?> SyncAsync(IPeerConnection connection, CancellationToken cancellationToken)
    {
        if (!connection.IsConnected)
        {
            return null;
        }

        // A peer that answers one thing at a time must not keep all others waiting for hours.
        using PeerConnectionHandle handle = connection.Acquire(ConnectionStrength.Weak);
        using var limit = new CancellationTokenSource(_context.LongestRun, _context.Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        int added = 0;
        int known = 0;
        bool isOpened = false;
        try
        {
            using PeerCall call = await _caller.CallAsync(
                connection, _caller.Request(Count), Timeout.InfiniteTimeSpan, null, either.Token, _context.Services.Peers);
            isOpened = true;
            for (int i = 0; i < Count; i++)
            {
                GetPeersItem item = await call.ReadAsync(Timeout.InfiniteTimeSpan, either.Token);
                if (item.Kind is GetPeersItemKind.Peer or GetPeersItemKind.Known)
                {
                    if (_context.Relayed.TryTake(item, out bool isKnown))
                    {
                        added += isKnown ? 0 : 1;
                        known += isKnown ? 1 : 0;
                    }
                }
                else if (item.Kind == GetPeersItemKind.ConnectionLost && i == 0)
                {
                    return null;
                }
                else if (item.Kind is not (GetPeersItemKind.NoPeer or GetPeersItemKind.Unconvertible))
                {
                    // The end, or a failure after which nothing follows.
                    break;
                }
            }
        }
        catch (ConnectivityException error)
        {
            _context.Logger.SyncFailed(connection.Peer, error.Message);
            return null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // What there is so far counts.
            if (!isOpened)
            {
                return null;
            }
        }

        return new DiscoveryRoundInfo
        {
            NewPeers = added,
            DuplicatePeers = known,
            Succeeded = 1,
            SyncPeers = [connection.Peer],
            Phase = DiscoveryPhase.General,
        };
    }
}
