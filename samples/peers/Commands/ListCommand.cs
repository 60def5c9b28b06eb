using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Shows the peers of a store as a table.</summary>
internal static class ListCommand
{
    private const int DefaultLimit = 100;

    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Option<bool> banned = new("--banned") { Description = "Only peers whose ban has not ended." };
        Option<bool> seeds = new("--seeds") { Description = "Only seeds." };
        Option<bool> nodes = new("--nodes") { Description = "Only nodes." };
        Option<bool> wallets = new("--wallets") { Description = "Only wallets." };
        Option<int> limit = new("--limit")
        {
            Description = "Show no more peers than this; 0 for all.",
            HelpName = "count",
            DefaultValueFactory = static _ => DefaultLimit,
        };
        limit.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value < 0)
            {
                result.AddError("--limit has to be 0 or more.");
            }
        });
        var command = new Command("list", "Lists peers with what is known of their addresses, and counts them all.")
        {
            store,
            banned,
            seeds,
            nodes,
            wallets,
            limit,
        };
        command.SetAction((parsed, stopping) =>
        {
            DateTimeOffset now = context.Time.GetUtcNow();
            bool mustBeBanned = parsed.GetValue(banned), mustBeSeed = parsed.GetValue(seeds);
            bool mustBeNode = parsed.GetValue(nodes), mustBeWallet = parsed.GetValue(wallets);
            return RunAsync(
                context,
                parsed.GetValue(store)!,
                peer => (!mustBeBanned || peer.IsBanned(now))
                    && (!mustBeSeed || peer.IsSeed)
                    && (!mustBeNode || peer.Features.IsNode())
                    && (!mustBeWallet || peer.Features.IsClient()),
                parsed.GetValue(limit),
                stopping);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context, string store, Predicate<Peer> condition, int limit, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        Peer[] peers = Array.FindAll([.. manager.All()], condition);
        Array.Sort(peers, static (left, right) => left.Id.CompareTo(right.Id));
        int shown = limit == 0 ? peers.Length : Math.Min(limit, peers.Length);
        var table = new PeerTable(context.Time.GetUtcNow());
        foreach (Peer peer in peers.AsSpan(0, shown))
        {
            table.Add(peer);
        }

        if (shown > 0)
        {
            table.Show(context.Console);
        }

        if (shown < peers.Length)
        {
            context.Console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{peers.Length - shown} more are not shown.");
        }

        PeerStatistics all = manager.GetStatistics();
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Nodes} nodes, {all.Clients} wallets, {all.Seeds} seeds, {all.Banned} banned, {all.Deleted} deleted");
        context.Console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"{peers.Length} of {all.Known} peers: {counts}, {all.SeenRecently} seen within a day");
        return peers.Length > 0 ? ExitCode.Success : ExitCode.Partial;
    }
}
