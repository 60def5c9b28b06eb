namespace Tari.Dht.Dataflow.Storage;

/// <summary>Writes the changes of a <see cref="IWriteBehindSource"/> to its file, later and in one go.</summary>
/// <remarks>
/// <para>
/// At most one task runs at a time, on the scheduler given, or on the thread pool if that throws. It is started when enough has changed, or
/// some time after the first change, or when someone waits. When a write fails, <see cref="IsFailing"/> is set, and a timer starts the next
/// attempt.
/// </para>
/// <para>Members that say so are called with the source's lock held.</para>
/// </remarks>
internal sealed class WriteBehind
{
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate;
    private readonly IWriteBehindSource _source;
    private readonly WriteBehindOptions _options;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>As <see cref="_closed"/>, for those who want to know whether all was written.</summary>
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private List<TaskCompletionSource> _waiters = [];
    private State _state;
    private bool _closing;

    /// <summary>Something changed during the write that must not wait for the interval.</summary>
    private bool _isUrgent;

    private long? _lastFailureLogged;

    /// <param name="gate">The source's lock.</param>
    /// <param name="source">What changes.</param>
    /// <param name="options">Valid options.</param>
    public WriteBehind(Lock gate, IWriteBehindSource source, WriteBehindOptions options)
    {
        _gate = gate;
        _source = source;
        _options = options;
        _timer = options.TimeProvider.CreateTimer(
            static state => ((WriteBehind)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum State
    {
        /// <summary>Nothing to write.</summary>
        Idle,

        /// <summary>The timer will start the task.</summary>
        Waiting,

        /// <summary>The task is queued or runs.</summary>
        Running,
    }

    /// <summary>What a change asks for, to be done by <see cref="Wake"/> outside the lock.</summary>
    public enum WakeUp
    {
        None,
        Later,
        Now,
    }

    /// <summary>The last attempt to write failed. Read with the lock held.</summary>
    public bool IsFailing { get; private set; }

    /// <summary>Notices changes of the source. Called with the lock held.</summary>
    /// <param name="isUrgent">Whether to write at once: now, or right after the write that runs.</param>
    public WakeUp NoteChanges(bool isUrgent = false)
    {
        if (_state == State.Running)
        {
            _isUrgent |= isUrgent;
            return WakeUp.None;
        }

        if (_source.ChangedCount == 0)
        {
            return WakeUp.None;
        }

        // After a failure only the timer tries again, or every message would.
        if ((isUrgent || _source.ChangedCount >= _options.FlushBatch) && !IsFailing)
        {
            _state = State.Running;
            return WakeUp.Now;
        }

        if (_state == State.Waiting)
        {
            return WakeUp.None;
        }

        _state = State.Waiting;
        return WakeUp.Later;
    }

    /// <summary>
    /// Says that the file could not be written before the first change: the first attempt follows after the interval, as after a failure.
    /// Called with the lock held, before anything else.
    /// </summary>
    public WakeUp StartFailing()
    {
        IsFailing = true;
        _state = State.Waiting;
        return WakeUp.Later;
    }

    /// <summary>Does what <see cref="NoteChanges"/> said. Called without the lock.</summary>
    public void Wake(WakeUp wakeUp)
    {
        if (wakeUp == WakeUp.Now)
        {
            Start();
        }
        else if (wakeUp == WakeUp.Later)
        {
            SetTimer();
        }
    }

    /// <summary>Writes all that has changed up to now.</summary>
    /// <returns>Ends when it is written, or with a <see cref="DhtStorageException"/>; once closing began, as its last write does.</returns>
    public Task FlushAsync()
    {
        bool starts;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_closing)
            {
                return _flushed.Task;
            }

            _waiters.Add(waiter);
            starts = _state != State.Running;
            _state = State.Running;
        }

        if (starts)
        {
            Start();
        }

        return waiter.Task;
    }

    /// <summary>Writes what is left and closes the store. What cannot be written is logged.</summary>
    public Task CloseAsync()
    {
        bool starts;
        lock (_gate)
        {
            if (_closing)
            {
                return _closed.Task;
            }

            _closing = true;
            starts = _state != State.Running;
            _state = State.Running;
        }

        _timer.Dispose();
        if (starts)
        {
            Start();
        }

        return _closed.Task;
    }

    private void Start() => BackgroundWork.Start(static state => ((WriteBehind)state!).Run(), this, _options.TaskScheduler);

    private void SetTimer()
    {
        try
        {
            _timer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
        }
        catch
        {
            lock (_gate)
            {
                // Nobody would wake: the next change tries again.
                if (_state == State.Waiting)
                {
                    _state = State.Idle;
                }
            }

            throw;
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_state != State.Waiting)
            {
                return;
            }

            _state = State.Running;
        }

        Start();
    }

    private void Run()
    {
        List<TaskCompletionSource> waiters = [];
        while (true)
        {
            bool closing;
            lock (_gate)
            {
                (waiters, _waiters) = (_waiters, waiters);
                closing = _closing;
                _isUrgent = false;
            }

            Exception? failure = WriteChanges();
            foreach (TaskCompletionSource waiter in waiters)
            {
                Complete(waiter, failure);
            }

            waiters.Clear();
            if (closing)
            {
                Close(failure);
                return;
            }

            bool hasChanges;
            lock (_gate)
            {
                if (_closing
                    || _waiters.Count > 0
                    || (failure is null && (_isUrgent || _source.ChangedCount >= _options.FlushBatch)))
                {
                    continue;
                }

                hasChanges = _source.ChangedCount > 0 || failure is not null;
                _state = hasChanges ? State.Waiting : State.Idle;
            }

            if (hasChanges)
            {
                SetTimer();
            }

            return;
        }
    }

    private static void Complete(TaskCompletionSource waiter, Exception? failure)
    {
        if (failure is null)
        {
            waiter.SetResult();
        }
        else
        {
            waiter.SetException(failure);

            // Who does not wait any more need not be told: the failure was reported.
            _ = waiter.Task.Exception;
        }
    }

    private Exception? WriteChanges()
    {
        Exception? failure = null;
        try
        {
            _source.Write();
        }
#pragma warning disable CA1031 // Whatever happened, the changes are not written: the source must know and the task must go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        bool wasFailing;
        lock (_gate)
        {
            _source.Settle(failure is null);
            wasFailing = IsFailing;
            IsFailing = failure is not null;
        }

        if (failure is not null)
        {
            if (MayReportFailure())
            {
                _source.OnFailing(failure);
            }
        }
        else if (wasFailing)
        {
            _lastFailureLogged = null;
            _source.OnRecovered();
        }

        return failure;
    }

    private bool MayReportFailure()
    {
        try
        {
            long now = _options.TimeProvider.GetTimestamp();
            if (_lastFailureLogged is { } last && _options.TimeProvider.GetElapsedTime(last, now) < s_logInterval)
            {
                return false;
            }

            _lastFailureLogged = now;
        }
#pragma warning disable CA1031 // A clock that throws holds no report back, and must not end the task.
        catch (Exception)
#pragma warning restore CA1031
        {
            _lastFailureLogged = null;
        }

        return true;
    }

    private void Close(Exception? failure)
    {
        int lost;
        lock (_gate)
        {
            // No one can be waiting: who came after closing began waits for its end.
            lost = _source.ChangedCount;
        }

        try
        {
            _source.Close(failure, lost);
        }
        finally
        {
            _closed.SetResult();
            Complete(_flushed, failure);
        }
    }
}
