namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A clock that stands still until it is told to go on, with timers that fire only then.</summary>
/// <remarks>
/// <para>
/// <see cref="Advance"/> fires every timer that falls due on the way, in the order of their due times (equal ones in the order in which
/// they were armed), on the calling thread, with the clock standing at the timer's due time. A timer armed with a due time of zero fires
/// in the next <see cref="Advance"/>, even one of <see cref="TimeSpan.Zero"/>. Callbacks may create, change and dispose of timers, but
/// not advance the clock.
/// </para>
/// <para>Thread safe; one thread at a time may advance.</para>
/// </remarks>
internal sealed class ManualTimeProvider : TimeProvider
{
    private const int FiringLimit = 1_000_000;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Arming), (long Due, long Arming)> _queue = new();
    private long _utcTicks;
    private long _elapsedTicks;
    private long _armings;
    private int _armed;
    private bool _advancing;

    /// <param name="start">The wall clock at the start; 2030-01-01 UTC if not given.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _utcTicks = (start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are armed; 0 when nothing is left behind.</summary>
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

    /// <summary>How long until the next timer is due; null if none is armed.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_gate)
            {
                return Peek() is { } due ? TimeSpan.FromTicks(Math.Max(0, due - _elapsedTicks)) : null;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return new DateTimeOffset(_utcTicks, TimeSpan.Zero);
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsedTicks;
        }
    }

    /// <summary>Lets time pass and fires the timers that fall due.</summary>
    /// <param name="by">Zero or more.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_gate)
        {
            if (_advancing)
            {
                throw new InvalidOperationException("The clock is being advanced already.");
            }

            _advancing = true;
            target = _elapsedTicks + by.Ticks;
        }

        try
        {
            for (int fired = 0; TakeDue(target) is { } timer; fired++)
            {
                if (fired == FiringLimit)
                {
                    throw new InvalidOperationException(
                        $"{FiringLimit} timers fired and no end: one re-arms itself without letting time pass.");
                }

                timer.Fire();
            }
        }
        finally
        {
            lock (_gate)
            {
                _advancing = false;
            }
        }
    }

    /// <summary>Sets the wall clock forward or back, as an operator would: no time passes and no timer fires.</summary>
    public void ShiftWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _utcTicks += by.Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private static long CheckedTicks(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "Zero or more, or infinite.");
        }

        return value.Ticks;
    }

    /// <summary>The due time of the first armed timer; drops what was disarmed or re-armed since it was queued.</summary>
    private long? Peek()
    {
        while (_queue.TryPeek(out (ManualTimer Timer, long Arming) entry, out (long Due, long Arming) key))
        {
            if (entry.Timer.Arming == entry.Arming)
            {
                return key.Due;
            }

            _queue.Dequeue();
        }

        return null;
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            if (Peek() is not { } due || due > target)
            {
                MoveTo(target);
                return null;
            }

            ManualTimer timer = _queue.Dequeue().Timer;
            MoveTo(due);
            Disarm(timer);
            if (timer.PeriodTicks > 0)
            {
                Arm(timer, due + timer.PeriodTicks);
            }

            return timer;
        }
    }

    private void MoveTo(long elapsed)
    {
        if (elapsed > _elapsedTicks)
        {
            _utcTicks += elapsed - _elapsedTicks;
            _elapsedTicks = elapsed;
        }
    }

    private void Arm(ManualTimer timer, long due)
    {
        timer.Arming = ++_armings;
        _armed++;
        _queue.Enqueue((timer, timer.Arming), (due, timer.Arming));
    }

    private void Disarm(ManualTimer timer)
    {
        if (timer.Arming != 0)
        {
            timer.Arming = 0;
            _armed--;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        /// <summary>Which arming is in force; 0: none.</summary>
        public long Arming { get; set; }

        public long PeriodTicks { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            long due = CheckedTicks(dueTime, nameof(dueTime));
            long periodTicks = CheckedTicks(period, nameof(period));
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
                    owner.Arm(this, owner._elapsedTicks + due);
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
