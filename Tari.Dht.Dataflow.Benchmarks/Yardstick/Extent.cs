namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>How much is measured.</summary>
/// <param name="Slices">Slices that will be run, the first of them unmeasured.</param>
/// <param name="Operations">Operations of a slice.</param>
/// <param name="InFlight">Messages that are in the inbound graph at once; 0 for as many as it takes.</param>
internal readonly record struct Extent(int Slices, int Operations, int InFlight);
