namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Something that is measured in slices.</summary>
/// <param name="Name">One word.</param>
/// <param name="ReferenceUnits">What the reference takes for it, in u; null where that was not measured.</param>
/// <param name="IsGraph">Whether processor time and memory are of interest too.</param>
/// <param name="Operations">Operations of a slice in a full run.</param>
/// <param name="Create">Makes it ready to run the given number of slices of so many operations each.</param>
internal sealed record Work(string Name, double? ReferenceUnits, bool IsGraph, int Operations, Func<Extent, IWorkRun> Create)
{
    // Many short ones: on a busy machine some of them run undisturbed. A graph's have to outweigh its start and the flush of its file.
    private const int GraphSlices = 16;
    private const int OtherSlices = 41;

    /// <summary>Slices of a full run, the first of them unmeasured.</summary>
    public int Slices => IsGraph ? GraphSlices : OtherSlices;
}
