using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>A process that is killed over and over while it writes.</summary>
[TestFixture]
internal sealed class SqlitePeerStoreCrashTests
{
    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _path = _folder["peers.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Killed_while_writing_the_file_opens_again_with_exactly_the_batches_up_to_one_that_was_begun()
    {
        var random = new Random(4);
        var model = new SortedDictionary<long, string>();
        int next = 0;
        for (int round = 0; round < (LongRun.IsAsked ? 60 : 8); round++)
        {
            (int committed, int begun) = RunAndKill(next, lines: random.Next(1, 120));
            using SqlitePeerStore store = SqlitePeerStore.Open(_path, StoredPeers.Owner, NullLogger.Instance);
            Assert.That(store.WriteFailure, Is.Null);
            string[] found = [.. store.Load().Select(StoredPeers.Describe)];
            Assert.That(store.Skipped, Is.Zero);

            while (next <= committed)
            {
                Apply(model, next++);
            }

            if (next <= begun && !found.SequenceEqual(model.Values))
            {
                Apply(model, next++);
            }

            Assert.That(found, Is.EqualTo(model.Values), $"round {round}, {committed} committed, {begun} begun");
        }

        Assert.That(next, Is.GreaterThan(20));
    }

    [Test]
    public void File_of_a_running_process_is_refused_and_opens_when_that_process_is_gone()
    {
        using (var child = new ChildProcess(PeerCrashWriter.Verb, _path, "0"))
        {
            while (!child.ReadLine().StartsWith(PeerCrashWriter.Committed, StringComparison.Ordinal))
            {
            }

            Assert.That(
                () => SqlitePeerStore.Open(_path, StoredPeers.Owner, NullLogger.Instance),
                Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InUse));
            child.Kill();
        }

        using SqlitePeerStore store = SqlitePeerStore.Open(_path, StoredPeers.Owner, NullLogger.Instance);
        Assert.That(store.Load(), Is.Not.Empty);
    }

    private static void Apply(SortedDictionary<long, string> model, int batch)
    {
        foreach ((long id, Peer? peer) in PeerCrashWriter.Changes(batch))
        {
            if (peer is null)
            {
                model.Remove(id);
            }
            else
            {
                model[id] = StoredPeers.Describe(peer);
            }
        }
    }

    /// <summary>Lets a process write until it has printed some lines, then kills it.</summary>
    /// <returns>The last batch that it reported as committed, and the last one that it may have committed.</returns>
    private (int Committed, int Begun) RunAndKill(int first, int lines)
    {
        using var child = new ChildProcess(PeerCrashWriter.Verb, _path, first.ToString(CultureInfo.InvariantCulture));
        int committed = first - 1, begun = first - 1;
        for (int i = 0; i < lines; i++)
        {
            Take(child.ReadLine());
        }

        foreach (string line in child.Kill())
        {
            Take(line);
        }

        return (committed, begun);

        void Take(string line)
        {
            string[] parts = line.Split(' ');
            if (parts is [PeerCrashWriter.Committing, var sending])
            {
                begun = Math.Max(begun, int.Parse(sending, CultureInfo.InvariantCulture));
            }
            else if (parts is [PeerCrashWriter.Committed, var done])
            {
                committed = Math.Max(committed, int.Parse(done, CultureInfo.InvariantCulture));
            }
        }
    }
}
