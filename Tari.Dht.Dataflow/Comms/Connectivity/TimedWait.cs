namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Waits for an answer of connectivity for a limited time, and goes on where it began.</summary>
/// <remarks>
/// <see cref="Task.WaitAsync(TimeSpan, TimeProvider, CancellationToken)"/> passes through the thread pool when the task is one that runs
/// its continuations asynchronously, and so gives up a scheduler's order.
/// </remarks>
internal static class TimedWait
{
    /// <summary>Waits for a task.</summary>
    /// <param name="task">The task; it goes on when the waiting ends first.</param>
    /// <param name="timeout">How long to wait, above zero; <see cref="Timeout.InfiniteTimeSpan"/> for the token alone.</param>
    /// <param name="timeProvider">Measures that.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">It has not ended in time.</exception>
    /// <exception cref="OperationCanceledException">The token was first, or the task was cancelled.</exception>
    public static async Task WaitHereAsync(this Task task, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await task.EndHereAsync(timeout, timeProvider, cancellationToken);
        await task;
    }

    /// <inheritdoc cref="WaitHereAsync(Task, TimeSpan, TimeProvider, CancellationToken)"/>
    /// <typeparam name="T">What it brings.</typeparam>
    /// <returns>The task's result.</returns>
    public static async Task<T> WaitHereAsync<T>(
        this Task<T> task, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await task.EndHereAsync(timeout, timeProvider, cancellationToken);
        return await task;
    }

    /// <summary>Waits until a task has ended, however that was: nothing of it is thrown here.</summary>
    /// <param name="task">The task; it goes on when the waiting ends first.</param>
    /// <param name="timeout">How long to wait, above zero; <see cref="Timeout.InfiniteTimeSpan"/> for the token alone.</param>
    /// <param name="timeProvider">Measures that.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">It has not ended in time.</exception>
    /// <exception cref="OperationCanceledException">The token was first.</exception>
    public static async Task EndHereAsync(this Task task, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
        {
            return;
        }

        // A token that has fired already ends the waiting too, and the task is looked at all the same.
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = timeProvider.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(), first, timeout, Timeout.InfiniteTimeSpan);
        await FirstAsync(task, first, cancellationToken);
        if (!task.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException();
        }
    }

    /// <summary>Ends with the task, the token or the signal, whichever comes first, on the scheduler of whoever waits.</summary>
    /// <param name="task">The task; it goes on.</param>
    /// <param name="signal">Runs its continuations asynchronously. Set by the task and the token too.</param>
    /// <param name="cancellationToken">Ends the waiting without an error.</param>
    internal static async Task FirstAsync(Task task, TaskCompletionSource signal, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), signal))
        {
            _ = task.ContinueWith(
                static (ended, state) =>
                {
                    // Looked at, as nobody may wait for it any more.
                    _ = ended.Exception;
                    ((TaskCompletionSource)state!).TrySetResult();
                },
                signal,
                CancellationToken.None,
                TaskContinuationOptions.DenyChildAttach,
                TaskScheduler.Current);
            await signal.Task;
        }
    }
}
