using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Samples.Replay.Judging;

namespace Tari.Dht.Dataflow.Samples.Replay.Reporting;

/// <summary>A line each second, where there is no terminal.</summary>
internal sealed class ProgressLines(IAnsiConsole console) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    public async Task ShowAsync(Task run, Judge judge)
    {
        while (await Task.WhenAny(run, Task.Delay(s_interval)) != run)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{judge.Settled:N0} of {judge.Total:N0} messages"));
        }
    }
}
