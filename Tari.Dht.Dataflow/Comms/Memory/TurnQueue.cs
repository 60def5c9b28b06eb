using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Runs the steps of a network on a scheduler: now, one after another, or at a time.</summary>
/// <remarks>Thread safe. One timer serves all that waits. Steps of one time run in the order in which they were put here.</remarks>
internal sealed class TurnQueue : IDisposable
{
    // A share of steps at a time, so that what else the scheduler has gets its turn.
    private const int StepsPerTask = 32;

    private readonly Lock _gate = new();
    private readonly Queue<Turn> _ready = new();
    private readonly PriorityQueue<Turn, (TimeSpan Due, long Number)> _waiting = new();
    private readonly TimeProvider _time;
    private readonly TaskScheduler _scheduler;
    private readonly long _start;
    private readonly ITimer _timer;
    private TimeSpan? _armedFor;
    private long _number;
    private bool _running;
    private bool _disposed;

    public TurnQueue(TimeProvider time, TaskScheduler scheduler)
    {
        _time = time;
        _scheduler = scheduler;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(
            static state => ((TurnQueue)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time since the queue was made.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);

    public void Post(in Turn turn)
    {
        lock (_gate)
        {
            _ready.Enqueue(turn);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        Start(static state => ((TurnQueue)state!).Drain(), this);
    }

    /// <summary>Runs a step at a time; one of the past, or of now, as soon as it can.</summary>
    public void PostAt(TimeSpan due, in Turn turn)
    {
        if (due <= Now)
        {
            Post(turn);
            return;
        }

        lock (_gate)
        {
            _waiting.Enqueue(turn, (due, ++_number));
            Arm();
        }
    }

    /// <summary>Runs something on the scheduler that may take other people's code along, such as the end of a task.</summary>
    public void Start(Action<object?> action, object? state) =>
        Task.Factory.StartNew(action, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);

    /// <summary>No step at a time comes any more.</summary>
    /// <returns>Those that would have.</returns>
    public List<Turn> TakeWaiting()
    {
        lock (_gate)
        {
            List<Turn> turns = [.. _waiting.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element)];
            _waiting.Clear();
            return turns;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private void Drain()
    {
        int steps = 0;
        bool ended = false;
        try
        {
            while (true)
            {
                Turn turn;
                lock (_gate)
                {
                    if (_ready.Count == 0)
                    {
                        _running = false;
                        ended = true;
                        return;
                    }

                    if (steps++ == StepsPerTask)
                    {
                        return;
                    }

                    turn = _ready.Dequeue();
                }

                turn.Target.OnTurn(turn);
            }
        }
        finally
        {
            // Also when a step threw, which is a fault of this library: the task has it, and the network goes on.
            if (!ended)
            {
                Start(static state => ((TurnQueue)state!).Drain(), this);
            }
        }
    }

    private void OnTimer()
    {
        bool isNext;
        TimeSpan now = Now;
        lock (_gate)
        {
            _armedFor = null;
            while (_waiting.TryPeek(out _, out (TimeSpan Due, long Number) priority) && priority.Due <= now)
            {
                _ready.Enqueue(_waiting.Dequeue());
            }

            Arm();
            isNext = !_running && _ready.Count > 0;
            _running |= isNext;
        }

        if (isNext)
        {
            Start(static state => ((TurnQueue)state!).Drain(), this);
        }
    }

    // Called with the lock held.
    private void Arm()
    {
        if (_disposed || !_waiting.TryPeek(out _, out (TimeSpan Due, long Number) first) || _armedFor <= first.Due)
        {
            return;
        }

        _armedFor = first.Due;
        TimeSpan delay = TimerLimit.AtMost(first.Due - Now);

        // A clock with coarse timers may fire a little early, and none waits for months; then it is tried again.
        _timer.Change(delay > TimeSpan.Zero ? delay : TimeSpan.FromTicks(1), Timeout.InfiniteTimeSpan);
    }
}
