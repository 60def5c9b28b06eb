using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

public sealed partial class ConnectivityManager
{
    // How long a banned peer's connection may take to close, and how often it is asked again at the least.
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestCloseLimit = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(reason);
        return Ban(peer, null, duration, reason) ? ValueTask.CompletedTask : ValueTask.FromException(Ended());
    }

    /// <summary>
    /// As <see cref="BanPeerUntilAsync"/>, for a transport that knows the peer's key: one that the store does not know gets a record there.
    /// </summary>
    /// <param name="publicKey">Whom.</param>
    /// <param name="duration">For how long, from now.</param>
    /// <param name="reason">Why; for people.</param>
    public void BanOffender(in CommsPublicKey publicKey, TimeSpan duration, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(reason);
        Ban(NodeId.FromPublicKey(publicKey), publicKey, duration, reason);
    }

    /// <summary>Whether this node has banned a peer, in memory or in the store: a transport refuses it before anything is said.</summary>
    /// <param name="peer">The peer.</param>
    public bool IsBanned(NodeId peer)
    {
        lock (_gate)
        {
            return IsBannedHere(peer) || (_peers.Find(peer) is { } record && record.IsBanned(UtcNow));
        }
    }

    /// <inheritdoc/>
    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _allowed.Add(peer);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _allowed.Remove(peer);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_allowed.Contains(peer));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<NodeId>>([.. _allowed]);
        }
    }

    /// <summary>Bans a peer unless it is on the allow list.</summary>
    /// <returns>False if the node has ended.</returns>
    private bool Ban(in NodeId peer, CommsPublicKey? publicKey, TimeSpan duration, string reason)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return false;
            }

            if (_allowed.Contains(peer))
            {
                return true;
            }

            DateTimeOffset until = PeerTimes.After(UtcNow, duration);
            long generation = _bans.GenerationOf(peer);
            _bans.Set(peer, until, generation);
            Do(EffectKind.WriteBan, new BanOrder(peer, publicKey, until, duration, generation, reason));
            Do(EffectKind.Publish, new ConnectivityEvent.PeerBanned(peer));
            if (_pool.TryGetValue(peer, out PoolEntry? entry) && entry.Live is { } connection)
            {
                Do(EffectKind.WatchBan, new BanWatch(this, connection));
            }
        }

        Act();
        return true;
    }

    private void Write(BanOrder order)
    {
        _options.Metrics?.Banned();
        _logger.PeerBanned(order.Peer, order.Duration, order.Reason);
        _banWriter.Write(() => TryWrite(order), () => _bans.IsCurrent(order.Peer, order.Generation));
    }

    private bool TryWrite(BanOrder order)
    {
        try
        {
            TimeSpan left = order.Until - UtcNow;
            left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            if (order.PublicKey is { } key)
            {
                _peers.BanPeer(key, left, order.Reason);
            }
            else
            {
                _peers.BanPeerByNodeId(order.Peer, left, order.Reason);
            }

            return true;
        }
        catch (PeerManagerException error) when (error.Error == PeerManagerError.PeerNotFound)
        {
            // One that the store does not know is banned in memory alone.
            return true;
        }
        catch (ObjectDisposedException)
        {
            // A store that has ended never takes it.
            return true;
        }
        catch (PeerManagerException error)
        {
            _logger.BanNotStored(order.Peer, error);
            return false;
        }
    }

    private sealed record BanOrder(
        NodeId Peer, CommsPublicKey? PublicKey, DateTimeOffset Until, TimeSpan Duration, long Generation, string Reason);

    /// <summary>Asks the connection of a banned peer to close until it does, or until the ban ends.</summary>
    private sealed class BanWatch(ConnectivityManager manager, IPeerConnection connection) : IDeadline
    {
        private int _tries;

        public bool IsObsolete => !connection.IsConnected;

        public void Wait()
        {
            manager.Disconnect(connection, isMinimized: true);
            manager._deadlines.Add(this, BanWriter.DelayBefore(_tries++, s_closeLimit, s_longestCloseLimit));
        }

        public void OnDue()
        {
            bool isBanned;
            lock (manager._gate)
            {
                isBanned = manager.IsBannedHere(connection.Peer);
            }

            if (isBanned)
            {
                Wait();
            }
        }
    }
}
