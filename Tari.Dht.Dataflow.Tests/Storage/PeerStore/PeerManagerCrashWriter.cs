using System.Globalization;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>A process that saves and bans peers until it is killed, and tells before and after each step how far it is.</summary>
internal static class PeerManagerCrashWriter
{
    public const string Verb = "peer-manager-crash-writer";

    /// <summary>Printed before the operations up to a number are done.</summary>
    public const string Doing = "doing";

    /// <summary>Printed when the operations up to a number are in the file.</summary>
    public const string Flushed = "flushed";

    private const int Step = 50;

    /// <summary>The peer of an operation: each has its own.</summary>
    public static int NumberOf(int operation, int round) => (round * 1_000_000) + operation;

    /// <summary>By turns saves a node, bans an unknown key, saves a seed, and bans the node.</summary>
    public static void Do(PeerManager manager, int operation, int round)
    {
        int number = NumberOf(operation, round);
        switch (operation % 4)
        {
            case 0:
                manager.AddOrUpdatePeer(PeerMaker.Node(number, DateTimeOffset.UnixEpoch));
                break;
            case 1:
                manager.BanPeer(PeerMaker.Key(number), ulong.MaxValue, "unknown");
                break;
            case 2:
                manager.AddOrUpdatePeer(PeerMaker.Node(number, DateTimeOffset.UnixEpoch, flags: PeerFlags.Seed));
                break;
            default:
                manager.BanPeer(PeerMaker.Key(number - 3), ulong.MaxValue, "known");
                break;
        }
    }

    /// <summary>Whether an operation shows in a store.</summary>
    public static bool IsDone(PeerManager manager, int operation, int round)
    {
        Peer? peer = manager.Find(PeerMaker.Id(NumberOf(operation % 4 == 3 ? operation - 3 : operation, round)));
        return (operation % 4) switch
        {
            0 => peer is not null && peer.Addresses.Entries[0].Address == PeerMaker.Address(NumberOf(operation, round)),
            1 => peer is { BannedReason: "unknown" },
            2 => peer is { IsSeed: true },
            _ => peer is { BannedReason: "known" },
        };
    }

    public static async Task RunAsync(string[] arguments)
    {
        int round = int.Parse(arguments[1], CultureInfo.InvariantCulture);

        // Writes by time, by number and because of urgency go on all the while, beside the awaited ones.
        await using var manager = PeerManager.Open(new PeerManagerOptions
        {
            DatabasePath = arguments[0],
            FlushBatch = 16,
            FlushInterval = TimeSpan.FromMilliseconds(1),
        });
        for (int operation = 0; ;)
        {
            int end = operation + Step;
            Print(Doing, end);
            for (; operation < end; operation++)
            {
                Do(manager, operation, round);
            }

            await manager.FlushAsync();
            Print(Flushed, end);
        }
    }

    private static void Print(string what, int operations)
    {
        Console.Out.WriteLine($"{what} {operations}");
        Console.Out.Flush();
    }
}
