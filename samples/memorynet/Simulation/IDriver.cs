namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Has the parts of a simulation run, one after another, and time pass meanwhile.</summary>
internal interface IDriver
{
    /// <summary>Clock, threads and chance of what runs.</summary>
    Surroundings Surroundings { get; }

    /// <summary>Runs a part to its end.</summary>
    Task RunAsync(Func<Task> part);

    /// <summary>Runs a part that ends nodes to its end. Virtual time stands still.</summary>
    Task EndAsync(Func<Task> part);
}
