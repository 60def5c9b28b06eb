using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>Bans peers that send too many messages, and forgets the counts of those that are gone.</summary>
/// <remarks>
/// <para>
/// At each look a peer with more than <see cref="DhtConfig.FloodBanMaxMsgCount"/> messages within the last
/// <see cref="DhtConfig.FloodBanTimespan"/> is banned for <see cref="DhtConfig.BanDurationShort"/>. As in the reference, with the defaults
/// a burst that ended a minute before goes unpunished. A ban that fails ends the round; the next round tries again while the counts last.
/// </para>
/// <para>
/// Passive: whoever follows the connections of the node calls it, every <see cref="DhtConnectivityConfig.UpdateInterval"/> and when a peer
/// is gone. Failures are logged. Thread safe.
/// </para>
/// </remarks>
internal sealed class FloodGuard
{
    private readonly MetricsCollectorHandle _metrics;
    private readonly IConnectivity _connectivity;
    private readonly DhtConfig _config;
    private readonly ILogger _logger;
    private readonly string _reason;

    /// <param name="metrics">The counts; it keeps at least <see cref="DhtConfig.FloodBanMaxMsgCount"/> + 1 samples of a peer.</param>
    /// <param name="connectivity">Who bans, and knows the connections.</param>
    /// <param name="config">The limits.</param>
    /// <param name="logger">The log.</param>
    public FloodGuard(MetricsCollectorHandle metrics, IConnectivity connectivity, DhtConfig config, ILogger logger)
    {
        _metrics = metrics;
        _connectivity = connectivity;
        _config = config;
        _logger = GuardedLogger.Of(logger);
        _reason = FormattableString.Invariant(
            $"Sent more than {config.FloodBanMaxMsgCount} messages within {config.FloodBanTimespan.TotalSeconds} s.");
    }

    /// <summary>Bans those who flood this node now.</summary>
    /// <param name="cancellationToken">Ends the round.</param>
    /// <exception cref="OperationCanceledException">The token was raised.</exception>
    public async ValueTask BanFloodersAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach ((NodeId peer, _) in _metrics.GetMessageRatesExceeding(_config.FloodBanMaxMsgCount, _config.FloodBanTimespan))
            {
                _logger.PeerFloods(peer, _config.FloodBanMaxMsgCount, _config.FloodBanTimespan, _config.BanDurationShort);
                await _connectivity.BanPeerUntilAsync(peer, _config.BanDurationShort, _reason, cancellationToken);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _logger.FloodWatchFailed(error);
        }
    }

    /// <summary>Forgets the counts of a peer that has disconnected, or could not be reached.</summary>
    /// <param name="peer">The peer.</param>
    public void Forget(in NodeId peer) => _metrics.ClearMetrics(peer);

    /// <summary>Forgets the counts of everybody who is not connected: events were lost, and with them the news of who is gone.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="OperationCanceledException">The token was raised.</exception>
    public async ValueTask RetainConnectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connected = new HashSet<NodeId>();
            foreach (PeerConnectionHandle handle in await _connectivity.GetActiveConnectionsAsync(cancellationToken))
            {
                using (handle)
                {
                    connected.Add(handle.Connection.Peer);
                }
            }

            _metrics.RetainOnly(connected);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _logger.FloodWatchFailed(error);
        }
    }
}
