using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>
/// The mean in u, which is measured when the report is made: good on a quiet machine; the yardstick measures both together.
/// </summary>
internal sealed class UnitsColumn : IColumn
{
    private const double NanosecondsPerMicrosecond = 1000;

    private readonly Lazy<double> _unit = new(ScalarMultUnit.Measure);

    public string Id => nameof(UnitsColumn);

    public string ColumnName => "u";

    public string Legend => "Time of the operation in the time of one crypto_scalarmult_ristretto255";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Statistics;

    public int PriorityInCategory => 2;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? (statistics.Mean / NanosecondsPerMicrosecond / _unit.Value).ToString("N3", summary.GetCultureInfo())
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
