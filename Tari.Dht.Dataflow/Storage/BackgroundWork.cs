namespace Tari.Dht.Dataflow.Storage;

/// <summary>Starts work of the storage on the application's scheduler.</summary>
internal static class BackgroundWork
{
    /// <summary>Starts work that must be done: on the thread pool if the scheduler throws, as one that was shut down does.</summary>
    /// <param name="work">The work.</param>
    /// <param name="state">Given to the work.</param>
    /// <param name="scheduler">Where it should run.</param>
    public static void Start(Action<object?> work, object state, TaskScheduler scheduler)
    {
        try
        {
            Task.Factory.StartNew(work, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }
        catch (TaskSchedulerException)
        {
            Task.Factory.StartNew(work, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
    }
}
