using System.Globalization;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>A process that records hits until it is killed, and tells before and after each step how far it is.</summary>
internal static class DedupCrashWriter
{
    public const string Verb = "dedup-crash-writer";

    /// <summary>Printed before the hits up to a number are recorded.</summary>
    public const string Sending = "sending";

    /// <summary>Printed when the hits up to a number are in the file.</summary>
    public const string Flushed = "flushed";

    private const int Step = 700;

    /// <summary>
    /// The key of a hit. With <paramref name="keys"/> keys that take turns, a key's true count follows from the number of hits.
    /// </summary>
    public static int KeyOf(int hit, int round, int keys) => (round * 100_000_000) + (hit % keys);

    /// <summary>How often a key was hit after a number of hits.</summary>
    public static uint CountOf(int keyIndex, int hits, int keys) => (uint)((hits / keys) + (keyIndex < hits % keys ? 1 : 0));

    public static async Task RunAsync(string[] arguments)
    {
        string path = arguments[0];
        int capacity = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        int round = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        int keys = int.Parse(arguments[3], CultureInfo.InvariantCulture);

        // Writes by time and by number go on all the while, beside the awaited ones.
        await using var cache = DedupCache.Open(new DedupCacheOptions
        {
            DatabasePath = path,
            Capacity = capacity,
            FlushBatch = 64,
            FlushInterval = TimeSpan.FromMilliseconds(1),
        });
        for (int hit = 0; ;)
        {
            int end = hit + Step;
            Print(Sending, end);
            for (; hit < end; hit++)
            {
                cache.Hit(KeyOf(hit, round, keys), isSigned: hit % 3 == 0);
            }

            await cache.FlushAsync();
            Print(Flushed, end);
        }
    }

    private static void Print(string what, int hits)
    {
        Console.Out.WriteLine($"{what} {hits}");
        Console.Out.Flush();
    }
}
