using System.CommandLine;
using System.CommandLine.Parsing;
using Tari.Dht.Dataflow.Interop;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Judging;
using Tari.Dht.Dataflow.Samples.Replay.Reporting;
using Tari.Dht.Dataflow.Samples.Replay.Running;

namespace Tari.Dht.Dataflow.Samples.Replay;

/// <summary>The command line: reads a file of captured envelopes, runs it through the inbound graph, reports.</summary>
internal static class ReplayCommand
{
    private const int DefaultRepeat = 500;

    private static readonly int s_maxWorkers = new StageOptions().BoundedCapacity;

    private static string DefaultInput => Path.Combine(AppContext.BaseDirectory, "envelopes.json");

    /// <summary>Runs the program.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Takes progress and tables.</param>
    /// <param name="error">Takes what went wrong, a line each.</param>
    /// <param name="cancellationToken">Ends the run: Ctrl-C.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        Option<string> input = new("--input")
        {
            Description = "The file of captured envelopes.",
            HelpName = "file",
            DefaultValueFactory = static _ => DefaultInput,
        };
        Option<int> repeat = new("--repeat")
        {
            Description = "How often each envelope is replayed.",
            HelpName = "count",
            DefaultValueFactory = static _ => DefaultRepeat,
        };
        Option<int> workers = new("--workers")
        {
            Description = "Batches decrypted at the same time.",
            HelpName = "count",
            DefaultValueFactory = static _ => Math.Min(Environment.ProcessorCount, s_maxWorkers),
        };
        repeat.Validators.Add(static result => RequireRange(result, 1, 1_000_000));
        workers.Validators.Add(static result => RequireRange(result, 1, s_maxWorkers));

        var command = new RootCommand("Replays captured envelopes through the inbound graph at full speed and checks what becomes of each.")
        {
            input,
            repeat,
            workers,
        };
        command.SetAction((parsed, stopping) => ReplayAsync(
            parsed.GetValue(input)!, parsed.GetValue(repeat), parsed.GetValue(workers), output, error, stopping));

        // Without response files: a name may start with "@".
        ParseResult line = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0)
        {
            await error.WriteLineAsync("replay: " + line.Errors[0].Message);
            return ExitCode.NotRun;
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

    private static async Task<int> ReplayAsync(
        string input, int repeat, int workers, TextWriter output, TextWriter error, CancellationToken stopping)
    {
        try
        {
            CaptureFile file = CaptureFile.Read(input);
            var judge = new Judge(file.Captures, repeat);
            var report = new Report(output, file, judge);
            RunFigures figures = await report.ShowProgressAsync(new ReplayRun(file, judge, repeat, workers).RunAsync(stopping));
            report.ShowTables(figures);
            return judge.Differences.Count == 0 ? ExitCode.Success : ExitCode.Different;
        }
        catch (CaptureException exception)
        {
            await error.WriteLineAsync("replay: " + exception.Message);
            return ExitCode.NotRun;
        }
        catch (SodiumException exception)
        {
            await error.WriteLineAsync("replay: " + exception.Message);
            return ExitCode.NotRun;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await error.WriteLineAsync("replay: cancelled");
            return ExitCode.Cancelled;
        }
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
