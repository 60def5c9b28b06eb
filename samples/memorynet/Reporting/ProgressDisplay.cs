using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Shows how a run goes on: one line that changes on a terminal, a line each anywhere else.</summary>
internal sealed class ProgressDisplay(IAnsiConsole console)
{
    /// <summary>Shows it until the run has ended.</summary>
    /// <param name="run">Starts the run; is given who takes the lines.</param>
    public Task<T> ShowAsync<T>(Func<Action<string>, Task<T>> run) => console.Profile.Out.IsTerminal
        ? console.Status().StartAsync("...", context => run(line => context.Status = Markup.Escape(line)))
        : run(console.WriteLine);
}
