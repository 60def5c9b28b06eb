namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>
/// A clock for simulations: it stands still until a <see cref="VirtualScheduler"/> has nothing left to do, and then jumps to the next
/// timer.
/// </summary>
/// <remarks>
/// Timers fire in the order of their due times, and those of one due time in the order in which they were armed. A timer that is armed for
/// now fires after the tasks that wait already. Thread safe, but only the scheduler moves the clock.
/// </remarks>
public sealed class VirtualTime : TimeProvider
{
    // Entries of no use that are kept before anybody looks for them.
    private const int MaxStale = 64;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(VirtualTimer Timer, long Arming), (long Due, long Arming)> _queue = new();
    private readonly DateTimeOffset _start;
    private readonly List<((VirtualTimer Timer, long Arming) Entry, (long Due, long Arming) Key)> _kept = [];
    private long _now;
    private long _armings;
    private int _armed;

    /// <param name="start">The wall clock at the start; 2030-01-01 UTC if not given.</param>
    public VirtualTime(DateTimeOffset? start = null) =>
        _start = (start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUniversalTime();

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>The time that has passed since the start.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _now));

    /// <summary>Timers that will fire.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires the first timer that is due up to a time, with the clock at its due time.</summary>
    /// <param name="limit">The latest time since the start.</param>
    /// <returns>False if there is none; the clock stays.</returns>
    internal bool FireNext(TimeSpan limit)
    {
        VirtualTimer timer;
        lock (_gate)
        {
            if (Peek() is not { } due || due > limit.Ticks)
            {
                return false;
            }

            timer = _queue.Dequeue().Timer;
            Volatile.Write(ref _now, Math.Max(_now, due));
            Disarm(timer);
            if (timer.PeriodTicks > 0)
            {
                Arm(timer, Sum(due, timer.PeriodTicks));
            }
        }

        timer.Fire();
        return true;
    }

    /// <summary>Whether a timer is due up to a time since the start.</summary>
    internal bool HasDue(TimeSpan limit)
    {
        lock (_gate)
        {
            return Peek() <= limit.Ticks;
        }
    }

    /// <summary>Moves the clock on over a time without timers.</summary>
    /// <param name="elapsed">The time since the start; the clock never goes back.</param>
    internal void MoveTo(TimeSpan elapsed)
    {
        lock (_gate)
        {
            Volatile.Write(ref _now, Math.Max(_now, elapsed.Ticks));
        }
    }

    private static long Sum(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    private static long Ticks(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "Zero or more, or infinite.");
        }

        return value.Ticks;
    }

    /// <summary>When the first armed timer is due; drops entries of timers that were changed since.</summary>
    private long? Peek()
    {
        while (_queue.TryPeek(out (VirtualTimer Timer, long Arming) entry, out (long Due, long Arming) key))
        {
            if (entry.Timer.Arming == entry.Arming)
            {
                return key.Due;
            }

            _queue.Dequeue();
        }

        return null;
    }

    private void Arm(VirtualTimer timer, long due)
    {
        timer.Arming = ++_armings;
        _armed++;
        if (_queue.Count >= MaxStale + (2 * _armed))
        {
            DropStale();
        }

        _queue.Enqueue((timer, timer.Arming), (due, timer.Arming));
    }

    /// <summary>Drops the entries of timers that were changed since, which would else hold on to what these were for until they are due.</summary>
    private void DropStale()
    {
        foreach (((VirtualTimer Timer, long Arming) entry, (long Due, long Arming) key) in _queue.UnorderedItems)
        {
            if (entry.Timer.Arming == entry.Arming)
            {
                _kept.Add((entry, key));
            }
        }

        _queue.Clear();
        _queue.EnqueueRange(_kept);
        _kept.Clear();
    }

    private void Disarm(VirtualTimer timer)
    {
        if (timer.Arming != 0)
        {
            timer.Arming = 0;
            _armed--;
        }
    }

    private sealed class VirtualTimer(VirtualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        /// <summary>The number of the arming in force; 0 for none.</summary>
        public long Arming { get; set; }

        public long PeriodTicks { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            long due = Ticks(dueTime, nameof(dueTime));
            long periodTicks = Ticks(period, nameof(period));
            lock (owner._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                owner.Disarm(this);
                PeriodTicks = periodTicks;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    owner.Arm(this, Sum(owner._now, due));
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                _disposed = true;
                owner.Disarm(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
