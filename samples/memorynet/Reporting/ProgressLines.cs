using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Writes a line for each step of a run.</summary>
internal sealed class ProgressLines(IAnsiConsole console) : IProgressDisplay
{
    /// <inheritdoc/>
    public Task<T> ShowAsync<T>(Func<NetworkMonitor, Task<T>> run) => run(new NetworkMonitor(console.WriteLine));
}
