using System.Diagnostics;
using System.Globalization;
using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>How long a network takes in real time for a day of its own: one run from the start of its first node on, on one thread.</summary>
internal static class SimulatedHours
{
    /// <summary>The work's name.</summary>
    public const string Name = "simulated-day-200";

    private const int Nodes = 200;
    private const int Hours = 24;
    private const int ShortHours = 2;

    /// <summary>Runs it and prints what it took.</summary>
    /// <param name="isShort">Fewer hours.</param>
    public static async Task MeasureAsync(bool isShort)
    {
        int hours = isShort ? ShortHours : Hours;
        double unit = ScalarMultUnit.Measure();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await using var network = new SimulatedNetwork(Nodes);
        double started = Stopwatch.GetElapsedTime(start).TotalSeconds;
        network.RunFor(TimeSpan.FromHours(hours));
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        processor = Environment.CpuUsage.TotalTime - processor;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        unit = Math.Min(unit, ScalarMultUnit.Measure());
        Print($"YARDSTICK {Name} {time.TotalMicroseconds / hours:F0} us {time.TotalMicroseconds / hours / unit:F0} u reference not measured");
        Print($"DETAIL {Name} {hours} hours in {time.TotalSeconds:F1} s, {started:F1} s of it the start; processor {processor.TotalSeconds:F1} s; alloc {allocated / hours / Nodes} B a node and hour");
        Print($"# {network.Describe()}");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
