using System.CommandLine;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Writes the peers of a store as JSON.</summary>
internal static class ExportCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Option<string?> output = new("--output")
        {
            Description = "The file to write, which is replaced when all is written; without it the peers are written to the output.",
            HelpName = "file",
        };
        var command = new Command("export", "Writes all peers as a JSON array, one on each line.") { store, output };
        command.SetAction((parsed, stopping) => RunAsync(context, parsed.GetValue(store)!, parsed.GetValue(output), stopping));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string store, string? path, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        Peer[] peers = [.. manager.All()];
        Array.Sort(peers, static (left, right) => left.Id.CompareTo(right.Id));
        PeerExportResult result;
        try
        {
            result = path is null
                ? await ToOutputAsync(peers, context.Output, stopping)
                : await ToFileAsync(peers, path, stopping);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCode.BadInput, $"{path ?? "the output"}: cannot be written: {exception.Message}");
        }

        if (result.LeftOutAddresses > 0)
        {
            await context.ComplainAsync($"{result.LeftOutAddresses} addresses whose text does not read back were left out");
        }

        if (path is not null)
        {
            await context.Output.WriteLineAsync($"{result.Peers} exported");
        }

        return ExitCode.Success;
    }

    private static async Task<PeerExportResult> ToOutputAsync(Peer[] peers, TextWriter output, CancellationToken stopping)
    {
        await using var stream = new AsciiWriterStream(output);
        return await PeerExporter.ExportAsync(peers, stream, stopping);
    }

    private static async Task<PeerExportResult> ToFileAsync(Peer[] peers, string path, CancellationToken stopping)
    {
        // Under another name until it is whole.
        string temporary = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            PeerExportResult result;
            var create = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.Asynchronous,
                BufferSize = 0,
            };
            await using (var stream = new FileStream(temporary, create))
            {
                result = await PeerExporter.ExportAsync(peers, stream, stopping);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return result;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
