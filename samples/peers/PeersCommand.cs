using System.CommandLine;
using Tari.Dht.Dataflow.Interop;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Commands;
using Tari.Dht.Dataflow.Storage;

namespace Tari.Dht.Dataflow.Samples.Peers;

/// <summary>The command line: own identities, and the peers in a store.</summary>
internal static class PeersCommand
{
    /// <summary>Runs the program.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Takes what was asked for.</param>
    /// <param name="error">Takes what went wrong, a line each.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the command: Ctrl-C.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, TimeProvider time, CancellationToken cancellationToken = default)
    {
        var context = new CommandContext(output, error, time);
        var root = new RootCommand("Looks after a node's identity and the peers that it knows.")
        {
            IdentityCommand.Create(context),
            ImportCommand.Create(context),
            ExportCommand.Create(context),
            ListCommand.Create(context),
            ShowCommand.Create(context),
            BanCommand.Create(context),
            UnbanCommand.Create(context),
            ClosestCommand.Create(context),
        };

        // Without response files: a name may start with "@".
        ParseResult line = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0)
        {
            await context.ComplainAsync(line.UnmatchedTokens is [var unknown, ..]
                ? $"'{unknown}' is no command, option or argument here."
                : line.Errors[0].Message);
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
        try
        {
            return await line.InvokeAsync(configuration, cancellationToken);
        }
        catch (CommandException exception)
        {
            await context.ComplainAsync(exception.Message);
            return exception.ExitCode;
        }
        catch (Exception exception)
            when (exception is DhtStorageException or PeerManagerException or NodeIdentityException or SodiumException)
        {
            await context.ComplainAsync(exception.Message);
            return ExitCode.Unusable;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await context.ComplainAsync("cancelled");
            return ExitCode.Cancelled;
        }
    }
}
