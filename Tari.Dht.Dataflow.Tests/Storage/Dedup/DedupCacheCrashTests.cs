using System.Globalization;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>Processes that are killed while they write, and two processes that want one file.</summary>
[TestFixture]
internal sealed class DedupCacheCrashTests
{
    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _path = _folder["dedup.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Killed_while_writing_the_file_opens_again_with_every_flushed_hit_and_none_that_never_was()
    {
        const int Capacity = 50_000;
        const int Keys = 997;
        const int Rounds = 6;
        var flushedByRound = new List<int>();
        var sentByRound = new List<int>();
        var countsByRound = new List<uint[]>();
        for (int round = 0; round < Rounds; round++)
        {
            (int flushed, int sent) = RunAndKill(Capacity, round, Keys, lines: 3 + (round * 5));
            flushedByRound.Add(flushed);
            sentByRound.Add(sent);
            await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path, Capacity = Capacity });
            for (int past = 0; past <= round; past++)
            {
                uint[] counts = new uint[Keys];
                for (int key = 0; key < Keys; key++)
                {
                    counts[key] = cache.HitCount(DedupCrashWriter.KeyOf(key, past, Keys));
                    Assert.That(
                        counts[key],
                        Is.GreaterThanOrEqualTo(DedupCrashWriter.CountOf(key, flushedByRound[past], Keys))
                            .And.LessThanOrEqualTo(DedupCrashWriter.CountOf(key, sentByRound[past], Keys)),
                        $"round {past}, key {key}, opened after round {round}");
                }

                if (past < round)
                {
                    Assert.That(counts, Is.EqualTo(countsByRound[past]), $"round {past} has not changed since");
                }
                else
                {
                    countsByRound.Add(counts);
                }
            }
        }
    }

    [Test]
    public async Task Killed_while_entries_come_and_go_the_file_opens_again_within_its_bound()
    {
        const int Capacity = 30;
        const int Bound = 400;
        for (int round = 0; round < 4; round++)
        {
            (int flushed, int sent) = RunAndKill(Capacity, round, keys: 90_000_000, lines: 4 + (round * 4));
            await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path, Capacity = Capacity });
            Assert.That(cache.Count, Is.LessThanOrEqualTo(Bound).And.GreaterThan(100));
            int found = 0;
            for (int hit = 0; hit < sent; hit++)
            {
                uint count = cache.HitCount(DedupCrashWriter.KeyOf(hit, round, 90_000_000));
                Assert.That(count, Is.LessThanOrEqualTo(1));
                found += (int)count;
            }

            Assert.That(found, Is.Positive);
            Assert.That(flushed, Is.Positive);
        }
    }

    [Test]
    public async Task File_of_a_running_process_is_refused_at_once_and_opens_when_that_process_is_gone()
    {
        using (var child = new ChildProcess(DedupCrashWriter.Verb, _path, "50000", "0", "100"))
        {
            while (!child.ReadLine().StartsWith(DedupCrashWriter.Flushed, StringComparison.Ordinal))
            {
            }

            Assert.That(
                () => DedupCache.Open(new DedupCacheOptions { DatabasePath = _path }),
                Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InUse));

            // The refusal has not disturbed the owner: it goes on to write.
            while (!child.ReadLine().StartsWith(DedupCrashWriter.Flushed, StringComparison.Ordinal))
            {
            }

            child.Kill();
        }

        await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path });
        Assert.That(cache.Count, Is.EqualTo(100));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task File_refused_through_a_link_to_its_folder_stays_closed_to_other_processes()
    {
        string folder = _folder["real"], link = _folder["link"];
        Directory.CreateDirectory(folder);
        Directory.CreateSymbolicLink(link, folder);
        string path = Path.Combine(folder, "dedup.db");
        await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = path });

        Assert.That(
            () => DedupCache.Open(new DedupCacheOptions { DatabasePath = Path.Combine(link, "dedup.db") }),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InUse));

        // Had the refusal opened the file and closed it again, this process would have lost its lock.
        using var child = new ChildProcess(DedupCrashWriter.Verb, path, "50000", "0", "100");
        Assert.That(child.ReadLine, Throws.InvalidOperationException.With.Message.Contains("in use by another process"));
    }

    /// <summary>Lets a process write until it has printed some lines, then kills it.</summary>
    /// <returns>The hits that it reported as flushed, and those that it may have recorded.</returns>
    private (int Flushed, int Sent) RunAndKill(int capacity, int round, int keys, int lines)
    {
        using var child = new ChildProcess(
            DedupCrashWriter.Verb,
            _path,
            capacity.ToString(CultureInfo.InvariantCulture),
            round.ToString(CultureInfo.InvariantCulture),
            keys.ToString(CultureInfo.InvariantCulture));
        int flushed = 0;
        int sent = 0;
        for (int i = 0; i < lines; i++)
        {
            Take(child.ReadLine());
        }

        foreach (string line in child.Kill())
        {
            Take(line);
        }

        return (flushed, sent);

        void Take(string line)
        {
            string[] parts = line.Split(' ');

            if (parts is [DedupCrashWriter.Sending, var sending])
            {
                sent = Math.Max(sent, int.Parse(sending, CultureInfo.InvariantCulture));
            }
            else if (parts is [DedupCrashWriter.Flushed, var done])
            {
                flushed = Math.Max(flushed, int.Parse(done, CultureInfo.InvariantCulture));
            }
        }
    }
}
