using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Messages a second, by the mean.</summary>
internal sealed class OperationsPerSecondColumn : IColumn
{
    private const double NanosecondsPerSecond = 1e9;

    public string Id => nameof(OperationsPerSecondColumn);

    public string ColumnName => "Per second";

    public string Legend => "Operations (messages or requests) a second";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Statistics;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? (NanosecondsPerSecond / statistics.Mean).ToString("N0", summary.GetCultureInfo())
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
