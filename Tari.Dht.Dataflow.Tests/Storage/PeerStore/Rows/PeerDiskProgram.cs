using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>A process whose files can't grow for a while, as on a full disk, and that uses a peer store all the while.</summary>
internal static partial class PeerDiskProgram
{
    public const string Verb = "peer-disk";

    private const int FileSizeLimit = 1;
    private const int FileSizeSignal = 25;

    public static void Run(string[] arguments)
    {
        string path = arguments[0];

        // The process would be ended by a signal, rather than told by a result.
        using var ignored = PosixSignalRegistration.Create((PosixSignal)FileSizeSignal, context => context.Cancel = true);
        LimitFiles(bytes: 0);
        using (SqlitePeerStore store = SqlitePeerStore.Open(path, StoredPeers.Owner, NullLogger.Instance))
        {
            int id = 1;
            foreach (var peer in store.Load())
            {
                id++;
            }

            Print($"opened {store.WriteFailure?.Error.ToString() ?? "None"} {id - 1}");
            Print("write " + Write(store, id));
            LimitFiles(bytes: -1);
            Print("write " + Write(store, id));
        }

        Print("closed");
    }

    private static string Write(SqlitePeerStore store, int id)
    {
        try
        {
            store.Begin();
            store.Save(StoredPeers.Plain(id));
            store.Commit();
            return "None";
        }
        catch (DhtStorageException exception)
        {
            store.Rollback();
            return exception.Error.ToString();
        }
    }

    private static void LimitFiles(long bytes)
    {
        if (GetLimit(FileSizeLimit, out Limit limit) != 0)
        {
            throw new InvalidOperationException("There is no limit to be read.");
        }

        limit.Soft = bytes < 0 ? limit.Hard : (nuint)bytes;
        if (SetLimit(FileSizeLimit, limit) != 0)
        {
            throw new InvalidOperationException("The limit can't be set.");
        }
    }

    private static void Print(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
