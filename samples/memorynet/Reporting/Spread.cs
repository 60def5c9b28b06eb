namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>The least, the middle and the greatest of some numbers.</summary>
internal readonly record struct Spread(double Min, double Median, double Max)
{
    /// <summary>Of these; null of none.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return null;
        }

        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[^1]);
    }
}
