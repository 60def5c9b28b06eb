using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity.Health;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>The connections of a node, whatever transport makes them: who is connected, who is dialled, who is banned.</summary>
/// <remarks>
/// <para>
/// A transport makes one for each node, gives it an <see cref="IConnectionDialer"/>, calls <see cref="Start"/> and from then on reports
/// what becomes of connections and dials; in the end it calls <see cref="Stop"/>. Everything else is asked of the manager through
/// <see cref="IConnectivity"/>.
/// </para>
/// <para>
/// Thread safe. State changes under one lock; what follows from a change (events, dials, disconnects, answers) is done afterwards without
/// it, in order and one thing after another, on the thread that made the change or on one that is busy with it already. Questions about
/// what is known are answered synchronously and never wait for the peer store. Dials to at most <see cref="MaxDials"/> peers are under way.
/// </para>
/// </remarks>
public sealed partial class ConnectivityManager : IConnectivity, IDisposable
{
    private readonly Lock _gate = new();
    private readonly NodeId _ownId;
    private readonly PeerManager _peers;
    private readonly IConnectionDialer _dialer;
    private readonly ConnectivityManagerOptions _options;
    private readonly ConnectivityConfig _config;
    private readonly ILogger _logger;
    private readonly EventPublisher<ConnectivityEvent> _events;
    private readonly Deadlines _deadlines;
    private readonly DialHealth _health;
    private readonly BanTable _bans;
    private readonly BanWriter _banWriter;
    private readonly HashSet<NodeId> _allowed = [];
    private readonly Queue<Effect> _effects = new();
    private readonly List<TaskCompletionSource<bool>> _onlineWaiters = [];
    private readonly List<TaskCompletionSource<bool>> _startWaiters = [];
    private ConnectivityStatus _status;
    private TimeSpan? _upSince;
    private bool _isStarted;
    private bool _hasEnded;
    private bool _isActing;

    /// <param name="ownId">The node.</param>
    /// <param name="peers">Whom it knows; stays the caller's. What the manager does without it once it has ended is kept in memory.</param>
    /// <param name="dialer">The transport.</param>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ConnectivityManager(NodeId ownId, PeerManager peers, IConnectionDialer dialer, ConnectivityManagerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(dialer);
        options ??= new ConnectivityManagerOptions();
        options.Validate();
        _ownId = ownId;
        _peers = peers;
        _dialer = dialer;
        _options = options;
        _config = options.Config;
        _logger = GuardedLogger.Of(options.Logger);
        _events = new EventPublisher<ConnectivityEvent>(options.EventCapacity);
        _deadlines = new Deadlines(options.TimeProvider, options.TaskScheduler);
        _health = new DialHealth(_config);
        _bans = new BanTable(peers);
        _banWriter = new BanWriter(_deadlines);
        _selection = new SeededRandom(options.Seed);
        _measureConnections = MeasureConnections;
        _measureUptime = MeasureUptime;
    }

    private enum EffectKind
    {
        Publish,
        Begin,
        Cancel,
        Connected,
        Failed,
        Disconnect,
        DisconnectIfUnused,
        Release,
        Online,
        OnlineFailed,
        WriteBan,
        WatchBan,
        Note,
    }

    /// <summary>The node.</summary>
    public NodeId OwnId => _ownId;

    /// <summary>How the node keeps its connections.</summary>
    public ConnectivityConfig Config => _config;

    /// <inheritdoc/>
    public ConnectivityStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    /// <summary>
    /// How long the node has been connected: since the start or, after it was offline, since it was online again; zero while it is not.
    /// </summary>
    public TimeSpan Uptime
    {
        get
        {
            lock (_gate)
            {
                return _upSince is { } since && !_hasEnded ? _deadlines.Now - since : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Nodes whose connections are kept, others being closed; null for all.</summary>
    public int? MinimizeThreshold => _config.MaintainNClosestConnectionsOnly;

    private bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _hasEnded;
            }
        }
    }

    private DateTimeOffset UtcNow => _options.TimeProvider.GetUtcNow();

    /// <summary>
    /// Begins, before anything is reported: tells <see cref="ConnectivityEvent.StateInitialized"/>, and looks at the pool from now on.
    /// </summary>
    /// <exception cref="InvalidOperationException">It began before.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_isStarted)
            {
                throw new InvalidOperationException("The manager began before.");
            }

            _isStarted = true;
            if (_hasEnded)
            {
                return;
            }

            _upSince = _deadlines.Now;
            Do(EffectKind.Publish, new ConnectivityEvent.StateInitialized());
            foreach (TaskCompletionSource<bool> waiter in _startWaiters)
            {
                Do(EffectKind.Online, waiter);
            }

            _startWaiters.Clear();
        }

        _options.Metrics?.AddConnections(_measureConnections);
        _options.Metrics?.AddUptimes(_measureUptime);
        if (HasEnded)
        {
            // Another thread has stopped it meanwhile, maybe before there was anything to take out.
            RemoveMeasures();
        }

        _deadlines.Add(new RefreshDeadline(this), _config.ConnectionPoolRefreshInterval);
        Act();
    }

    /// <summary>
    /// Ends: cancels dials, fails what waits, lets all connections go and ends the events. Nothing is reported or done any more;
    /// connections that the transport has not closed are asked to close.
    /// </summary>
    /// <param name="isTold">Whether subscribers are told of the ends of connections; a node that crashes tells nothing.</param>
    public void Stop(bool isTold = true)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            ConnectivityException ended = Ended();
            foreach (PeerDial dial in _dials.Values)
            {
                dial.IsOver = true;
                Do(EffectKind.Cancel, dial);
                FailObservers(dial, ended);
            }

            _dials.Clear();
            foreach (PoolEntry entry in _pool.Values)
            {
                if (entry.Connection is { } connection)
                {
                    if (isTold)
                    {
                        Do(EffectKind.Publish, new ConnectivityEvent.PeerDisconnected(entry.Peer, IsMinimized: false));
                    }

                    Do(EffectKind.Disconnect, connection);
                    Do(EffectKind.Release, entry.Handle!);
                }
            }

            _pool.Clear();
            _nodes.Clear();
            _connected = 0;
            _status = new ConnectivityStatus(ConnectivityState.Offline, 0);
            foreach (TaskCompletionSource<bool> waiter in _onlineWaiters)
            {
                Do(EffectKind.OnlineFailed, waiter, ended);
            }

            foreach (TaskCompletionSource<bool> waiter in _startWaiters)
            {
                Do(EffectKind.OnlineFailed, waiter, ended);
            }

            _onlineWaiters.Clear();
            _startWaiters.Clear();
            Do(EffectKind.Publish, _events);
        }

        _deadlines.Dispose();
        RemoveMeasures();
        Act();
    }

    /// <summary>As <see cref="Stop"/>, telling subscribers.</summary>
    public void Dispose() => Stop();

    /// <inheritdoc/>
    public EventSubscription<ConnectivityEvent> Subscribe() => _events.Subscribe();

    /// <summary>Waits until the manager has begun.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ConnectivityException">It has ended: <see cref="ConnectivityError.ActorDisconnected"/>.</exception>
    public ValueTask WaitStartedAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<bool> waiter;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return ValueTask.FromException(Ended());
            }

            if (_isStarted)
            {
                return ValueTask.CompletedTask;
            }

            waiter = new TaskCompletionSource<bool>();
            _startWaiters.Add(waiter);
        }

        return new ValueTask(cancellationToken.CanBeCanceled ? WaitAsync(_startWaiters, waiter, cancellationToken) : waiter.Task);
    }

    /// <inheritdoc/>
    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "Zero or more, or infinite.");
        }

        OnlineWait wait;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return ValueTask.FromException(Ended());
            }

            if (_status.State == ConnectivityState.Online)
            {
                return ValueTask.CompletedTask;
            }

            wait = new OnlineWait(this);
            _onlineWaiters.Add(wait.Source);
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _deadlines.Add(wait, timeout);
        }

        return new ValueTask(
            cancellationToken.CanBeCanceled ? WaitAsync(_onlineWaiters, wait.Source, cancellationToken) : wait.Source.Task);
    }

    private static ConnectivityException Ended() => new(ConnectivityError.ActorDisconnected, "The node has ended.");

    private void RemoveMeasures()
    {
        _options.Metrics?.RemoveConnections(_measureConnections);
        _options.Metrics?.RemoveUptimes(_measureUptime);
    }

    // On the scheduler of whoever waits: the source is cancelled itself.
    private async Task WaitAsync(
        List<TaskCompletionSource<bool>> waiters, TaskCompletionSource<bool> source, CancellationToken cancellationToken)
    {
        try
        {
            using (cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), source))
            {
                await source.Task;
            }
        }
        finally
        {
            lock (_gate)
            {
                waiters.Remove(source);
            }
        }
    }

    private void OnOnlineTimeout(TaskCompletionSource<bool> source)
    {
        int nodes;
        lock (_gate)
        {
            if (!_onlineWaiters.Remove(source))
            {
                return;
            }

            nodes = _status.Nodes;
        }

        DeferredResult.Fail(
            _options.TaskScheduler,
            source,
            new ConnectivityException(ConnectivityError.OnlineWaitTimeout, $"The node is not online; it is connected to {nodes} nodes."));
    }

    /// <summary>Tells a new status. Called with the lock held, after every change of the pool.</summary>
    private void UpdateStatus()
    {
        if (_hasEnded)
        {
            return;
        }

        ConnectivityStatus before = _status;
        ConnectivityState state = _nodes.Count >= _config.MinConnectivity ? ConnectivityState.Online
            : _connected > 0 ? ConnectivityState.Degraded
            : ConnectivityState.Offline;
        _status = new ConnectivityStatus(state, _nodes.Count);
        if (state == ConnectivityState.Online)
        {
            _upSince ??= _deadlines.Now;
        }
        else if (state == ConnectivityState.Offline)
        {
            _upSince = null;
        }

        // While online the number may change without a word.
        if (before.State != state || (state == ConnectivityState.Degraded && before.Nodes != _status.Nodes))
        {
            Do(EffectKind.Publish, new ConnectivityEvent.StateChanged(_status));
        }

        if (state == ConnectivityState.Online && _onlineWaiters.Count > 0)
        {
            foreach (TaskCompletionSource<bool> waiter in _onlineWaiters)
            {
                Do(EffectKind.Online, waiter);
            }

            _onlineWaiters.Clear();
        }
    }

    /// <summary>Something to be done after the lock is released. Called with the lock held.</summary>
    private void Do(EffectKind kind, object target, object? argument = null) => _effects.Enqueue(new Effect(kind, target, argument));

    /// <summary>Does what is to be done, unless another thread is at it, which then does it all. Called without the lock.</summary>
    private void Act()
    {
        lock (_gate)
        {
            if (_isActing)
            {
                return;
            }

            _isActing = true;
        }

        while (true)
        {
            Effect effect;
            lock (_gate)
            {
                if (!_effects.TryDequeue(out effect))
                {
                    _isActing = false;
                    return;
                }
            }

            try
            {
                Act(effect);
            }
            catch (Exception error)
            {
                // A fault of the transport or of an observer must not end the connectivity of the node.
                _logger.ConnectivityStepFailed(error);
            }
        }
    }

    private void Act(in Effect effect)
    {
        switch (effect.Kind)
        {
            case EffectKind.Publish when effect.Target is ConnectivityEvent published:
                Publish(published);
                break;
            case EffectKind.Publish:
                _events.Complete();
                break;
            case EffectKind.Begin:
                BeginNow((PeerDial)effect.Target);
                break;
            case EffectKind.Cancel:
                _dialer.Cancel((PeerDial)effect.Target);
                break;
            case EffectKind.Connected:
                ((IDialObserver)effect.Target).OnConnected((PeerConnectionHandle)effect.Argument!);
                break;
            case EffectKind.Failed:
                ((IDialObserver)effect.Target).OnFailed((ConnectivityException)effect.Argument!);
                break;
            case EffectKind.Disconnect:
                Disconnect((IPeerConnection)effect.Target, isMinimized: effect.Argument is not null);
                break;
            case EffectKind.DisconnectIfUnused:
                Observe(((IPeerConnection)effect.Target).DisconnectIfUnusedAsync(maxRpcSessions: 0, maxSubstreams: 0).AsTask());
                break;
            case EffectKind.Release:
                ((PeerConnectionHandle)effect.Target).Dispose();
                break;
            case EffectKind.Online:
                DeferredResult.Complete(_options.TaskScheduler, (TaskCompletionSource<bool>)effect.Target, true);
                break;
            case EffectKind.OnlineFailed:
                DeferredResult.Fail(_options.TaskScheduler, (TaskCompletionSource<bool>)effect.Target, (Exception)effect.Argument!);
                break;
            case EffectKind.WriteBan:
                Write((BanOrder)effect.Target);
                break;
            case EffectKind.WatchBan:
                ((BanWatch)effect.Target).Wait();
                break;
            case EffectKind.Note:
                _logger.ConnectionsClosed((int)effect.Argument!, (string)effect.Target);
                break;
        }
    }

    private void Publish(ConnectivityEvent published)
    {
        if (published is ConnectivityEvent.StateChanged { Status: var status })
        {
            _logger.ConnectivityStatusChanged(status.State, status.Nodes);
        }

        _options.Publishing?.Invoke(published);
        _events.Publish(published);
    }

    private void Disconnect(IPeerConnection connection, bool isMinimized)
    {
        if (connection.IsConnected)
        {
            ValueTask closing = connection.DisconnectAsync(isMinimized);
            if (!closing.IsCompletedSuccessfully)
            {
                Observe(closing.AsTask());
            }
        }
    }

    private void Observe(Task closing) => _ = closing.ContinueWith(
        static (task, state) =>
        {
            // One that has ended already is what was wanted.
            if (task.Exception?.InnerException is { } error and not ConnectivityException)
            {
                ((ConnectivityManager)state!)._logger.ConnectivityStepFailed(error);
            }
        },
        this,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.DenyChildAttach,
        TaskScheduler.Default);

    private readonly record struct Effect(EffectKind Kind, object Target, object? Argument);

    private sealed class OnlineWait(ConnectivityManager manager) : IDeadline
    {
        public TaskCompletionSource<bool> Source { get; } = new();

        public bool IsObsolete => Source.Task.IsCompleted;

        public void OnDue() => manager.OnOnlineTimeout(Source);
    }

    private sealed class RefreshDeadline(ConnectivityManager manager) : IDeadline
    {
        public bool IsObsolete => false;

        public void OnDue()
        {
            try
            {
                manager.Refresh();
            }
            finally
            {
                // A late one moves the later ones.
                manager._deadlines.Add(this, manager._config.ConnectionPoolRefreshInterval);
            }
        }
    }
}
