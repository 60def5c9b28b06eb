using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>A process that writes batches of peers until it is killed, and tells before and after each how far it is.</summary>
internal static class PeerCrashWriter
{
    public const string Verb = "peer-crash-writer";

    /// <summary>Printed with the number of a batch before it is committed.</summary>
    public const string Committing = "committing";

    /// <summary>Printed with the number of a batch when it is committed.</summary>
    public const string Committed = "committed";

    private const int Ids = 400;

    public static void Run(string[] arguments)
    {
        string path = arguments[0];
        int first = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        using SqlitePeerStore store = SqlitePeerStore.Open(path, StoredPeers.Owner, NullLogger.Instance);
        for (int batch = first; ; batch++)
        {
            store.Begin();
            foreach ((long id, Peer? peer) in Changes(batch))
            {
                if (peer is null)
                {
                    store.Delete(id);
                }
                else
                {
                    store.Save(peer);
                }
            }

            Print(Committing, batch);
            store.Commit();
            Print(Committed, batch);
        }
    }

    /// <summary>What a batch does: it writes and deletes rows that follow from its number alone.</summary>
    public static IEnumerable<(long Id, Peer? Peer)> Changes(int batch)
    {
        var random = new Random(batch);
        for (int change = random.Next(1, 60); change > 0; change--)
        {
            long id = random.Next(1, Ids);
            yield return (id, random.Next(4) == 0 ? null : StoredPeers.Any(id, random));
        }

        // So that every prefix of the batches differs from the next one.
        yield return (Ids, StoredPeers.Plain(Ids) with { UserAgent = "batch " + batch.ToString(CultureInfo.InvariantCulture) });
    }

    private static void Print(string what, int batch)
    {
        Console.Out.WriteLine($"{what} {batch}");
        Console.Out.Flush();
    }
}
