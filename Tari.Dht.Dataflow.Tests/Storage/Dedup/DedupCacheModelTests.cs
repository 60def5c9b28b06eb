using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>Long random runs against a model that does the same the slow and obvious way.</summary>
[TestFixture]
internal sealed class DedupCacheModelTests
{
    private const int Operations = 20_000;

    /// <summary>The last second of the calendar that the protocol reckons with.</summary>
    private const ulong LastExpiry = 8_210_266_876_799;

    private static readonly ulong[] s_edges = [0, 1, LastExpiry - 1, LastExpiry, LastExpiry + 1, long.MaxValue, ulong.MaxValue];

    private static IEnumerable<int> Seeds => LongRun.Seeds(1, 3);

    [Test]
    public async Task Cache_agrees_with_a_list_of_entries_through_random_hits_trims_and_clock_moves(
        [ValueSource(nameof(Seeds))] int seed, [Values(0, 3, 40, 1500)] int capacity, [Values(false, true)] bool withFile)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var time = new ManualTimeProvider();
        var model = new Model(capacity);
        var options = new DedupCacheOptions
        {
            Capacity = capacity,

            // Later than the run ends: the model has no trim by time.
            TrimInterval = TimeSpan.FromDays(49),
            DatabasePath = withFile ? folder["dedup.db"] : null,
            TimeProvider = time,
            TaskScheduler = new InlineTaskScheduler(),
        };
        DedupCache cache = DedupCache.Open(options);
        int keys = (capacity * 15) + 300;
        for (int i = 0; i < Operations; i++)
        {
            switch (random.Next(1000))
            {
                case < 3:
                    Assert.That(cache.Trim(), Is.EqualTo(model.Trim(time)), $"trim, operation {i}");
                    break;
                case < 6:
                    time.Advance(TimeSpan.FromMinutes(random.Next(200)));
                    break;
                case < 7:
                    time.ShiftWallClock(TimeSpan.FromMinutes(random.Next(-30, 30)));
                    break;
                case < 9 when withFile:
                    await cache.DisposeAsync();
                    cache = DedupCache.Open(options);
                    model.Restart(time);
                    break;
                case < 60:
                    int asked = random.Next(keys);
                    Assert.That(cache.HitCount(asked), Is.EqualTo(model.HitCount(asked)), $"count, operation {i}");
                    break;
                default:
                    // Half of the hits go to a few keys; the clock often stands still, so that entries are equally old.
                    int key = random.Next(2) == 0 ? random.Next(20) : random.Next(keys);
                    bool isSigned = random.Next(3) > 0;
                    ulong? expires = random.Next(30) switch
                    {
                        0 => s_edges[random.Next(s_edges.Length)],
                        <= 10 => time.ExpiresIn(TimeSpan.FromMinutes(random.Next(-100, 2000))),
                        _ => null,
                    };
                    uint expected = model.Hit(key, isSigned, expires, time);
                    Assert.That(cache.Hit(key, isSigned, expires), Is.EqualTo(expected), $"hit, operation {i}");
                    time.Advance(TimeSpan.FromTicks(random.Next(3)));
                    break;
            }

            Assert.That(cache.Count, Is.EqualTo(model.Count), $"operation {i}");
        }

        for (int key = 0; key < keys; key++)
        {
            Assert.That(cache.HitCount(key), Is.EqualTo(model.HitCount(key)), $"key {key}");
        }

        await cache.DisposeAsync();
        if (withFile)
        {
            Assert.That(
                DedupFile.ReadRows(options.DatabasePath!).Select(row =>
                    (Convert.ToHexString(row.Key), row.Hits, row.LastHitAt, row.KeepUntil, row.IsSigned)),
                Is.EquivalentTo(model.Entries.Select(entry =>
                    (Convert.ToHexString(DedupTraffic.Key(entry.Key)), entry.Hits, entry.LastHitAt, entry.KeepUntil, entry.IsSigned))));
        }
    }

    private sealed class Model(int capacity)
    {
        /// <summary>In the order of insertion, which the stable sorts below keep for equal times.</summary>
        private readonly List<Entry> _entries = [];
        private readonly Dictionary<int, Entry> _byKey = [];
        private long _added;

        public int Count => _entries.Count;

        public IEnumerable<Entry> Entries => _entries;

        public uint HitCount(int key) => _byKey.TryGetValue(key, out Entry? entry) ? entry.Hits : 0;

        public uint Hit(int key, bool isSigned, ulong? expires, TimeProvider time)
        {
            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset keepUntil = now + new TimeSpan(3, 10, 0);
            if (isSigned && expires is { } seconds and <= LastExpiry)
            {
                DateTimeOffset wanted = seconds > (ulong)now.AddDays(2).ToUnixTimeSeconds()
                    ? now.AddDays(1)
                    : DateTimeOffset.FromUnixTimeSeconds((long)seconds).AddMinutes(10);
                wanted = wanted < now.AddDays(1) ? wanted : now.AddDays(1);
                keepUntil = wanted > keepUntil ? wanted : keepUntil;
            }

            if (_byKey.TryGetValue(key, out Entry? entry))
            {
                entry.Hits++;
            }
            else
            {
                entry = new Entry { Key = key, Hits = 1, IsSigned = isSigned };
                _entries.Add(entry);
                _byKey.Add(key, entry);
            }

            entry.LastHitAt = Ticks(now);
            entry.KeepUntil = Math.Max(entry.KeepUntil, Ticks(keepUntil));
            if (entry.Hits == 1 && ++_added % Math.Max(capacity / 10, 100) == 0)
            {
                Trim(time);
            }

            return entry.Hits;
        }

        public int Trim(TimeProvider time)
        {
            long now = Ticks(time.GetUtcNow());
            int before = Count;
            Remove(_entries.Where(entry => entry.KeepUntil <= now).OrderBy(entry => entry.KeepUntil), Count - capacity);
            Remove(_entries.OrderBy(entry => entry.IsSigned).ThenBy(entry => entry.LastHitAt), Count - (capacity * 10));
            return before - Count;
        }

        public void Restart(TimeProvider time)
        {
            _added = 0;
            Trim(time);
        }

        private static long Ticks(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks;

        private void Remove(IEnumerable<Entry> victims, int limit)
        {
            var gone = victims.Take(Math.Max(0, limit)).ToHashSet();
            _entries.RemoveAll(gone.Contains);
            foreach (Entry entry in gone)
            {
                _byKey.Remove(entry.Key);
            }
        }
    }

    private sealed class Entry
    {
        public int Key { get; init; }

        public uint Hits { get; set; }

        public long LastHitAt { get; set; }

        public long KeepUntil { get; set; }

        public bool IsSigned { get; init; }
    }
}
