using Tari.Dht.Dataflow.Tests.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Tests;

/// <summary>What a second process does that a test has started; tests themselves are run by the test host.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case [DedupCrashWriter.Verb, .. string[] rest]:
                await DedupCrashWriter.RunAsync(rest);
                return 0;
            case [PeerManagerCrashWriter.Verb, .. string[] rest]:
                await PeerManagerCrashWriter.RunAsync(rest);
                return 0;
            case [PeerCrashWriter.Verb, .. string[] rest]:
                PeerCrashWriter.Run(rest);
                return 0;
            case [PeerDiskProgram.Verb, .. string[] rest]:
                PeerDiskProgram.Run(rest);
                return 0;
            default:
                await Console.Error.WriteLineAsync("Run the tests with 'dotnet test'.");
                return 1;
        }
    }
}
