using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>
/// Measures every work of the reference's table beside u and prints both, and how many times faster than the reference it is.
/// </summary>
/// <remarks>
/// <para>
/// Before and after every slice u is measured. The best slice counts, and the best u of the same work: what disturbs the machine only ever
/// makes things slower. A line with <c>#</c> says what the median slice took by the median u.
/// </para>
/// <para>
/// "One worker" is one thread at a time for everything, as it is for the reference; otherwise the thread pool runs the graph, and two
/// workers decrypt. Inbound works with a file end with its flush.
/// </para>
/// <para>
/// <c>alloc</c>, <c>loh</c> (the growth of the large object heap, garbage included) and <c>gen0</c> (collections) are of all measured
/// slices, feeder and sink included. A slice starts with an empty graph: while its queues fill, more buffers are rented than the shared
/// pool keeps. <c>cpu</c> is the processor time of the whole process.
/// </para>
/// </remarks>
internal static class YardstickCommand
{
    // The runtime takes a while to settle on its final code for a graph.
    private static readonly TimeSpan s_graphWarmUp = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_shortWarmUp = TimeSpan.FromMilliseconds(40);

    /// <summary>Runs the verb.</summary>
    /// <param name="args">
    /// <c>--short</c> for a run of a few seconds; <c>--only TEXT</c> for the works whose name contains TEXT; <c>--in-flight N</c> to bound
    /// the messages in the inbound graph, as sessions do, instead of filling its queues.
    /// </param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> args)
    {
        bool isShort = false;
        string only = "";
        int inFlight = 0;
        for (int i = 0; i < args.Length; i++)
        {
            string arg = args.Span[i];
            if (arg == "--short")
            {
                isShort = true;
            }
            else if (arg == "--only" && i + 1 < args.Length)
            {
                only = args.Span[++i];
            }
            else if (arg == "--in-flight" && i + 1 < args.Length && int.TryParse(args.Span[i + 1], CultureInfo.InvariantCulture, out inFlight) && inFlight > 0)
            {
                i++;
            }
            else
            {
                await Console.Error.WriteLineAsync("yardstick [--short] [--only TEXT] [--in-flight N]");
                return 2;
            }
        }

        Work[] works = [.. Works.All.Where(work => work.Name.Contains(only, StringComparison.Ordinal))];
        bool isNetwork = SimulatedHours.Name.Contains(only, StringComparison.Ordinal);
        if (works.Length == 0 && !isNetwork)
        {
            await Console.Error.WriteLineAsync($"No work's name contains '{only}'.");
            return 2;
        }

        Print($"# u = {ScalarMultUnit.Measure():F2} us, {Environment.ProcessorCount} processors, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}");
        foreach (Work work in works)
        {
            await MeasureAsync(work, isShort, inFlight);
        }

        if (isNetwork)
        {
            await SimulatedHours.MeasureAsync(isShort);
        }

        return 0;
    }

    private static async Task MeasureAsync(Work work, bool isShort, int inFlight)
    {
        var extent = new Extent(
            Slices: isShort ? 4 : work.Slices,
            Operations: isShort ? Math.Max(10, work.Operations / 40 * 10) : work.Operations,
            InFlight: inFlight);
        await WarmUpAsync(work, extent, isShort ? s_shortWarmUp : work.IsGraph ? s_graphWarmUp : s_warmUp);

        await using IWorkRun run = work.Create(extent);
        await RunSliceAsync(run);
        var times = new double[extent.Slices - 1];
        var processorTimes = new double[times.Length];
        var units = new double[times.Length + 1];
        GC.Collect();
        long largeBefore = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo[3].SizeAfterBytes;
        int collections = GC.CollectionCount(0);
        long allocated = 0;
        units[0] = ScalarMultUnit.Measure();
        for (int slice = 0; slice < times.Length; slice++)
        {
            run.Prepare();
            long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan processorBefore = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            await run.RunAsync();
            times[slice] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / extent.Operations;
            processorTimes[slice] = (Environment.CpuUsage.TotalTime - processorBefore).TotalMicroseconds / extent.Operations;
            allocated += GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            run.Finish();
            units[slice + 1] = ScalarMultUnit.Measure();
        }

        collections = GC.CollectionCount(0) - collections;
        GC.Collect();
        long large = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo[3].SizeBeforeBytes - largeBefore;
        Report(work, times, processorTimes, units);
        if (work.IsGraph)
        {
            double cpu = processorTimes.Min() / units.Min();
            long operations = (long)times.Length * extent.Operations;
            Print(
                $"DETAIL {work.Name} cpu {cpu:F3} u alloc {(double)allocated / operations:F0} B/operation loh {large} gen0 {collections}");
        }

        if (run.BytesPerOperation is { } bytes)
        {
            Print($"DETAIL {work.Name} memory {bytes:F0} B/operation");
        }
    }

    private static async Task WarmUpAsync(Work work, Extent extent, TimeSpan atLeast)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            await using IWorkRun run = work.Create(extent);
            for (int slice = 0; slice < extent.Slices && (slice == 0 || Stopwatch.GetElapsedTime(start) < atLeast); slice++)
            {
                await RunSliceAsync(run);
            }
        }
        while (Stopwatch.GetElapsedTime(start) < atLeast);
    }

    private static async Task RunSliceAsync(IWorkRun run)
    {
        run.Prepare();
        await run.RunAsync();
        run.Finish();
    }

    private static void Report(Work work, double[] times, double[] processorTimes, double[] units)
    {
        double unit = units.Min();
        double time = times.Min();
        double result = time / unit;
        string measured = string.Create(CultureInfo.InvariantCulture, $"YARDSTICK {work.Name} {time:F2} us {result:F3} u");
        Console.WriteLine(work.ReferenceUnits is { } reference
            ? string.Create(CultureInfo.InvariantCulture, $"{measured} reference {reference} u ratio {reference / result:F3}")
            : $"{measured} reference not measured");
        Print($"# median of {times.Length}: {Median(times):F2} us, {Median(times) / Median(units):F3} u; processor {Median(processorTimes) / Median(units):F3} u; u {unit:F2} us at best, {Median(units):F2} us in the median");
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
