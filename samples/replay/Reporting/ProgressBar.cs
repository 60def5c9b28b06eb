using Spectre.Console;
using Tari.Dht.Dataflow.Samples.Replay.Judging;

namespace Tari.Dht.Dataflow.Samples.Replay.Reporting;

/// <summary>A bar on a terminal.</summary>
internal sealed class ProgressBar(IAnsiConsole console) : IProgressDisplay
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    public Task ShowAsync(Task run, Judge judge) => console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("Replaying", maxValue: judge.Total);
            do
            {
                task.Value = judge.Settled;
                await Task.WhenAny(run, Task.Delay(s_interval));
            }
            while (!run.IsCompleted);
            task.Value = judge.Settled;
        });
}
