using System.CommandLine;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Shows all that is known of a peer; of several that the digits fit, a table.</summary>
internal static class ShowCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Argument<string> digits = PeerArgument.Create("The peer's key or node id, or the first digits of it.");
        var command = new Command("show", "Shows all that is known of a peer.") { store, digits };
        command.SetAction((parsed, stopping) => RunAsync(context, parsed.GetValue(store)!, parsed.GetValue(digits)!, stopping));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string store, string digits, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        List<Peer> peers = PeerArgument.FindAll(manager, digits);
        DateTimeOffset now = context.Time.GetUtcNow();
        switch (peers)
        {
            case []:
                throw PeerArgument.NotFound(digits);
            case [var peer]:
                PeerReport.Show(context.Console, peer, now);
                break;
            default:
                var table = new PeerTable(now);
                peers.ForEach(table.Add);
                table.Show(context.Console);
                break;
        }

        return ExitCode.Success;
    }
}
