using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Reports;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>What all benchmarks of messages share: memory, messages a second, and the time in u.</summary>
internal sealed class BenchmarkConfig : ManualConfig
{
    private const int WidestCase = 60;

    public BenchmarkConfig()
    {
        AddDiagnoser(MemoryDiagnoser.Default);
        SummaryStyle = SummaryStyle.Default.WithMaxParameterColumnWidth(WidestCase);
        AddColumn(new OperationsPerSecondColumn(), new UnitsColumn(), StatisticColumn.Median);
    }
}
