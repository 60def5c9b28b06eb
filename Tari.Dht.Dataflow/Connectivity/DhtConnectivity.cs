using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>
/// Keeps a node connected: fills its pool of connections, replaces who is gone, exchanges some now and then, and says when the pool
/// starves.
/// </summary>
/// <remarks>
/// <para>
/// One loop on the given scheduler from <see cref="Start"/> until <see cref="DisposeAsync"/>. It takes events of connectivity, events of
/// the DHT and ticks in turn. Pauses are timers, so nothing keeps it from the next event. What fails is logged, and ends only the turn in
/// which it failed; the pool is whole after each.
/// </para>
/// <para>What a turn does with the pool is in the other part of this class.</para>
/// </remarks>
internal sealed partial class DhtConnectivity : IAsyncDisposable
{
    // How much earlier or later a tick may come, of the interval.
    private const double TickJitter = 0.1;

    private static readonly TimeSpan s_retryOfFirstFill = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_offlinePause = TimeSpan.FromSeconds(15);

    private readonly DhtConnectivityServices _services;
    private readonly DhtConnectivityOptions _options;
    private readonly DhtConfig _config;
    private readonly ILogger _logger;
    private readonly ConnectionPool _pool;
    private readonly DialBackoff _backoff = new();
    private readonly LearnedPeers _learned;
    private readonly StarvationTrigger _trigger;
    private readonly JoinCooldown _joins;
    private readonly WakeSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<IEnumerable<Measurement<int>>> _measure;
    private readonly long _startTimestamp;

    // Disconnects and joins that nobody waits for until the end.
    private readonly List<Task> _background = [];
    private EventSubscription<ConnectivityEvent>? _connectivityEvents;
    private EventSubscription<DhtEvent>? _dhtEvents;
    private PoolStatus _status;
    private int _publishedVersion;
    private TimeSpan? _fillAt;
    private TimeSpan _fillStart;
    private TimeSpan _nextTick;
    private TimeSpan? _offlineUntil;
    private TimeSpan? _lastRefresh;
    private int _state;

    /// <param name="services">What to work with.</param>
    /// <param name="options">How to work.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public DhtConnectivity(DhtConnectivityServices services, DhtConnectivityOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _services = services;
        _options = options;
        _config = options.Config;
        _logger = GuardedLogger.Of(options.Logger);
        _pool = new ConnectionPool(_config, options.Random);
        _learned = new LearnedPeers(_pool, _backoff);
        DhtConnectivityConfig connectivity = _config.Connectivity;
        _trigger = new StarvationTrigger(
            connectivity.PoolStarvedTicks, connectivity.RebootstrapCooldownMin, connectivity.RebootstrapCooldownMax, options.Random);
        _joins = new JoinCooldown(_config.JoinCooldownInterval);
        _startTimestamp = options.TimeProvider.GetTimestamp();
        _status = new PoolStatus { Size = _pool.Size };
        _measure = Measure;
    }

    /// <summary>How the pool is doing.</summary>
    public PoolStatus Status => Volatile.Read(ref _status);

    /// <summary>Begins to listen, and fills the pool once the configured delay is over.</summary>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        if (Interlocked.CompareExchange(ref _state, 1, 0) != 0)
        {
            throw new InvalidOperationException("The pool of connections runs already.");
        }

        try
        {
            // Subscribed at once, so that nothing that happens from here on is missed.
            _connectivityEvents = _services.Connectivity.Subscribe();
            _dhtEvents = _services.Events.Subscribe();
            _options.Metrics?.AddPool(_measure);
            _ = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.TaskScheduler);
        }
        catch
        {
            // The transport or the scheduler may refuse; nothing runs then.
            End();
            throw;
        }
    }

    /// <summary>Ends the loop at once and gives all handles up; connections are left to the transport.</summary>
    /// <returns>Ends when nothing of it runs any more. Does not fail.</returns>
    public ValueTask DisposeAsync()
    {
        // Without timer and wait handle the source holds nothing to dispose of, so ending twice is harmless.
        _stopping.Cancel();
        if (Interlocked.CompareExchange(ref _state, 1, 0) == 0)
        {
            _ended.TrySetResult();
        }

        _signal.Set();
        return new ValueTask(_ended.Task);
    }

    private TimeSpan Now() => _options.TimeProvider.GetElapsedTime(_startTimestamp);

    private async Task RunAsync()
    {
        try
        {
            using ITimer timer = _options.TimeProvider.CreateTimer(
                static state => ((WakeSignal)state!).Set(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await LoopAsync(timer);
            foreach (Task task in _background)
            {
                await task;
            }
        }
        catch (Exception error)
        {
            // No turn fails; this is what is around them, such as a clock that does not work.
            _logger.LoopFailed(error);
        }
        finally
        {
            End();
        }
    }

    private async Task LoopAsync(ITimer timer)
    {
        Task<ReceivedEvent<ConnectivityEvent>?>? connection = Read(_connectivityEvents!);
        Task<ReceivedEvent<DhtEvent>?>? dht = Read(_dhtEvents!);
        _fillAt = Now() + (_config.NetworkDiscovery.InitialPeerSyncDelay ?? TimeSpan.Zero);
        while (!_stopping.IsCancellationRequested)
        {
            // One of each in turn, so that none waits for a flood of another.
            bool worked = false;
            if (Now() >= NextDue())
            {
                worked = true;
                await TurnAsync(static (self, _) => self.OnTimeAsync(), 0, "its timer");
            }

            if (dht is { IsCompleted: true })
            {
                worked = true;
                ReceivedEvent<DhtEvent>? received = await dht;
                dht = received is null ? null : Read(_dhtEvents!);
                if (received is { } next)
                {
                    await TurnAsync(static (self, happened) => self.OnDhtEventAsync(happened), next.Event, "an event of the DHT");
                }
            }

            if (connection is { IsCompleted: true })
            {
                worked = true;
                ReceivedEvent<ConnectivityEvent>? received = await connection;
                connection = received is null ? null : Read(_connectivityEvents!);
                if (received is { } next)
                {
                    await TurnAsync(static (self, happened) => self.OnConnectivityEventAsync(happened), next, "an event of connectivity");
                }
            }

            if (!worked)
            {
                timer.Change(UntilDue(), Timeout.InfiniteTimeSpan);
                await _signal.WaitAsync();
            }
        }
    }

    private void End()
    {
        _connectivityEvents?.Dispose();
        _dhtEvents?.Dispose();
        _options.Metrics?.RemovePool(_measure);
        _pool.Dispose();
        PublishState(isEnded: true);
        _ended.TrySetResult();
    }

    /// <summary>The next event, which wakes the loop when it comes.</summary>
    private Task<ReceivedEvent<T>?> Read<T>(EventSubscription<T> events)
        where T : class
    {
        // Without a token, with which each event would make a detour by the thread pool; the loop does not wait for it alone.
        Task<ReceivedEvent<T>?> read = events.ReadAsync().AsTask();
        if (!read.IsCompleted)
        {
            _ = read.ContinueWith(
                static (_, signal) => ((WakeSignal)signal!).Set(),
                _signal,
                CancellationToken.None,
                TaskContinuationOptions.DenyChildAttach | TaskContinuationOptions.ExecuteSynchronously,
                _options.TaskScheduler);
        }

        return read;
    }

    private async ValueTask TurnAsync<T>(Func<DhtConnectivity, T, ValueTask> turn, T state, string what)
    {
        try
        {
            await turn(this, state);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The end.
        }
        catch (Exception error)
        {
            _logger.TurnFailed(error, what);
        }

        PublishState(isEnded: false);
    }

    /// <summary>When the loop has something to do by itself.</summary>
    private TimeSpan NextDue()
    {
        TimeSpan due = _fillAt ?? _nextTick;
        return _offlineUntil is { } until && until < due ? until : due;
    }

    private TimeSpan UntilDue()
    {
        TimeSpan left = TimerLimit.AtMost(NextDue() - Now());

        // Whole milliseconds upwards, as timers leave fractions out and would come too early.
        return left <= TimeSpan.Zero
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds((long)Math.Ceiling(left.TotalMilliseconds));
    }

    private async ValueTask OnTimeAsync()
    {
        TimeSpan now = Now();
        if (_fillAt is { } fillAt)
        {
            if (now >= fillAt)
            {
                await FillAsync(now);
            }
        }
        else if (now >= _nextTick)
        {
            _nextTick = TickAfter(now);
            await TickAsync();
        }

        if (_offlineUntil is { } until && Now() >= until)
        {
            _offlineUntil = null;
            await RefreshAnewAsync();
        }
    }

    /// <summary>
    /// When the tick after the one that is due comes: after an interval, a tenth of it more or less. The pools of nodes that started together
    /// would else tick together forever, and all exchange connections at the same moment, at which messages go astray.
    /// </summary>
    private TimeSpan TickAfter(TimeSpan now)
    {
        TimeSpan interval = _config.Connectivity.UpdateInterval;
        TimeSpan jitter = interval * TickJitter * ((2 * _options.Random.NextDouble()) - 1);

        // Ticks that were missed are not made up for. What a late tick has lost, the next one has not.
        TimeSpan next = _nextTick + (interval * (1 + ((now - _nextTick).Ticks / interval.Ticks))) + jitter;
        return next > now ? next : next + interval;
    }

    private async ValueTask FillAsync(TimeSpan now)
    {
        _fillAt = null;
        _fillStart = now;
        _nextTick = now + s_retryOfFirstFill;
        await AdoptAsync();
        if (await TryRefreshAsync())
        {
            // The pool is new: nobody in it is to be exchanged soon.
            _lastRefresh = now;
            _nextTick = now;
        }
    }

    private async ValueTask TickAsync()
    {
        await _services.Floods.BanFloodersAsync(_stopping.Token);
        bool isRefreshed = _pool.Size > 0 && await TryRefreshAsync();
        TimeSpan now = Now();
        PoolCounts counts = _pool.CountMembers(now);

        // The tick that follows the filling at once comes too soon to say anything.
        if (isRefreshed && now - _fillStart >= _config.Connectivity.UpdateInterval * (1 - TickJitter)
            && _trigger.OnTick(_pool.IsStarved(counts.Outbound), now))
        {
            _logger.PoolStarved(counts.Outbound, _pool.Size, _trigger.StarvedTicks);
            _services.Events.Publish(new DhtEvent.PoolStarved());
        }

        _logger.PoolState(
            _pool.Size, counts.Outbound, counts.Inbound, counts.Pending, _backoff.CountBackedOff(now), _learned.Queue.Count);
        CheckTcpv4Ratio();
    }

    private async ValueTask OnDhtEventAsync(DhtEvent happened)
    {
        switch (happened)
        {
            case DhtEvent.NetworkDiscoveryPeersAdded { Round.HasNewPeers: true }:
                await TryRefreshAsync();
                break;
            case DhtEvent.RebootstrapComplete { Info: { } info }:
                if (await TryStoreLearnedAsync(info))
                {
                    await TryRefreshAsync();
                }

                break;
        }
    }

    private async ValueTask OnConnectivityEventAsync(ReceivedEvent<ConnectivityEvent> received)
    {
        if (received.Missed > 0)
        {
            _logger.EventsMissed(received.Missed);
            await _services.Floods.RetainConnectedAsync(_stopping.Token);
            await AdoptAsync();
        }

        switch (received.Event)
        {
            case ConnectivityEvent.PeerConnected connected:
                await OnConnectedAsync(connected.Connection);
                break;
            case ConnectivityEvent.PeerConnectFailed failed:
                _services.Floods.Forget(failed.Peer);
                _backoff.Fail(failed.Peer, Now());
                await ReplaceIfGoneAsync(failed.Peer);
                break;
            case ConnectivityEvent.PeerDisconnected disconnected:
                _services.Floods.Forget(disconnected.Peer);
                await ReplaceIfGoneAsync(disconnected.Peer);
                break;
            case ConnectivityEvent.StateChanged { Status.State: ConnectivityState.Online }:
                await TryRefreshAsync();
                JoinIfDue();
                break;
            case ConnectivityEvent.StateChanged { Status.State: ConnectivityState.Offline }:
                // Each further one while it runs would only make it longer.
                _offlineUntil ??= Now() + s_offlinePause;
                break;
        }

        PoolCounts counts = _pool.CountMembers(Now());
        if (counts is { Connected: 0, Pending: 0 } && _offlineUntil is null)
        {
            await RefreshAnewAsync();
        }
    }

    private void JoinIfDue()
    {
        if (_config.AutoJoin && _joins.TryStart(Now()))
        {
            InBackground(JoinAsync());
        }
    }

    private async Task JoinAsync()
    {
        try
        {
            await _services.SendJoin(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The end.
        }
        catch (Exception error)
        {
            _logger.JoinFailed(error);
        }
    }

    /// <summary>Goes on with work that does not fail and that the loop does not wait for.</summary>
    private void InBackground(Task task)
    {
        if (!task.IsCompleted)
        {
            _background.RemoveAll(static earlier => earlier.IsCompleted);
            _background.Add(task);
        }
    }

    private void PublishState(bool isEnded)
    {
        if (_publishedVersion != _pool.Version)
        {
            _publishedVersion = _pool.Version;
            _services.Members.Publish(_pool.Peers);
        }

        TimeSpan now = Now();
        DateTimeOffset clock = _options.TimeProvider.GetUtcNow();
        PoolCounts counts = _pool.CountMembers(now);
        TimeSpan wait = _trigger.RemainingWait(now);
        Volatile.Write(ref _status, new PoolStatus
        {
            Size = _pool.Size,
            ConnectedOutbound = counts.Outbound,
            ConnectedInbound = counts.Inbound,
            Pending = counts.Pending,
            BackedOff = _backoff.CountBackedOff(now),
            LearnedQueued = _learned.Queue.Count,
            StarvedTicks = _trigger.StarvedTicks,
            IsStarving = _trigger.StarvedTicks >= _config.Connectivity.PoolStarvedTicks,
            CooldownUntil = wait > TimeSpan.Zero ? PeerTimes.After(clock, wait) : null,
            LastRefresh = _lastRefresh is { } last ? clock - (now - last) : null,
            NextTick = isEnded ? null : PeerTimes.After(clock, Max((_fillAt ?? _nextTick) - now, TimeSpan.Zero)),
        });

        static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
    }

    private IEnumerable<Measurement<int>> Measure()
    {
        PoolStatus status = Status;
        return
        [
            Of(status.Size, "wanted"),
            Of(status.ConnectedOutbound, "outbound"),
            Of(status.ConnectedInbound, "inbound"),
            Of(status.Pending, "pending"),
            Of(status.BackedOff, "backed_off"),
            Of(status.LearnedQueued, "learned"),
        ];

        static Measurement<int> Of(int count, string state) => new(count, new KeyValuePair<string, object?>("state", state));
    }
}
