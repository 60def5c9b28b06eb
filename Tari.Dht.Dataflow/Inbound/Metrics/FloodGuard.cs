using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>Bans peers that send too many messages, and forgets the counts of those that are gone.</summary>
/// <remarks>
/// <para>
/// Every <see cref="DhtConnectivityConfig.UpdateInterval"/> each peer with more than <see cref="DhtConfig.FloodBanMaxMsgCount"/> messages
/// within the last <see cref="DhtConfig.FloodBanTimespan"/> is banned for <see cref="DhtConfig.BanDurationShort"/>. As in the reference,
/// with the defaults a burst that ended a minute before goes unpunished. A ban that fails ends the round; the next round tries again while
/// the counts last.
/// </para>
/// <para>
/// Runs on the given scheduler from <see cref="Start"/> until <see cref="DisposeAsync"/>. Failures are logged, and end nothing.
/// </para>
/// </remarks>
internal sealed class FloodGuard : IAsyncDisposable
{
    // A timer can't wait longer.
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromDays(49);

    private readonly MetricsCollectorHandle _metrics;
    private readonly IConnectivity _connectivity;
    private readonly DhtConfig _config;
    private readonly TimeProvider _timeProvider;
    private readonly TaskScheduler _scheduler;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _reason;
    private EventSubscription<ConnectivityEvent>? _events;
    private Task? _running;

    /// <param name="metrics">The counts; it keeps at least <see cref="DhtConfig.FloodBanMaxMsgCount"/> + 1 samples of a peer.</param>
    /// <param name="connectivity">Who bans, and tells of connections.</param>
    /// <param name="config">The limits; the interval is above zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="scheduler">Where it runs.</param>
    /// <param name="logger">The log.</param>
    public FloodGuard(
        MetricsCollectorHandle metrics,
        IConnectivity connectivity,
        DhtConfig config,
        TimeProvider timeProvider,
        TaskScheduler scheduler,
        ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(config.Connectivity.UpdateInterval, TimeSpan.Zero);
        _metrics = metrics;
        _connectivity = connectivity;
        _config = config;
        _timeProvider = timeProvider;
        _scheduler = scheduler;
        _logger = GuardedLogger.Of(logger);
        _reason = FormattableString.Invariant(
            $"Sent more than {config.FloodBanMaxMsgCount} messages within {config.FloodBanTimespan.TotalSeconds} s.");
    }

    /// <summary>Begins to watch; the first round is one interval later.</summary>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        if (_running is not null)
        {
            throw new InvalidOperationException("Flood protection runs already.");
        }

        EventSubscription<ConnectivityEvent> events = _connectivity.Subscribe();
        _events = events;
        TimeSpan interval = _config.Connectivity.UpdateInterval;
        var timer = new PeriodicTimer(interval < s_longestInterval ? interval : s_longestInterval, _timeProvider);
        _running = Task.WhenAll(Run(() => WatchCountsAsync(timer)), Run(() => WatchConnectionsAsync(events)));
    }

    /// <summary>Ends the watching and waits for a ban that is being asked for.</summary>
    public ValueTask DisposeAsync()
    {
        // Without timer and wait handle the source holds nothing to dispose of, so ending twice is harmless.
        _stopping.Cancel();
        _events?.Dispose();
        return _running is null ? ValueTask.CompletedTask : new ValueTask(_running);
    }

    private Task Run(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();

    private async Task WatchCountsAsync(PeriodicTimer timer)
    {
        using (timer)
        {
            try
            {
                while (await timer.WaitForNextTickAsync(_stopping.Token))
                {
                    await BanFloodersAsync();
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The end.
            }
        }
    }

    private async Task BanFloodersAsync()
    {
        try
        {
            foreach ((NodeId peer, _) in _metrics.GetMessageRatesExceeding(_config.FloodBanMaxMsgCount, _config.FloodBanTimespan))
            {
                _logger.PeerFloods(peer, _config.FloodBanMaxMsgCount, _config.FloodBanTimespan, _config.BanDurationShort);
                await _connectivity.BanPeerUntilAsync(peer, _config.BanDurationShort, _reason, _stopping.Token);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _logger.FloodWatchFailed(error);
        }
    }

    private async Task WatchConnectionsAsync(EventSubscription<ConnectivityEvent> events)
    {
        try
        {
            // Without a token, with which each event would make a detour by the thread pool; disposing the subscription ends it.
            while (await events.ReadAsync() is { } received)
            {
                await ForgetAsync(received);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The end came while connections were asked for.
        }
    }

    private async Task ForgetAsync(ReceivedEvent<ConnectivityEvent> received)
    {
        if (received.Missed > 0)
        {
            await RetainConnectedAsync();
        }

        switch (received.Event)
        {
            case ConnectivityEvent.PeerDisconnected disconnected:
                _metrics.ClearMetrics(disconnected.Peer);
                break;
            case ConnectivityEvent.PeerConnectFailed failed:
                _metrics.ClearMetrics(failed.Peer);
                break;
        }
    }

    /// <summary>Events were lost, and with them the news of who is gone.</summary>
    private async Task RetainConnectedAsync()
    {
        try
        {
            var connected = new HashSet<NodeId>();
            foreach (PeerConnectionHandle handle in await _connectivity.GetActiveConnectionsAsync(_stopping.Token))
            {
                using (handle)
                {
                    connected.Add(handle.Connection.Peer);
                }
            }

            _metrics.RetainOnly(connected);
        }
        catch (Exception error) when (error is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            _logger.FloodWatchFailed(error);
        }
    }
}
