using Tari.Dht.Dataflow.Storage;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Ends a task that others may wait for, in a task of its own on a scheduler.</summary>
/// <remarks>What waits for it resumes there without a detour, and not in the middle of what ended it.</remarks>
internal static class DeferredResult
{
    /// <summary>Brings a result; one that nobody waits for any more is disposed.</summary>
    public static void Complete<T>(TaskScheduler scheduler, TaskCompletionSource<T> source, T result) =>
        BackgroundWork.Start(static state => ((Outcome<T>)state!).Set(), new Outcome<T>(source, result, null), scheduler);

    /// <summary>Brings an error.</summary>
    public static void Fail<T>(TaskScheduler scheduler, TaskCompletionSource<T> source, Exception error) =>
        BackgroundWork.Start(static state => ((Outcome<T>)state!).Set(), new Outcome<T>(source, default!, error), scheduler);

    private sealed class Outcome<T>(TaskCompletionSource<T> source, T result, Exception? error)
    {
        public void Set()
        {
            if (error is not null)
            {
                source.TrySetException(error);
            }
            else if (!source.TrySetResult(result))
            {
                // Nobody waits any more.
                (result as IDisposable)?.Dispose();
            }
        }
    }
}
