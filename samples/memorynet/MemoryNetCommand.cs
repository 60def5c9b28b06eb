using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Interop;
using Tari.Dht.Dataflow.Samples.MemoryNet.Drawing;
using Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;
using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Samples.MemoryNet;

/// <summary>The command line: simulates a network in this process, reports, draws.</summary>
internal static class MemoryNetCommand
{
    private const int DefaultNodes = 50;

    // Above this, so many joins would take most of the time.
    private const int ManyNodes = 200;
    private const int FewJoins = 20;

    /// <summary>Runs the program.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Takes progress and tables.</param>
    /// <param name="error">Takes what went wrong, a line each.</param>
    /// <param name="cancellationToken">Ends the run: Ctrl-C.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        Option<int> nodes = new("--nodes")
        {
            Description = "How many nodes.",
            HelpName = "count",
            DefaultValueFactory = static _ => DefaultNodes,
        };
        Option<int?> joins = new("--joins")
        {
            Description = $"How many of them join. Default: all, {FewJoins} of more than {ManyNodes}.",
            HelpName = "count",
        };
        Option<int?> fanOut = new("--fan-out")
        {
            Description = "To how many connected nodes a node passes a message on. Default: to all, as seeds are connected with many"
                + " nodes; a real node's default is 20.",
            HelpName = "count",
        };
        Option<bool> isVirtual = new("--virtual")
        {
            Description = "Runs on a clock of its own, at full speed on one thread; then the same seed brings the same result.",
        };
        Option<bool> isCold = new("--cold")
        {
            Description = "All nodes start at the same instant and know one seed; network discovery and their pools do the rest, for two"
                + " minutes. Without joins, discoveries and churn.",
        };
        Option<ulong> seed = new("--seed")
        {
            Description = "What keys, links and choices follow from.",
            HelpName = "number",
            DefaultValueFactory = static _ => 1,
        };
        Option<string?> folder = new("--output")
        {
            Description = "A folder for pictures (SVG) and data (CSV); made if need be.",
            HelpName = "folder",
        };
        Option<bool> noDashboard = new("--no-dashboard")
        {
            Description = "Writes a line for each step on a terminal too, as to anything else.",
        };
        nodes.Validators.Add(static result => RequireRange(result, SimulationOptions.MinNodes, SimulationOptions.MaxNodes));
        joins.Validators.Add(static result => RequireRange(result, 0, SimulationOptions.MaxNodes));
        folder.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && string.IsNullOrWhiteSpace(name))
            {
                result.AddError("--output needs the name of a folder.");
            }
        });
        joins.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValue(isCold))
            {
                result.AddError("--joins has no use with --cold, where nobody joins.");
            }
        });
        fanOut.Validators.Add(static result => RequireRange(result, 1, SimulationOptions.MaxNodes));

        var command = new RootCommand("Simulates a network of DHT nodes in this process: joins, discoveries, a message to all, churn.")
        {
            nodes,
            joins,
            fanOut,
            isVirtual,
            isCold,
            seed,
            folder,
            noDashboard,
        };
        command.SetAction((parsed, stopping) =>
        {
            int count = parsed.GetValue(nodes);
            bool cold = parsed.GetValue(isCold);
            var options = new SimulationOptions(
                count,
                cold ? 0 : Math.Min(count, parsed.GetValue(joins) ?? (count > ManyNodes ? FewJoins : count)),
                parsed.GetValue(fanOut) ?? count,
                parsed.GetValue(seed),
                parsed.GetValue(isVirtual),
                cold);
            return SimulateAsync(options, parsed.GetValue(folder), !parsed.GetValue(noDashboard), output, error, stopping);
        });

        // Without response files: a name may start with "@".
        ParseResult line = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0)
        {
            await error.WriteLineAsync("memorynet: " + line.Errors[0].Message);
            return ExitCode.BadInput;
        }

        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,

            // Signals are the caller's, who owns the process.
            ProcessTerminationTimeout = null,
        };
        return await line.InvokeAsync(configuration, cancellationToken);
    }

    private static async Task<int> SimulateAsync(
        SimulationOptions options, string? folder, bool mayDraw, TextWriter output, TextWriter error, CancellationToken stopping)
    {
        try
        {
            if (folder is not null)
            {
                // Before the run, so that nobody waits for nothing.
                Directory.CreateDirectory(folder);
            }

            IAnsiConsole console = Consoles.Create(output);
            long start = Stopwatch.GetTimestamp();
            IProgressDisplay display = mayDraw && console.Profile.Out.IsTerminal ? new Dashboard(console) : new ProgressLines(console);
            Findings findings = await display.ShowAsync(monitor => NetworkRun.RunAsync(options, monitor, stopping));
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (folder is not null)
            {
                CsvFiles.Write(folder, findings);
                Pictures.Write(folder, findings);
            }

            Report.Show(console, findings);
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"took {elapsed.TotalSeconds:F1} s and at most {PeakMiB()} MiB"));
            return findings.Propagations[0].IsComplete ? ExitCode.Success : ExitCode.NotReached;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SodiumException)
        {
            await error.WriteLineAsync("memorynet: " + exception.Message);
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await error.WriteLineAsync("memorynet: cancelled");
            return ExitCode.Cancelled;
        }
    }

    private static long PeakMiB()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }

    private static void RequireRange(OptionResult result, int least, int most)
    {
        // Text that is no number has its own message.
        if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out int value) && (value < least || value > most))
        {
            result.AddError($"{result.Option.Name} has to be {least} to {most}, not {value}.");
        }
    }
}
