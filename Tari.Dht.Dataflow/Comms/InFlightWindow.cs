namespace Tari.Dht.Dataflow.Comms;

/// <summary>Bounds the messages of one session that are between receipt and the end of their life.</summary>
/// <remarks>One reader enters, any thread releases.</remarks>
internal sealed class InFlightWindow
{
    private readonly int _size;
    private readonly Lock _lock = new();
    private int _used;
    private TaskCompletionSource? _waiting;

    public InFlightWindow(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _size = size;
    }

    public int Used
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>Takes a slot; the task ends when there is one.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            if (_used < _size)
            {
                _used++;
                return ValueTask.CompletedTask;
            }

            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = _waiting;
        }

        return WaitAsync(waiting.Task, cancellationToken);
    }

    public void Release()
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _used--;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetResult();
    }

    private async ValueTask WaitAsync(Task freed, CancellationToken cancellationToken)
    {
        await freed.WaitAsync(cancellationToken);
        await EnterAsync(cancellationToken);
    }
}
