using Tari.Dht.Dataflow.Comms.Connectivity;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Waits that can be cancelled and don't leave the scheduler of whoever waits.</summary>
/// <remarks>
/// <see cref="Task{TResult}.WaitAsync(CancellationToken)"/> passes through the thread pool when the task ends, and so gives up a
/// scheduler's order.
/// </remarks>
internal static class SchedulerWait
{
    /// <summary>Waits for a task or the token, whichever comes first.</summary>
    /// <exception cref="OperationCanceledException">The token was first.</exception>
    public static Task<T> WaitHereAsync<T>(this Task<T> task, CancellationToken cancellationToken)
    {
        if (task.IsCompleted || !cancellationToken.CanBeCanceled)
        {
            return task;
        }

        return cancellationToken.IsCancellationRequested ? Task.FromCanceled<T>(cancellationToken) : RaceAsync(task, cancellationToken);
    }

    private static async Task<T> RaceAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await TimedWait.FirstAsync(task, first, cancellationToken);
        return task.IsCompleted ? await task : throw new OperationCanceledException(cancellationToken);
    }
}
