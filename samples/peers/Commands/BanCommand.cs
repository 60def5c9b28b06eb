using System.CommandLine;
using Spectre.Console;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Bans a peer. By its whole key, it need not be known.</summary>
internal static class BanCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Argument<string> digits = PeerArgument.Create(
            "The peer's key, known or not; or the first digits of a known peer's key or node id.");
        Option<ulong> duration = new("--for")
        {
            Description = "How long: forever, or a number and s, m, h, d or w, such as 2h.",
            HelpName = "duration",
            Required = true,
            CustomParser = BanDuration.Parse,
        };
        Option<string> reason = new("--reason") { Description = "Why; kept with the ban.", HelpName = "text", Required = true };
        var command = new Command("ban", "Bans a peer. A ban that lasts longer stays as it is.") { store, digits, duration, reason };
        command.SetAction((parsed, stopping) => RunAsync(
            context, parsed.GetValue(store)!, parsed.GetValue(digits)!, parsed.GetValue(duration), parsed.GetValue(reason)!, stopping));
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context, string store, string digits, ulong seconds, string reason, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        CommsPublicKey key = digits.Length == CommsPublicKey.Length * 2
            ? CommsPublicKey.FromHex(digits)
            : PeerArgument.FindOne(manager, digits).PublicKey;
        DateTimeOffset? before = manager.Find(key)?.BannedUntilIfActive(context.Time.GetUtcNow());
        manager.BanPeer(key, seconds, reason);
        await manager.FlushAsync(stopping);

        Peer banned = manager.Find(key)!;
        string end = SafeText.BanEnd(banned.BannedUntil!.Value);
        string stays = before == banned.BannedUntil ? " already" : "";
        context.Console.WriteLine($"{banned.NodeId} is banned {end}{stays}: {SafeText.OneLine(banned.BannedReason)}");
        return ExitCode.Success;
    }
}
