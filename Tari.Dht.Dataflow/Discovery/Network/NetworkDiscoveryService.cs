using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Events;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Fills the list of known peers, and keeps it filled: does what a <see cref="NetworkDiscoveryMachine"/> decides.</summary>
/// <remarks>
/// <para>
/// One loop takes the inputs, in order: the result of what the state does, one timer, <see cref="DhtEvent.PoolStarved"/>, the end. What a
/// state does is cancelled when the state is left, and has ended when the next one begins. A fault in the loop itself costs the state and a
/// pause, and a line in the log.
/// </para>
/// <para>Thread safe.</para>
/// </remarks>
[SuppressMessage(
    "Reliability",
    "CA2213",
    Justification = "A source without timer and wait handle holds nothing to dispose of, and is looked at later.")]
internal sealed class NetworkDiscoveryService : IAsyncDisposable
{
    private static readonly TimeSpan s_onlineWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_onlinePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_faultPause = TimeSpan.FromSeconds(1);

    private readonly NetworkDiscoveryContext _context;
    private readonly PeerCaller _caller;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Bounded by what posts: one result of the state's work, one tick, one starvation at a time, the end; and a round for each peer that
    // connects, which is taken before the next one is asked.
    private readonly Channel<Message> _inputs = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private EventSubscription<DhtEvent>? _events;
    private long _eventsNumber;
    private long _workNumber = 1;
    private Work _work = Work.None;
    private bool _isStarted;
    private NetworkDiscoveryStatus _status;

    /// <param name="services">What to work with. Borrowed.</param>
    /// <param name="options">How to work.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public NetworkDiscoveryService(NetworkDiscoveryServices services, NetworkDiscoveryOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _context = new NetworkDiscoveryContext(services, options);
        _caller = new PeerCaller(_context, _stopping.Token);
        _status = Describe();
    }

    /// <summary>How it is doing.</summary>
    public NetworkDiscoveryStatus Status => Volatile.Read(ref _status);

    /// <summary>Ends when discovery has ended. Does not fail.</summary>
    public Task Completion => _ended.Task;

    /// <summary>Begins, if discovery is enabled; once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_isStarted)
            {
                return;
            }

            _isStarted = true;
        }

        // From here on a starving pool counts.
        if (_context.Config.Enabled)
        {
            _events = _context.Services.Events.Subscribe();
        }
        else
        {
            _context.Logger.NetworkDiscoveryDisabled();
            _stopping.Cancel();
        }

        Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _context.Options.TaskScheduler);
    }

    /// <summary>Has discovery end. Does not wait.</summary>
    public void Stop() => _stopping.Cancel();

    /// <summary>Ends discovery, and waits until it lets go of all that it holds.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        bool isStarted;
        lock (_gate)
        {
            isStarted = _isStarted;
            _isStarted = true;
        }

        if (!isStarted)
        {
            _ended.TrySetResult();
        }

        await _ended.Task;
    }

    /// <summary>The input that makes of a state which can't go on one that can.</summary>
    private static NetworkDiscoveryInput Failed(NetworkDiscoveryState state) => state == NetworkDiscoveryState.Rebootstrap
        ? new NetworkDiscoveryInput.RebootstrapComplete(new RebootstrapInfo())
        : new NetworkDiscoveryInput.Errored();

    private async Task RunAsync()
    {
        bool isCounted = false;
        try
        {
            _context.Options.Metrics?.AddDiscoveryState(StateName);
            isCounted = true;
            using ITimer timer = _context.Options.TimeProvider.CreateTimer(
                static state => ((NetworkDiscoveryService)state!).Post(new NetworkDiscoveryInput.Tick(), 0),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);

            // Registered here, so that what it wakes runs on the scheduler.
            using (_stopping.Token.UnsafeRegister(
                static state => ((NetworkDiscoveryService)state!).Post(new NetworkDiscoveryInput.Shutdown(), 0), this))
            {
                await RunAsync(timer);
            }
        }
        catch (Exception error)
        {
            _context.Logger.DiscoveryEnded(error);
        }
        finally
        {
            if (isCounted)
            {
                _context.Options.Metrics?.RemoveDiscoveryState(StateName);
            }

            _events?.Dispose();
            await _caller.WhenClosedAsync();
            Volatile.Write(ref _status, Status with { State = NetworkDiscoveryState.Shutdown, NextWakeUp = null });
            _ended.TrySetResult();
        }
    }

    private async Task RunAsync(ITimer timer)
    {
        if (_events is not null)
        {
            _ = WatchAsync(_events, ++_eventsNumber);
        }

        _work = _stopping.IsCancellationRequested ? Work.None : Begin();
        while (true)
        {
            try
            {
                await TakeInputsAsync(timer);
                return;
            }
            catch (Exception error)
            {
                _context.Logger.LoopFailed(error, _context.Machine.State);
            }

            // Nobody knows how far the step came: the state is given up, and the pause is there in case that fails again.
            _workNumber++;
            await _work.EndAsync();
            _work = Work.None;
            if (!await PauseAsync() || _context.Machine.State == NetworkDiscoveryState.Shutdown)
            {
                return;
            }

            Post(Failed(_context.Machine.State), 0);
        }
    }

    private async Task TakeInputsAsync(ITimer timer)
    {
        while (true)
        {
            Arm(timer);
            Message message = await _inputs.Reader.ReadAsync();
            if (message.IsOutdated(_workNumber, _eventsNumber))
            {
                continue;
            }

            NetworkDiscoveryMachine before = _context.Machine;
            NetworkDiscoveryStep step = before.Next(message.Input, _context.Now, _context.Draw());
            if (step.BeginsState)
            {
                _workNumber++;
                await _work.EndAsync();
                _work = Work.None;
            }

            _context.Machine = step.Machine;
            Observe(before, step);
            if (step.Machine.State == NetworkDiscoveryState.Shutdown)
            {
                return;
            }

            if (step.BeginsState)
            {
                _work = Begin();
            }
        }
    }

    /// <summary>Waits before a loop that failed goes on; false when there is nothing left to go on for.</summary>
    private async Task<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(s_faultPause, _context.Options.TimeProvider, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Observe(NetworkDiscoveryMachine before, in NetworkDiscoveryStep step)
    {
        NetworkDiscoveryMachine machine = step.Machine;
        Volatile.Write(ref _status, Describe());
        if (machine.TotalRounds > before.TotalRounds && machine.LastRound is { } round)
        {
            _context.Options.Metrics?.DiscoveryRound(round.Phase.ToString(), round.IsSuccess);
            _context.Logger.RoundEnded(round.SyncPeers.Length, round.Succeeded, round.NewPeers, round.DuplicatePeers);
        }

        foreach (DhtEvent published in step.Events)
        {
            if (published is DhtEvent.PrimaryBootstrapComplete)
            {
                _context.Logger.PrimaryBootstrapDone();
            }

            _context.Services.Events.Publish(published);
        }

        // The pool may have starved while the rebootstrap was on its way, which was the answer to that.
        if (before.State == NetworkDiscoveryState.Rebootstrap && machine.State != NetworkDiscoveryState.Rebootstrap && _events is not null)
        {
            _events.Dispose();
            _events = _context.Services.Events.Subscribe();
            _ = WatchAsync(_events, ++_eventsNumber);
        }

        if (step.BeginsState)
        {
            _context.Logger.StateBegan(machine.State);
        }
    }

    private NetworkDiscoveryStatus Describe()
    {
        NetworkDiscoveryMachine machine = _context.Machine;
        return new NetworkDiscoveryStatus
        {
            State = machine.State,
            Since = _context.DateOf(machine.Since),
            NextWakeUp = machine.WakeAt is { } wake ? _context.DateOf(wake) : null,
            Rounds = machine.TotalRounds,
            LastRound = machine.LastRound,
            AttemptedPeers = _context.Asked.Count,
            BootstrapMethod = machine.Method,
            IsPrimaryBootstrapComplete = machine.IsPrimaryBootstrapComplete,
        };
    }

    private string StateName() => Status.State.ToString();

    private void Arm(ITimer timer)
    {
        TimeSpan due = Timeout.InfiniteTimeSpan;
        if (_context.Machine.NextTimer is { } next)
        {
            // A timer may be early by the fraction of a millisecond that it can't tell. A tick that comes too early changes nothing, so a
            // pause that no timer holds is made of several.
            TimeSpan left = next - _context.Now;
            due = left <= TimeSpan.Zero ? TimeSpan.Zero
                : left >= TimerLimit.Longest ? TimerLimit.Longest
                : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
        }

        timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void Post(NetworkDiscoveryInput input, long work, long events = 0) => _inputs.Writer.TryWrite(new Message(input, work, events));

    /// <summary>Tells the loop when the pool starves, until the subscription ends.</summary>
    private async Task WatchAsync(EventSubscription<DhtEvent> events, long number)
    {
        while (await events.ReadAsync() is { } received)
        {
            if (received.Event is DhtEvent.PoolStarved)
            {
                Post(new NetworkDiscoveryInput.PoolStarved(), 0, number);
            }
        }
    }

    private Work Begin()
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        return new Work(WorkAsync(_context.Machine, _workNumber, ending.Token), ending);
    }

    /// <summary>Does what a state does, and posts what came of it. Does not fail.</summary>
    private async Task WorkAsync(NetworkDiscoveryMachine machine, long number, CancellationToken cancellationToken)
    {
        try
        {
            if (await DoAsync(machine, number, cancellationToken) is { } result)
            {
                Post(result, number);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The state was left.
        }
        catch (Exception error)
        {
            // A store that closed, or a fault: either way discovery must not end for it.
            _context.Logger.StateFailed(error, machine.State);
            Post(Failed(machine.State), number);
        }
    }

    private async Task<NetworkDiscoveryInput?> DoAsync(NetworkDiscoveryMachine machine, long number, CancellationToken cancellationToken)
    {
        switch (machine.State)
        {
            case NetworkDiscoveryState.Initializing:
                return await InitializeAsync(cancellationToken);
            case NetworkDiscoveryState.Ready:
                return new NetworkDiscoveryInput.Decided(ReadyDecision.Make(ReadySurvey.Take(_context), _context.Config));
            case NetworkDiscoveryState.SeedStrap:
            case NetworkDiscoveryState.Discovering:
                using (Activity? activity = DhtActivities.Start(DhtActivities.DiscoveryRound))
                {
                    DiscoveryRoundInfo round = machine.State == NetworkDiscoveryState.SeedStrap
                        ? await new SeedStrapRound(_context, _caller).RunAsync(machine.SeedLimit, cancellationToken)
                        : await new DiscoveringRound(_context, _caller).RunAsync(machine.Peers, cancellationToken);
                    activity?
                        .SetTag("phase", round.Phase.ToString())
                        .SetTag("asked", round.SyncPeers.Length)
                        .SetTag("answered", round.Succeeded)
                        .SetTag("new", round.NewPeers)
                        .SetTag("known", round.DuplicatePeers);
                    return new NetworkDiscoveryInput.DiscoveryComplete(round);
                }

            case NetworkDiscoveryState.OnConnect:
                await new OnConnectSync(_context, _caller).RunAsync(input => Post(input, number), cancellationToken);
                return new NetworkDiscoveryInput.Shutdown();
            case NetworkDiscoveryState.Rebootstrap:
                using (Activity? activity = DhtActivities.Start(DhtActivities.DiscoveryRebootstrap))
                {
                    RebootstrapInfo info = await new RebootstrapRun(_context, _caller).RunAsync(cancellationToken);
                    _context.Suggested.Add(info.LearnedFromInbound.AsSpan(), _context.DateOf(_context.Now));
                    _context.Logger.Rebootstrapped(info.SeedsSynced, info.ConnectedPeersSynced, info.LearnedPeers.Length);
                    activity?
                        .SetTag("seeds", info.SeedsSynced)
                        .SetTag("connected", info.ConnectedPeersSynced)
                        .SetTag("learned", info.LearnedPeers.Length);
                    return new NetworkDiscoveryInput.RebootstrapComplete(info);
                }

            default:
                return null;
        }
    }

    private async Task<NetworkDiscoveryInput> InitializeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan started = _context.Now;
            try
            {
                await _context.Services.Connectivity.WaitForConnectivityAsync(s_onlineWait, cancellationToken);
                break;
            }
            catch (ConnectivityException error) when (error.Error == ConnectivityError.OnlineWaitTimeout)
            {
                // Without a connection there is nobody to ask. A transport that doesn't wait must not be asked all the time.
                if (_context.Now - started < s_onlinePause)
                {
                    await Task.Delay(s_onlinePause, _context.Options.TimeProvider, cancellationToken);
                }
            }
            catch (ConnectivityException error)
            {
                _context.Logger.ConnectionsUnknown(error);
                return new NetworkDiscoveryInput.Errored();
            }
        }

        if (_context.Config.InitialPeerSyncDelay is { } delay && delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, _context.Options.TimeProvider, cancellationToken);
        }

        return ReadySurvey.CountSuitable(_context) >= _context.Config.MinDesiredPeers
            ? new NetworkDiscoveryInput.InitialPeersSufficient()
            : new NetworkDiscoveryInput.Initialized();
    }

    /// <summary>An input, and what it belongs to: the work of a state, a subscription, or nothing (0).</summary>
    private readonly record struct Message(NetworkDiscoveryInput Input, long Work, long Events)
    {
        public bool IsOutdated(long work, long events) => (Work != 0 && Work != work) || (Events != 0 && Events != events);
    }

    /// <summary>What a state does.</summary>
    private readonly record struct Work(Task Task, CancellationTokenSource? Ending)
    {
        public static Work None => new(Task.CompletedTask, null);

        /// <summary>Cancels it, and waits until it has ended.</summary>
        public async ValueTask EndAsync()
        {
            Ending?.Cancel();
            await Task;
            Ending?.Dispose();
        }
    }
}
