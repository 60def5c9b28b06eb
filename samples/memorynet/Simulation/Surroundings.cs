namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Clock, threads and chance of a run.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Nodes">Where the nodes run.</param>
/// <param name="Own">Where the simulation itself runs: one thing at a time, so that it needs no locks.</param>
/// <param name="RandomOf">The chance of a node, by its number.</param>
internal sealed record Surroundings(TimeProvider Time, TaskScheduler Nodes, TaskScheduler Own, Func<int, Random> RandomOf);
