using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Shows a network on a terminal while it forms. Makes room for the report at the end.</summary>
internal sealed class Dashboard(IAnsiConsole console) : IProgressDisplay
{
    private const int Lines = 5;
    private const int Snapshots = 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Queue<NetworkSnapshot> _past = new();

    /// <inheritdoc/>
    public Task<T> ShowAsync<T>(Func<NetworkMonitor, Task<T>> run) =>
        console.Live(new Text("")).AutoClear(true).StartAsync(async context =>
        {
            var monitor = new NetworkMonitor(Keep);

            // A run on virtual time does not give its thread back before its end.
            Task<T> running = Task.Run(() => run(monitor));
            while (!running.IsCompleted)
            {
                long start = Stopwatch.GetTimestamp();
                context.UpdateTarget(Draw(monitor.Take()));

                // Asking thousands of nodes takes a while, and must not slow the run down.
                TimeSpan pause = Stopwatch.GetElapsedTime(start) * 10;
                await Task.WhenAny(running, Task.Delay(pause > s_pause ? pause : s_pause));
            }

            return await running;
        });

    private void Keep(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Lines)
            {
                _lines.Dequeue();
            }
        }
    }

    private IRenderable Draw(NetworkSnapshot now)
    {
        _past.Enqueue(now);
        if (_past.Count > Snapshots)
        {
            _past.Dequeue();
        }

        lock (_gate)
        {
            return DashboardView.Draw(now, _past.Peek(), _lines);
        }
    }
}
