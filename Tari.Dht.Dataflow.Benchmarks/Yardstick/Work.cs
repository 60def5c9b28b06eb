namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Something that is measured in slices.</summary>
/// <param name="Name">One word.</param>
/// <param name="ReferenceUnits">What the reference takes for it, in u.</param>
/// <param name="IsGraph">Whether processor time and memory are of interest too.</param>
/// <param name="Operations">Operations of a slice in a full run.</param>
/// <param name="Create">Makes it ready to run the given number of slices of so many operations each.</param>
internal sealed record Work(string Name, double ReferenceUnits, bool IsGraph, int Operations, Func<Extent, IWorkRun> Create);

/// <summary>How much is measured.</summary>
/// <param name="Slices">Slices that will be run, the first of them unmeasured.</param>
/// <param name="Operations">Operations of a slice.</param>
internal readonly record struct Extent(int Slices, int Operations);
