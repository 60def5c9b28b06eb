using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Storage;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>All that a manager does at a time: one timer for everything that waits, whose work runs on a scheduler.</summary>
/// <remarks>
/// Thread safe. What is due at one time happens in the order in which it was added. Of what has become needless at most as much is kept as
/// still waits, and a little more.
/// </remarks>
internal sealed class Deadlines : IDisposable
{
    // Below so many it is not worth while to look for needless ones.
    private const int LeastSwept = 64;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<IDeadline, (TimeSpan Due, long Number)> _waiting = new();
    private readonly TimeProvider _time;
    private readonly TaskScheduler _scheduler;
    private readonly long _start;
    private readonly ITimer _timer;
    private TimeSpan? _armedFor;
    private long _number;
    private int _sweepAt = LeastSwept;
    private bool _disposed;

    public Deadlines(TimeProvider time, TaskScheduler scheduler)
    {
        _time = time;
        _scheduler = scheduler;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((Deadlines)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time since the start, which never goes back.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>What waits.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Lets something happen later.</summary>
    /// <param name="deadline">What.</param>
    /// <param name="delay">In how long, 0 or more.</param>
    public void Add(IDeadline deadline, TimeSpan delay)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_waiting.Count >= _sweepAt)
            {
                Sweep();
            }

            _waiting.Enqueue(deadline, (TimerLimit.After(Now, delay), ++_number));
            Arm();
        }
    }

    /// <summary>Nothing happens any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _waiting.Clear();
        }

        _timer.Dispose();
    }

    private void OnTimer() => BackgroundWork.Start(static state => ((Deadlines)state!).Run(), this, _scheduler);

    private void Run()
    {
        TimeSpan now = Now;
        bool ended = false;
        try
        {
            while (TakeDue(now) is { } due)
            {
                due.OnDue();
            }

            ended = true;
        }
        finally
        {
            // Also when one threw, which is a fault of this library: the task has it, and the others go on.
            if (!ended)
            {
                OnTimer();
            }
        }
    }

    private IDeadline? TakeDue(TimeSpan now)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out IDeadline? first, out (TimeSpan Due, long Number) priority))
            {
                if (priority.Due > now && !first.IsObsolete)
                {
                    break;
                }

                _waiting.Dequeue();
                if (!first.IsObsolete)
                {
                    return first;
                }
            }

            _armedFor = null;
            Arm();
            return null;
        }
    }

    // Called with the lock held.
    private void Sweep()
    {
        var left = new List<(IDeadline, (TimeSpan, long))>();
        foreach ((IDeadline deadline, (TimeSpan, long) priority) in _waiting.UnorderedItems)
        {
            if (!deadline.IsObsolete)
            {
                left.Add((deadline, priority));
            }
        }

        _waiting.Clear();
        _waiting.EnqueueRange(left);
        _sweepAt = Math.Max(LeastSwept, 2 * left.Count);
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
