namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Answers that come when nobody waits for them any more.</summary>
internal static class LateAnswer
{
    /// <summary>Releases what an answer brings, as soon as it comes; if it fails, that was looked at.</summary>
    /// <typeparam name="T">What it brings.</typeparam>
    /// <param name="answer">The answer, for which the caller has ceased to wait.</param>
    /// <param name="release">Releases it. Must not throw.</param>
    public static void ReleaseWhenItComes<T>(this Task<T> answer, Action<T> release) => _ = answer.ContinueWith(
        static (late, state) =>
        {
            if (late.IsCompletedSuccessfully)
            {
                ((Action<T>)state!)(late.Result);
            }
            else
            {
                // Observed: who asked was told that the waiting ended.
                _ = late.Exception;
            }
        },
        release,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.DenyChildAttach,
        TaskScheduler.Current);
}
