using System.CommandLine;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>The option that names the store, and the opening of it.</summary>
internal static class StoreOption
{
    public static Option<string> Create() => new("--store")
    {
        Description = "The database file of the peers. The node that owns it must not be running.",
        HelpName = "file",
        Required = true,
    };

    /// <summary>Opens a store. Only an import makes a new one.</summary>
    public static async Task<PeerManager> OpenAsync(string path, CommandContext context, bool mayCreate, CancellationToken stopping)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new CommandException(ExitCode.BadInput, "--store has to name a file.");
        }

        if (!mayCreate && !Path.Exists(path))
        {
            throw new CommandException(ExitCode.Unusable, $"There is no store '{path}'.");
        }

        return await PeerManager.OpenAsync(new PeerManagerOptions { DatabasePath = path, TimeProvider = context.Time }, stopping);
    }
}
