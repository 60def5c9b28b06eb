using System.Globalization;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>Processes that are killed while they save and ban peers.</summary>
[TestFixture]
internal sealed class PeerManagerCrashTests
{
    [Test]
    public async Task Killed_while_writing_the_file_opens_again_with_every_confirmed_ban_and_seed_and_shows_one_instant()
    {
        using var folder = new TemporaryFolder();
        string path = folder["peers.db"];
        int rounds = LongRun.IsAsked ? 60 : 5;
        var doneByRound = new List<int>();
        int records = 0;
        for (int round = 0; round < rounds; round++)
        {
            (int flushed, int doing) = RunAndKill(path, round, lines: 3 + (round % 7 * 6));
            await using var manager = PeerManager.Open(new PeerManagerOptions { DatabasePath = path });
            int done = 0;
            while (PeerManagerCrashWriter.IsDone(manager, done, round))
            {
                done++;
            }

            Assert.That(done, Is.GreaterThanOrEqualTo(flushed).And.LessThanOrEqualTo(doing), $"round {round}");
            for (int operation = done; operation < doing; operation++)
            {
                Assert.That(PeerManagerCrashWriter.IsDone(manager, operation, round), Is.False,
                    $"round {round}: {operation} without {done}");
            }

            for (int past = 0; past < round; past++)
            {
                for (int operation = 0; operation < doneByRound[past]; operation++)
                {
                    Assert.That(PeerManagerCrashWriter.IsDone(manager, operation, past), $"round {past} has not changed since");
                }
            }

            doneByRound.Add(done);

            // Every fourth operation bans a peer that is there already.
            records += done - (done / 4);
            Assert.That(manager.Count, Is.EqualTo(records));
            Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        }
    }

    /// <summary>Lets a process write until it has printed some lines, then kills it.</summary>
    /// <returns>The operations that it reported as flushed, and those that it may have done.</returns>
    private static (int Flushed, int Doing) RunAndKill(string path, int round, int lines)
    {
        using var child = new ChildProcess(PeerManagerCrashWriter.Verb, path, round.ToString(CultureInfo.InvariantCulture));
        var read = new List<string>();
        for (int i = 0; i < lines; i++)
        {
            read.Add(child.ReadLine());
        }

        read.AddRange(child.Kill());
        return (Last(PeerManagerCrashWriter.Flushed), Last(PeerManagerCrashWriter.Doing));

        // The last line may have been cut short by the kill, but then it has no end and was not given.
        int Last(string what) => read
            .Select(line => line.Split(' '))
            .Where(parts => parts.Length == 2 && parts[0] == what)
            .Select(parts => int.Parse(parts[1], CultureInfo.InvariantCulture))
            .DefaultIfEmpty(0)
            .Max();
    }
}
