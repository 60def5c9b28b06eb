namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Runs in real time: nodes on all cores, the simulation itself one thing after another.</summary>
internal sealed class RealTimeDriver : IDriver
{
    public Surroundings Surroundings { get; } = new(
        TimeProvider.System, TaskScheduler.Default, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler, static _ => Random.Shared);

    public Task RunAsync(Func<Task> part) =>
        Task.Factory.StartNew(part, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Surroundings.Own).Unwrap();

    public Task EndAsync(Func<Task> part) => RunAsync(part);
}
