using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>Writes the changes of a <see cref="DedupTable"/> to its store, later and in one go.</summary>
/// <remarks>
/// <para>
/// At most one task runs at a time, on the scheduler of the options. It is started when <see cref="DedupCacheOptions.FlushBatch"/> slots
/// changed, or <see cref="DedupCacheOptions.FlushInterval"/> after the first change, or when someone waits. It goes once through all
/// pages and copies the changed rows of one page at a time under the table's lock; one transaction holds them all. When that fails, the
/// rows count as changed again, <see cref="IsFailing"/> is set, and a timer starts the next attempt.
/// </para>
/// <para>Members that say so are called with the table's lock held.</para>
/// </remarks>
internal sealed class DedupWriter
{
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate;
    private readonly DedupTable _table;
    private readonly IDedupStore _store;
    private readonly DedupCacheOptions _options;
    private readonly DedupRowBatch _batch = new();
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>As <see cref="_closed"/>, for those who want to know whether all was written.</summary>
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private List<TaskCompletionSource> _waiters = [];
    private State _state;
    private bool _closing;
    private long? _lastFailureLogged;

    /// <param name="gate">The table's lock.</param>
    /// <param name="table">Tracks its changes.</param>
    /// <param name="store">Belongs to the writer from now on.</param>
    /// <param name="options">Valid options.</param>
    public DedupWriter(Lock gate, DedupTable table, IDedupStore store, DedupCacheOptions options)
    {
        _gate = gate;
        _table = table;
        _store = store;
        _options = options;
        _timer = options.TimeProvider.CreateTimer(
            static state => ((DedupWriter)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

    /// <summary>Notices changes of the table. Called with the lock held.</summary>
    public WakeUp NoteChanges()
    {
        if (_state == State.Running || _table.ChangedCount == 0)
        {
            return WakeUp.None;
        }

        // After a failure only the timer tries again, or every message would.
        if (_table.ChangedCount >= _options.FlushBatch && !IsFailing)
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

    /// <summary>Does what <see cref="NoteChanges"/> said. Called without the lock.</summary>
    public void Wake(WakeUp wakeUp)
    {
        if (wakeUp == WakeUp.Now)
        {
            Start();
        }
        else if (wakeUp == WakeUp.Later)
        {
            _timer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
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

    private void Start() =>
        Task.Factory.StartNew(
            static state => ((DedupWriter)state!).Run(),
            this,
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            _options.TaskScheduler);

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
                if (_closing || _waiters.Count > 0 || (failure is null && _table.ChangedCount >= _options.FlushBatch))
                {
                    continue;
                }

                hasChanges = _table.ChangedCount > 0 || failure is not null;
                _state = hasChanges ? State.Waiting : State.Idle;
            }

            if (hasChanges)
            {
                _timer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
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
        }
    }

    private Exception? WriteChanges()
    {
        Exception? failure = null;
        try
        {
            bool begun = false;
            for (int page = 0; page < _table.PageCount; page++)
            {
                lock (_gate)
                {
                    _table.CollectChanged(page, _batch);
                }

                if (_batch.Count == 0)
                {
                    continue;
                }

                if (!begun)
                {
                    _store.Begin();
                    begun = true;
                }

                _store.Write(_batch);
            }

            if (begun)
            {
                _store.Commit();
            }
        }
#pragma warning disable CA1031 // Whatever happened, the rows are not written: the cache must fail closed and the task must go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
            _store.Rollback();
        }

        bool wasFailing;
        lock (_gate)
        {
            _table.Settle(failure is null);
            wasFailing = IsFailing;
            IsFailing = failure is not null;
        }

        if (failure is not null)
        {
            LogFailure(failure);
        }
        else if (wasFailing)
        {
            _lastFailureLogged = null;
            _options.Logger.DedupWriteRecovered(_store.Path);
        }

        return failure;
    }

    private void LogFailure(Exception failure)
    {
        if (_lastFailureLogged is not { } last || _options.TimeProvider.GetElapsedTime(last) >= s_logInterval)
        {
            _lastFailureLogged = _options.TimeProvider.GetTimestamp();
            DhtStorageError error = failure is DhtStorageException { Error: var reason } ? reason : DhtStorageError.InputOutput;
            _options.Logger.DedupWriteFailed(failure, _store.Path, error);
        }
    }

    private void Close(Exception? failure)
    {
        int lost;
        lock (_gate)
        {
            // No one can be waiting: who came after closing began waits for its end.
            lost = _table.ChangedCount;
        }

        if (failure is not null)
        {
            _options.Logger.DedupLostOnClose(failure, lost, _store.Path);
        }

        try
        {
            _store.Dispose();
        }
        finally
        {
            _closed.SetResult();
            Complete(_flushed, failure);

            // Nobody may ask for it, and the loss is in the log.
            _ = _flushed.Task.Exception;
        }
    }
}
