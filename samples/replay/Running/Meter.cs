using System.Diagnostics;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>The process's counters at one moment.</summary>
internal readonly struct Meter
{
    private readonly long _timestamp = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Environment.CpuUsage.TotalTime;
    private readonly long _allocated = GC.GetTotalAllocatedBytes(precise: true);
    private readonly (int, int, int) _collections = CountCollections();

    public Meter()
    {
    }

    /// <summary>What has been used since this moment.</summary>
    public RunFigures Read(long messages, long bytes, int workers, QueueDepths queues)
    {
        TimeSpan wall = Stopwatch.GetElapsedTime(_timestamp);
        (int gen0, int gen1, int gen2) = CountCollections();
        return new RunFigures(
            messages,
            bytes,
            workers,
            wall,
            Environment.CpuUsage.TotalTime - _processor,
            GC.GetTotalAllocatedBytes(precise: true) - _allocated,
            (gen0 - _collections.Item1, gen1 - _collections.Item2, gen2 - _collections.Item3),
            queues);
    }

    private static (int Gen0, int Gen1, int Gen2) CountCollections() =>
        (GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2));
}
