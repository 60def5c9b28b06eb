using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>What all benchmarks of messages share: memory, messages a second, and the time in u.</summary>
internal sealed class BenchmarkConfig : ManualConfig
{
    public BenchmarkConfig()
    {
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumn(new OperationsPerSecondColumn(), new UnitsColumn(), StatisticColumn.Median);
    }
}
