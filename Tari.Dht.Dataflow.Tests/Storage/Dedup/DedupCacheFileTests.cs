using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture]
internal sealed class DedupCacheFileTests
{
    private TemporaryFolder _folder = null!;
    private ManualTimeProvider _time = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _time = new ManualTimeProvider();
        _path = _folder["dedup.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Restart_keeps_counts_keep_until_and_the_signed_flag()
    {
        await using (DedupCache cache = Open())
        {
            cache.Hit(1, isSigned: true, expires: _time.ExpiresIn(TimeSpan.FromHours(10)));
            cache.Hit(1);
            cache.Hit(2, isSigned: false);
            Assert.That(cache.RecordHit([], DedupTraffic.Sender(3), null, true), Is.EqualTo(1));
        }

        List<MemoryDedupStore.Row> before = DedupFile.ReadRows(_path);
        Assert.That(before, Has.Count.EqualTo(3));
        await using (DedupCache cache = Open())
        {
            Assert.Multiple(() =>
            {
                Assert.That(cache.Count, Is.EqualTo(3));
                Assert.That(cache.HitCount(1), Is.EqualTo(2));
                Assert.That(cache.HitCount(2), Is.EqualTo(1));
                Assert.That(cache.GetHitCount([]), Is.EqualTo(1));
            });
        }

        List<MemoryDedupStore.Row> after = DedupFile.ReadRows(_path);
        Assert.That(after.Select(Text), Is.EqualTo(before.Select(Text)));
        await using (DedupCache cache = Open())
        {
            Assert.That(cache.Hit(1), Is.EqualTo(3));
            Assert.That(cache.Hit(2), Is.EqualTo(2));
        }

        static string Text(MemoryDedupStore.Row row) => (row with { Key = [] }) + Convert.ToHexString(row.Key);
    }

    [Test]
    public async Task Restart_after_the_entries_expired_trims_them_to_the_capacity()
    {
        await using (DedupCache cache = Open(capacity: 10))
        {
            for (int key = 0; key < 50; key++)
            {
                cache.Hit(key);
            }
        }

        _time.Advance(TimeSpan.FromHours(4));
        await using (DedupCache cache = Open(capacity: 10))
        {
            Assert.That(cache.Count, Is.EqualTo(10));
            Assert.That(cache.HitCount(49), Is.EqualTo(1));
        }

        Assert.That(DedupFile.ReadRows(_path), Has.Count.EqualTo(10));
    }

    [Test]
    public async Task Restart_with_a_lower_capacity_trims_to_the_new_ceiling()
    {
        await using (DedupCache cache = Open(capacity: 1000))
        {
            for (int key = 0; key < 9000; key++)
            {
                cache.Hit(key);
            }
        }

        await using (DedupCache cache = Open(capacity: 10))
        {
            Assert.That(cache.Count, Is.EqualTo(100));
            for (int key = 20_000; key < 21_000; key++)
            {
                Assert.That(cache.Hit(key), Is.EqualTo(1));
                Assert.That(cache.Count, Is.LessThanOrEqualTo(200));
            }
        }
    }

    [Test]
    public async Task Closed_file_has_no_log_beside_it()
    {
        await using (DedupCache cache = Open())
        {
            cache.Hit(1);
        }

        Assert.That(_folder.Snapshot().Keys, Is.EqualTo<string>([_path]));
    }

    [Test]
    public async Task File_that_was_only_looked_at_is_as_it_was()
    {
        await using (DedupCache cache = Open())
        {
            cache.Hit(1);
        }

        IReadOnlyDictionary<string, string> before = _folder.Snapshot();
        await using (DedupCache cache = Open())
        {
            Assert.That(cache.HitCount(1), Is.EqualTo(1));
        }

        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public async Task Dropped_table_makes_hits_unavailable_and_a_restored_one_makes_them_count_again()
    {
        SqliteDatabase database = SqliteDatabase.Open(_path, SqliteDedupStore.Schema);
        await using var cache = new DedupCache(Options(), new SqliteDedupStore(database));
        cache.Hit(1);
        await cache.FlushAsync();
        database.Execute("DROP TABLE dedup_cache");
        cache.Hit(1);
        Assert.That(
            async () => await cache.FlushAsync(),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Damaged));
        Assert.That(cache.Hit(1), Is.EqualTo(4_294_967_295));
        database.Execute(SqliteDedupStore.Schema.StepTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(cache.Hit(1), Is.EqualTo(3));
    }

    [Test]
    public async Task Full_disk_makes_hits_unavailable_until_there_is_room_and_loses_nothing()
    {
        SqliteDatabase database = SqliteDatabase.Open(_path, SqliteDedupStore.Schema);
        var cache = new DedupCache(Options(), new SqliteDedupStore(database));
        database.Execute("PRAGMA max_page_count = 4");
        for (int key = 0; key < 1000; key++)
        {
            cache.Hit(key);
        }

        Assert.That(
            async () => await cache.FlushAsync(),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InputOutput));
        Assert.That(cache.Hit(1), Is.EqualTo(IDedupCache.Unavailable));
        database.Execute("PRAGMA max_page_count = 100000");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(cache.IsAvailable, Is.True);
        await cache.DisposeAsync();
        int flushed = DedupFile.ReadRows(_path).Count;
        Assert.That(flushed, Is.GreaterThanOrEqualTo(512).And.LessThanOrEqualTo(1000));
        Assert.That(flushed, Is.EqualTo(cache.Count), "what was refused is not there, and all else is");
    }

    [Test]
    public async Task OpenAsync_opens_on_the_given_scheduler()
    {
        var scheduler = new QueuedTaskScheduler();
        Task<DedupCache> opening = DedupCache.OpenAsync(Options() with { TaskScheduler = scheduler });
        Assert.That(opening.IsCompleted, Is.False);
        scheduler.RunAll();
        DedupCache cache = await opening;
        Assert.That(cache.Hit(1), Is.EqualTo(1));
        ValueTask disposal = cache.DisposeAsync();
        scheduler.RunAll();
        await disposal;
    }

    [Test]
    public async Task Two_rows_of_one_key_as_a_crash_can_leave_them_become_the_later_one()
    {
        await using (DedupCache cache = Open())
        {
            cache.Hit(1);
            cache.Hit(1);
            cache.Hit(2);
        }

        const string Insert = "INSERT INTO dedup_cache SELECT";
        const string Rest = "last_hit_at, keep_until, is_signed FROM dedup_cache WHERE slot =";
        SqliteFiles.Execute(_path, $"{Insert} 5000, key, sender, 1, stored_at + 10, {Rest} 0");
        SqliteFiles.Execute(_path, $"{Insert} 5001, key, sender, 9, stored_at - 10, {Rest} 1");
        await using (DedupCache cache = Open())
        {
            Assert.Multiple(() =>
            {
                Assert.That(cache.Count, Is.EqualTo(2));
                Assert.That(cache.HitCount(1), Is.EqualTo(1));
                Assert.That(cache.HitCount(2), Is.EqualTo(1));
            });
        }

        Assert.That(DedupFile.ReadRows(_path).Select(row => row.Slot), Is.EqualTo<int>([1, 5000]));
    }

    private DedupCacheOptions Options(int capacity = 50_000) =>
        new() { Capacity = capacity, DatabasePath = _path, TimeProvider = _time, TaskScheduler = new InlineTaskScheduler() };

    private DedupCache Open(int capacity = 50_000) => DedupCache.Open(Options(capacity));
}
