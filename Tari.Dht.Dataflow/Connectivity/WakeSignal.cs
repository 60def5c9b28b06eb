namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>Wakes a loop that waits for several things; a signal that comes while it works is kept.</summary>
/// <remarks>Setting is thread safe; one loop waits, and goes on on its own scheduler.</remarks>
internal sealed class WakeSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _isSet;

    /// <summary>Wakes the loop.</summary>
    public void Set()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            waiting = _waiting;
            _waiting = null;
            _isSet = waiting is null;
        }

        waiting?.TrySetResult();
    }

    /// <summary>Waits for the next signal, or takes the one that was kept.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return Task.CompletedTask;
            }

            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }
}
