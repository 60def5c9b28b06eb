using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture]
internal sealed class DedupWriterTests
{
    private ManualTimeProvider _time = null!;
    private MemoryDedupStore _store = null!;
    private QueuedTaskScheduler _scheduler = null!;
    private LogRecorder _log = null!;
    private DedupCache _cache = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _store = new MemoryDedupStore();
        _scheduler = new QueuedTaskScheduler();
        _log = new LogRecorder();
        _cache = new DedupCache(
            new DedupCacheOptions { FlushBatch = 16, TimeProvider = _time, TaskScheduler = _scheduler, Logger = _log }, _store);
    }

    [TearDown]
    public async Task TearDown()
    {
        ValueTask disposal = _cache.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        await _cache.DisposeAsync();
        Assert.That(_store.IsDisposed, Is.True);
        _store.Dispose();
    }

    [Test]
    public void A_change_is_written_after_the_interval_and_not_before()
    {
        _cache.Hit(1);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.That(_scheduler.RunAll(), Is.Zero);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(_scheduler.RunAll(), Is.EqualTo(1));
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public void Nothing_wakes_while_nothing_changes()
    {
        _cache.Hit(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(_time.ArmedTimers, Is.EqualTo(1), "the trim's");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_scheduler.Queued, Is.Zero);
    }

    [Test]
    public void A_full_batch_is_written_without_waiting()
    {
        for (int key = 0; key < 16; key++)
        {
            Assert.That(_scheduler.Queued, Is.Zero);
            _cache.Hit(key);
        }

        Assert.That(_scheduler.RunAll(), Is.EqualTo(1));
        Assert.That(_store.Rows, Has.Count.EqualTo(16));
        Assert.That(_store.Commits, Is.EqualTo(1));
    }

    [Test]
    public void Repeated_hits_on_one_key_are_one_row()
    {
        for (int i = 0; i < 1000; i++)
        {
            _cache.Hit(1);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(_store.RowsWritten, Is.EqualTo(1));
        Assert.That(_store.Rows[0].Hits, Is.EqualTo(1000));
    }

    [Test]
    public void Changes_of_several_pages_are_one_transaction()
    {
        for (int key = 0; key < 3 * DedupPage.Size; key++)
        {
            _cache.Hit(key);
        }

        Assert.That(_scheduler.RunAll(), Is.EqualTo(1));
        Assert.That(_store.Commits, Is.EqualTo(1));
        Assert.That(_store.Rows, Has.Count.EqualTo(3 * DedupPage.Size));
    }

    [Test]
    public async Task FlushAsync_ends_when_all_that_came_before_is_written()
    {
        _cache.Hit(1);
        Task flush = _cache.FlushAsync();
        Assert.That(flush.IsCompleted, Is.False);
        _scheduler.RunAll();
        await flush;
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task FlushAsync_during_a_write_waits_for_another_one()
    {
        _cache.Hit(1);
        Task? second = null;
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _cache.Hit(1);
            second = _cache.FlushAsync();
        };
        Task first = _cache.FlushAsync();
        _scheduler.RunAll();
        await first;
        await second!;
        Assert.That(_store.Commits, Is.EqualTo(2));
        Assert.That(_store.Rows[0].Hits, Is.EqualTo(2));
    }

    [Test]
    public void A_hit_during_a_write_is_written_after_the_next_interval()
    {
        _cache.Hit(1);
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _cache.Hit(1);
        };
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(_store.Rows[0].Hits, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(_store.Rows[0].Hits, Is.EqualTo(2));
    }

    [Test]
    public void FlushAsync_can_be_left_without_ending_the_write()
    {
        _cache.Hit(1);
        using var source = new CancellationTokenSource();
        Task flush = _cache.FlushAsync(source.Token);
        source.Cancel();
        Assert.That(async () => await flush, Throws.InstanceOf<OperationCanceledException>());
        _scheduler.RunAll();
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task FlushAsync_without_changes_writes_nothing()
    {
        Task flush = _cache.FlushAsync();
        _scheduler.RunAll();
        await flush;
        Assert.That(_store.Commits, Is.Zero);
    }

    [TestCase(MemoryDedupStore.Failure.Begin)]
    [TestCase(MemoryDedupStore.Failure.Write)]
    [TestCase(MemoryDedupStore.Failure.Commit)]
    public void Failed_write_makes_every_hit_unavailable_until_an_attempt_succeeds_and_loses_nothing(object at)
    {
        _cache.Hit(1);
        _cache.Hit(1);
        _cache.Hit(2);
        _store.FailsAt = (MemoryDedupStore.Failure)at;
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.Multiple(() =>
        {
            Assert.That(_cache.IsAvailable, Is.False);
            Assert.That(_cache.Hit(1), Is.EqualTo(IDedupCache.Unavailable));
            Assert.That(_cache.Hit(3), Is.EqualTo(IDedupCache.Unavailable));
            Assert.That(_cache.HitCount(1), Is.EqualTo(2), "a refused hit is not counted");
            Assert.That(_cache.HitCount(3), Is.Zero);
            Assert.That(_store.Rows, Is.Empty);
            Assert.That(_store.Rollbacks, Is.EqualTo(1));
        });

        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(_store.Rollbacks, Is.EqualTo(2), "it is tried again after the interval");
        Assert.That(_cache.IsAvailable, Is.False);

        _store.FailsAt = MemoryDedupStore.Failure.None;
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.Multiple(() =>
        {
            Assert.That(_cache.IsAvailable, Is.True);
            Assert.That(_store.Rows.Values.Select(row => row.Hits), Is.EqualTo<uint>([2, 1]));
            Assert.That(_cache.Hit(1), Is.EqualTo(3));
        });
    }

    [Test]
    public void Failure_is_reported_at_most_once_in_ten_seconds_and_recovery_once()
    {
        _store.FailsAt = MemoryDedupStore.Failure.Commit;
        _cache.Hit(1);
        for (int second = 0; second < 25; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _scheduler.RunAll();
        }

        Assert.That(
            _log.Entries.Where(entry => entry.Id == StorageEventId.DedupWriteFailed).Select(entry => entry.Level),
            Is.EqualTo<LogLevel>([LogLevel.Warning, LogLevel.Warning, LogLevel.Warning]));
        _store.FailsAt = MemoryDedupStore.Failure.None;
        for (int second = 0; second < 5; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _scheduler.RunAll();
            _cache.Hit(1);
        }

        Assert.That(_log.Count(StorageEventId.DedupWriteRecovered), Is.EqualTo(1));
    }

    [Test]
    public void FlushAsync_that_fails_says_so()
    {
        _store.FailsAt = MemoryDedupStore.Failure.Commit;
        _cache.Hit(1);
        Task flush = _cache.FlushAsync();
        _scheduler.RunAll();
        Assert.That(
            async () => await flush,
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InputOutput));
        _store.FailsAt = MemoryDedupStore.Failure.None;
    }

    [Test]
    public async Task Dispose_writes_what_is_left()
    {
        _cache.Hit(1);
        ValueTask disposal = _cache.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
        Assert.That(_log.Count(StorageEventId.DedupLostOnClose), Is.Zero);
    }

    [Test]
    public async Task Dispose_during_a_write_waits_for_it_and_writes_the_rest()
    {
        _cache.Hit(1);
        ValueTask disposal = default;
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _cache.Hit(2);
            disposal = _cache.DisposeAsync();
            Assert.That(_store.IsDisposed, Is.False);
        };
        _time.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        await disposal;
        Assert.That(_store.Rows, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Dispose_that_cannot_write_does_not_throw_and_reports_the_loss()
    {
        _cache.Hit(1);
        _cache.Hit(2);
        _store.FailsAt = MemoryDedupStore.Failure.Write;
        ValueTask disposal = _cache.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        Assert.That(
            _log.Entries.Single(entry => entry.Id == StorageEventId.DedupLostOnClose).Text, Does.Contain("2 changes"));
    }

    [Test]
    public async Task FlushAsync_during_and_after_a_disposal_that_cannot_write_says_so()
    {
        _cache.Hit(1);
        _store.FailsAt = MemoryDedupStore.Failure.Commit;
        ValueTask disposal = _cache.DisposeAsync();
        Task during = _cache.FlushAsync();
        _scheduler.RunAll();
        await disposal;
        Assert.That(async () => await during, Throws.InstanceOf<DhtStorageException>());
        Assert.That(async () => await _cache.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
    }

    [Test]
    public async Task FlushAsync_during_and_after_a_disposal_that_writes_succeeds()
    {
        _cache.Hit(1);
        ValueTask disposal = _cache.DisposeAsync();
        Task during = _cache.FlushAsync();
        Assert.That(during.IsCompleted, Is.False);
        _scheduler.RunAll();
        await disposal;
        await during;
        await _cache.FlushAsync();
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public void Removed_entries_are_deleted_and_their_slots_are_written_over()
    {
        var store = new MemoryDedupStore();
        var cache = new DedupCache(
            new DedupCacheOptions
            {
                Capacity = 10,
                MinEntryAge = TimeSpan.Zero,
                TimeProvider = _time,
                TaskScheduler = new InlineTaskScheduler(),
            },
            store);
        for (int key = 0; key < 5000; key++)
        {
            cache.Hit(key);
            if (key % 7 == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                AssertSame(store, cache);
            }
        }

        Assert.That(store.Rows.Keys, Has.All.LessThan(200));
        store.Dispose();
    }

    private static void AssertSame(MemoryDedupStore store, DedupCache cache)
    {
        Assert.That(store.Rows, Has.Count.EqualTo(cache.Count));
        foreach (MemoryDedupStore.Row row in store.Rows.Values)
        {
            Assert.That(cache.GetHitCount(row.Key), Is.EqualTo(row.Hits));
        }
    }
}
