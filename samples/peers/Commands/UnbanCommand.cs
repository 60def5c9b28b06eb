using System.CommandLine;
using Spectre.Console;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Ends a ban.</summary>
internal static class UnbanCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Argument<string> digits = PeerArgument.Create("The peer's key or node id, or the first digits of it.");
        var command = new Command("unban", "Ends the ban of a peer.") { store, digits };
        command.SetAction((parsed, stopping) => RunAsync(context, parsed.GetValue(store)!, parsed.GetValue(digits)!, stopping));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string store, string digits, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        Peer peer = PeerArgument.FindOne(manager, digits);
        bool wasBanned = peer.IsBanned(context.Time.GetUtcNow());
        manager.UnbanPeer(peer.NodeId);
        await manager.FlushAsync(stopping);
        context.Console.WriteLine(wasBanned ? $"{peer.NodeId} is banned no more" : $"{peer.NodeId} was not banned");
        return ExitCode.Success;
    }
}
