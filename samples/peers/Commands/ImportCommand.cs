using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Puts the peers of a file into a store.</summary>
internal static class ImportCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Argument<string> input = new("file")
        {
            Description = "A JSON array of peers, or a peer on each line: objects, or texts such as key::address.",
        };
        Option<bool> seeds = new("--seeds") { Description = "Every peer becomes a seed." };
        var command = new Command("import", "Imports peers into a store, which is made if there is none.") { store, input, seeds };
        command.SetAction((parsed, stopping) => RunAsync(
            context, parsed.GetValue(store)!, parsed.GetValue(input)!, parsed.GetValue(seeds), stopping));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string store, string path, bool asSeeds, CancellationToken stopping)
    {
        // The input first: without one no store is made.
        await using FileStream input = Open(path);
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: true, stopping);
        PeerImportResult result;
        try
        {
            result = await PeerImporter.ImportAsync(
                manager, input, new PeerImportOptions { AsSeeds = asSeeds, TimeProvider = context.Time }, stopping);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }

        await manager.FlushAsync(stopping);
        foreach (PeerImportProblem problem in result.Problems)
        {
            await context.ComplainAsync($"{path}: {problem}");
        }

        if (result.Refused > result.Problems.Length)
        {
            await context.ComplainAsync($"{path}: {result.Refused - result.Problems.Length} more entries were refused");
        }

        if (!result.IsComplete)
        {
            await context.ComplainAsync($"{path}: the rest was not read");
        }

        context.Console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"{result.Added} added, {result.Updated} updated, {result.Refused} refused");
        return result.Refused == 0 ? ExitCode.Success
            : result.Added + result.Updated > 0 ? ExitCode.Partial
            : ExitCode.BadInput;
    }

    private static FileStream Open(string path)
    {
        try
        {
            const FileOptions options = FileOptions.Asynchronous | FileOptions.SequentialScan;
            return new FileStream(path, new FileStreamOptions { Options = options, BufferSize = 0 });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unreadable(path, exception);
        }
    }

    private static CommandException Unreadable(string path, Exception exception) =>
        new(ExitCode.BadInput, $"{path}: cannot be read: {exception.Message}");
}
