using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>Bans peers one after the other, in the order in which they were reported.</summary>
/// <remarks>
/// <para>
/// Connectivity bans, and remembers the ban in the store if the store knows the peer. A ban of an unknown peer is stored here, so that it
/// holds after a restart, unless connectivity says that the peer is never banned.
/// </para>
/// <para>
/// Bounded: a ban of the same peer with the same severity waits once, and above <see cref="DhtActorOptions.MaxWaitingBans"/> further ones
/// are dropped, with a warning at most every 10 s. Thread safe; one at a time drains.
/// </para>
/// </remarks>
internal sealed class BanQueue
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(10);

    private readonly DhtActorServices _services;
    private readonly DhtActorOptions _options;
    private readonly Lock _gate = new();
    private readonly Queue<(CommsPublicKey Peer, OffenceSeverity Severity, string Reason)> _waiting = new();
    private readonly HashSet<(CommsPublicKey Peer, OffenceSeverity Severity)> _known = [];
    private bool _isDraining;
    private long _dropped;
    private long? _droppedLogged;

    /// <param name="services">What to work with. Borrowed.</param>
    /// <param name="options">Valid options.</param>
    public BanQueue(DhtActorServices services, DhtActorOptions options)
    {
        _services = services;
        _options = options;
    }

    /// <summary>Adds a ban.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="severity">How bad it was.</param>
    /// <param name="reason">What it was.</param>
    /// <returns>Whether <see cref="DrainAsync"/> has to be started.</returns>
    public bool Add(in CommsPublicKey peer, OffenceSeverity severity, string reason)
    {
        long dropped = 0;
        bool starts = false;
        lock (_gate)
        {
            if (_waiting.Count < _options.MaxWaitingBans)
            {
                if (_known.Add((peer, severity)))
                {
                    _waiting.Enqueue((peer, severity, reason));
                    starts = !_isDraining;
                    _isDraining = true;
                }
            }
            else if (!_known.Contains((peer, severity)))
            {
                _dropped++;
                if (_droppedLogged is not { } last || _options.TimeProvider.GetElapsedTime(last) >= s_logInterval)
                {
                    _droppedLogged = _options.TimeProvider.GetTimestamp();
                    dropped = _dropped;
                }
            }
        }

        if (dropped > 0)
        {
            _options.Logger.BansDropped(dropped, _options.MaxWaitingBans);
        }

        return starts;
    }

    /// <summary>Bans until nobody waits.</summary>
    /// <param name="stopping">Drops what waits.</param>
    public async Task DrainAsync(CancellationToken stopping)
    {
        while (TryTake(stopping.IsCancellationRequested, out CommsPublicKey peer, out OffenceSeverity severity, out string? reason))
        {
            await BanAsync(peer, severity, reason, stopping);
        }
    }

    private bool TryTake(bool stops, out CommsPublicKey peer, out OffenceSeverity severity, [NotNullWhen(true)] out string? reason)
    {
        lock (_gate)
        {
            if (stops)
            {
                _waiting.Clear();
                _known.Clear();
            }

            if (!_waiting.TryDequeue(out var next))
            {
                _isDraining = false;
                (peer, severity, reason) = (default, default, null);
                return false;
            }

            (peer, severity, reason) = next;
            _known.Remove((peer, severity));
            return true;
        }
    }

    private async Task BanAsync(CommsPublicKey peer, OffenceSeverity severity, string reason, CancellationToken stopping)
    {
        NodeId id = NodeId.FromPublicKey(peer);
        TimeSpan duration = _options.Config.BanDurationFor(severity);
        _options.Logger.BanRequested(id, duration, severity, reason);
        IConnectivity connectivity = _services.Connectivity;
        try
        {
            await connectivity.BanPeerUntilAsync(id, duration, reason, stopping).AsTask().WaitHereAsync(
                s_timeout, _options.TimeProvider, stopping);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            // Whatever it was, the next ban is tried.
            _options.Logger.BanFailed(error, id, reason);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The end of the DHT drops what is not done.
            return;
        }

        try
        {
            if (_services.Peers.Find(peer) is null
                && !await connectivity.IsOnAllowListAsync(id, stopping).AsTask().WaitHereAsync(s_timeout, _options.TimeProvider, stopping))
            {
                _services.Peers.BanPeer(peer, duration, reason);
            }
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            _options.Logger.BanFailed(error, id, reason);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The end of the DHT drops what is not done.
        }
    }
}
