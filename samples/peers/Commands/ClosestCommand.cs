using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Finds the peers whose node ids are closest to that of a key.</summary>
internal static class ClosestCommand
{
    private const int DefaultCount = 10;
    private const int MaxCount = 10_000;

    public static Command Create(CommandContext context)
    {
        Option<string> store = StoreOption.Create();
        Argument<string> target = new("key") { Description = "A public key of 64 hexadecimal digits, or a node id of 26; known or not." };
        target.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && !TryReadTarget(text, out _))
            {
                result.AddError("The target has to be a public key of 64 hexadecimal digits, or a node id of 26.");
            }
        });
        Option<int> count = new("--count")
        {
            Description = "How many peers to find.",
            HelpName = "count",
            DefaultValueFactory = static _ => DefaultCount,
        };
        count.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && int.TryParse(text, CultureInfo.InvariantCulture, out int value)
                && value is < 1 or > MaxCount)
            {
                result.AddError($"--count has to be 1 to {MaxCount}.");
            }
        });
        var command = new Command("closest", "Finds the peers closest to a key, by the XOR of their node ids.") { store, target, count };
        command.SetAction((parsed, stopping) =>
            RunAsync(context, parsed.GetValue(store)!, parsed.GetValue(target)!, parsed.GetValue(count), stopping));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string store, string text, int count, CancellationToken stopping)
    {
        await using PeerManager manager = await StoreOption.OpenAsync(store, context, mayCreate: false, stopping);
        _ = TryReadTarget(text, out NodeId target);
        var closest = new ClosestNodes<Peer>(target, count);
        foreach (Peer peer in manager.All())
        {
            closest.Offer(peer.NodeId, peer);
        }

        if (closest.Count == 0)
        {
            throw new CommandException(ExitCode.Partial, "The store has no peers.");
        }

        Table table = Tables.New("Node id", "Key", "Bucket", "Distance", "Role");
        foreach ((Peer peer, XorDistance distance) in closest.ToImmutableArray())
        {
            table.AddRow(
                SafeText.Cell(peer.NodeId.ToString()),
                SafeText.Cell(peer.PublicKey.ToString()),
                SafeText.Cell(distance.BucketIndex.ToString(CultureInfo.InvariantCulture)),
                SafeText.Cell(distance.ToString()),
                SafeText.Cell(PeerTable.Role(peer.Features)));
        }

        context.Console.Write(table);
        return ExitCode.Success;
    }

    private static bool TryReadTarget(string text, out NodeId target)
    {
        if (CommsPublicKey.TryParse(text, out CommsPublicKey key))
        {
            target = NodeId.FromPublicKey(key);
            return true;
        }

        return NodeId.TryParse(text, out target);
    }
}
