using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture]
internal sealed class DedupCacheTests
{
    /// <summary>Enough for an unsigned entry to expire.</summary>
    private static readonly TimeSpan s_age = new(3, 11, 0);

    private readonly TimeSpan _tick = TimeSpan.FromTicks(1);
    private ManualTimeProvider _time = null!;
    private MemoryDedupStore _store = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _store = new MemoryDedupStore();
    }

    [TearDown]
    public void TearDown() => _store.Dispose();

    [Test]
    public async Task Three_byte_key_twice_and_the_empty_key_count_1_2_1()
    {
        await using DedupCache cache = Open(10);
        byte[] key = [1, 2, 3];
        Assert.Multiple(() =>
        {
            Assert.That(cache.RecordHit(key, DedupTraffic.Sender(0), null, true), Is.EqualTo(1));
            Assert.That(cache.RecordHit(key, DedupTraffic.Sender(0), null, true), Is.EqualTo(2));
            Assert.That(cache.RecordHit([], DedupTraffic.Sender(0), null, true), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Keys_that_differ_only_in_zeros_at_the_end_are_different_keys()
    {
        await using DedupCache cache = Open(10);
        for (int length = 0; length <= PaddedKey.MaxLength; length++)
        {
            Assert.That(cache.RecordHit(new byte[length], DedupTraffic.Sender(0), null, true), Is.EqualTo(1), $"{length} zeros");
        }

        Assert.That(cache.Count, Is.EqualTo(33));
    }

    [Test]
    public async Task Keys_of_more_than_32_bytes_are_the_callers_mistake()
    {
        await using DedupCache cache = Open(10);
        Assert.That(() => cache.RecordHit(new byte[33], DedupTraffic.Sender(0), null, true), Throws.ArgumentException);
        Assert.That(() => cache.GetHitCount(new byte[33]), Throws.ArgumentException);
    }

    [Test]
    public async Task GetHitCount_of_a_key_that_is_not_there_is_0_and_counts_nothing()
    {
        await using DedupCache cache = Open(10);
        Assert.That(cache.HitCount(1), Is.Zero);
        Assert.That(cache.Count, Is.Zero);
        cache.Hit(1);
        Assert.That(cache.HitCount(1), Is.EqualTo(1));
        Assert.That(cache.HitCount(1), Is.EqualTo(1));
    }

    [Test]
    public async Task Hits_stop_below_the_number_that_stands_for_a_failed_cache()
    {
        _store.Rows[0] = new MemoryDedupStore.Row(0, DedupTraffic.Key(1), DedupTraffic.Sender(1), uint.MaxValue - 3, 1, 1, Now(), true);
        await using DedupCache cache = Open(10);
        Assert.Multiple(() =>
        {
            Assert.That(cache.Hit(1), Is.EqualTo(uint.MaxValue - 2));
            Assert.That(cache.Hit(1), Is.EqualTo(uint.MaxValue - 1));
            Assert.That(cache.Hit(1), Is.EqualTo(uint.MaxValue - 1));
        });
    }

    [Test]
    public async Task Trim_of_twenty_keys_hit_twice_keeps_the_ten_newest_and_the_others_count_from_one_again()
    {
        await using DedupCache cache = Open(10, minEntryAge: TimeSpan.Zero);
        for (int key = 0; key < 20; key++)
        {
            Assert.That(cache.Hit(key), Is.EqualTo(1));
            Assert.That(cache.Hit(key), Is.EqualTo(2));
            _time.Advance(_tick);
        }

        Assert.That(cache.Trim(), Is.EqualTo(10));
        for (int key = 10; key < 20; key++)
        {
            Assert.That(cache.Hit(key), Is.EqualTo(3));
            _time.Advance(_tick);
        }

        for (int key = 0; key < 10; key++)
        {
            Assert.That(cache.Hit(key), Is.EqualTo(1));
            _time.Advance(_tick);
        }

        Assert.That(cache.Trim(), Is.EqualTo(10));
        for (int key = 10; key < 20; key++)
        {
            Assert.That(cache.Hit(key), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Capacity_ten_and_three_hundred_distinct_inserts_never_make_more_than_two_hundred_entries()
    {
        await using DedupCache cache = Open(10);
        for (int key = 0; key < 300; key++)
        {
            cache.Hit(key);
            Assert.That(cache.Count, Is.LessThanOrEqualTo(200));
            _time.Advance(_tick);
        }

        Assert.That(cache.Count, Is.EqualTo(100), "the 300th insert has just trimmed");
    }

    [Test]
    public async Task Twenty_fresh_entries_above_a_capacity_of_ten_stay()
    {
        await using DedupCache cache = Open(10);
        HitMany(cache, 0, 20);
        Assert.That(cache.Trim(), Is.Zero);
        Assert.That(cache.Count, Is.EqualTo(20));
    }

    [Test]
    public async Task Twenty_entries_at_age_are_trimmed_to_a_capacity_of_ten_the_oldest_first()
    {
        await using DedupCache cache = Open(10);
        HitMany(cache, 0, 20);
        _time.Advance(s_age);
        Assert.That(cache.Trim(), Is.EqualTo(10));
        AssertKeys(cache, 0, 10, present: false);
        AssertKeys(cache, 10, 20, present: true);
    }

    [Test]
    public async Task Equally_old_entries_go_in_the_order_in_which_they_came()
    {
        await using DedupCache cache = Open(1000);
        for (int key = 0; key < 5000; key++)
        {
            cache.Hit(key % 2 == 0 ? key : -key);
        }

        _time.Advance(s_age);
        Assert.That(cache.Trim(), Is.EqualTo(4000));
        for (int key = 0; key < 5000; key++)
        {
            Assert.That(cache.HitCount(key % 2 == 0 ? key : -key), Is.EqualTo(key < 4000 ? 0u : 1u));
        }
    }

    [Test]
    public async Task Equally_old_entries_in_reused_slots_still_go_in_the_order_in_which_they_came()
    {
        await using DedupCache cache = Open(10);
        HitMany(cache, 0, 20);
        _time.Advance(s_age);
        Assert.That(cache.Trim(), Is.EqualTo(10));
        _time.Advance(s_age);
        for (int key = 100; key < 160; key++)
        {
            cache.Hit(key);
        }

        _time.Advance(s_age);
        Assert.That(cache.Trim(), Is.EqualTo(60));
        AssertKeys(cache, 10, 20, present: false);
        AssertKeys(cache, 100, 150, present: false);
        AssertKeys(cache, 150, 160, present: true);
    }

    [Test]
    public async Task Signed_entry_that_expires_in_ten_hours_outlives_its_neighbours()
    {
        await using DedupCache cache = Open(1);
        cache.Hit(0);
        cache.Hit(1, expires: _time.ExpiresIn(TimeSpan.FromHours(10)));
        cache.Hit(2);
        _time.Advance(s_age);
        Assert.That(cache.Trim(), Is.EqualTo(2));
        Assert.That(cache.HitCount(1), Is.EqualTo(1));
    }

    [Test]
    public async Task Signed_expiry_in_a_hundred_hours_keeps_an_entry_for_a_day()
    {
        DedupCache cache = Open(10);
        long now = Now();
        cache.Hit(1, expires: _time.ExpiresIn(TimeSpan.FromHours(100)));
        await cache.DisposeAsync();
        Assert.That(_store.Rows[0].KeepUntil - now, Is.EqualTo(TimeSpan.FromHours(24).Ticks));
    }

    [Test]
    public async Task Unsigned_expiry_does_not_count_at_the_first_hit_nor_at_the_second()
    {
        await using DedupCache cache = Open(10);
        long now = Now();
        cache.Hit(1, isSigned: false, expires: _time.ExpiresIn(TimeSpan.FromHours(20)));
        await cache.FlushAsync();
        Assert.That(_store.Rows[0].KeepUntil - now, Is.EqualTo(new TimeSpan(3, 10, 0).Ticks));
        Assert.That(cache.Hit(1, isSigned: false, expires: _time.ExpiresIn(TimeSpan.FromHours(20))), Is.EqualTo(2));
        await cache.FlushAsync();
        Assert.That(_store.Rows[0].KeepUntil - now, Is.EqualTo(new TimeSpan(3, 10, 0).Ticks));
    }

    [Test]
    public async Task Two_hundred_and_fifty_oldest_of_260_expired_entries_go_in_one_trim()
    {
        // More than the ceiling's hundred: only a file can hold them, and the first trim does the work.
        await using DedupCache cache = OpenWith(10, Enumerable.Range(0, 260).Select(i => Row(i, Now() - s_age.Ticks + i, isSigned: true)));
        Assert.That(cache.Count, Is.EqualTo(10));
        AssertKeys(cache, 0, 250, present: false);
        AssertKeys(cache, 250, 260, present: true);
    }

    [Test]
    public async Task Three_hundred_and_fifty_fresh_entries_lose_exactly_the_250_least_recently_hit_unsigned_ones()
    {
        await using DedupCache cache = OpenWith(10, Enumerable.Range(0, 350).Select(i => Row(i, Now() + i, isSigned: i % 4 == 0)));
        Assert.That(cache.Count, Is.EqualTo(100));
        int unsigned = 0;
        for (int key = 0; key < 350; key++)
        {
            bool isSigned = key % 4 == 0;
            bool stays = isSigned || unsigned++ >= 250;
            Assert.That(cache.HitCount(key), Is.EqualTo(stays ? 1u : 0u), $"entry {key}");
        }
    }

    [Test]
    public async Task Signed_expiry_is_kept_through_a_hit_without_one_and_raised_by_a_later_one()
    {
        await using DedupCache cache = Open(10);
        cache.Hit(1, expires: _time.ExpiresIn(TimeSpan.FromHours(10)));
        await cache.FlushAsync();
        long first = _store.Rows[0].KeepUntil;
        Assert.That(cache.Hit(1), Is.EqualTo(2));
        await cache.FlushAsync();
        Assert.That(_store.Rows[0].KeepUntil, Is.EqualTo(first));
        Assert.That(cache.Hit(1, expires: _time.ExpiresIn(TimeSpan.FromHours(20))), Is.EqualTo(3));
        await cache.FlushAsync();
        Assert.That(_store.Rows[0].KeepUntil, Is.GreaterThan(first));
    }

    [Test]
    public async Task Later_hit_replaces_the_sender_and_leaves_the_signed_flag()
    {
        await using DedupCache cache = Open(10);
        cache.RecordHit(DedupTraffic.Key(1), DedupTraffic.Sender(1), null, isSigned: true);
        cache.RecordHit(DedupTraffic.Key(1), DedupTraffic.Sender(2), null, isSigned: false);
        await cache.FlushAsync();
        Assert.Multiple(() =>
        {
            Assert.That(_store.Rows[0].Sender, Is.EqualTo(DedupTraffic.Sender(2)));
            Assert.That(_store.Rows[0].IsSigned, Is.True);
            Assert.That(_store.Rows[0].Hits, Is.EqualTo(2));
        });
    }

    [Test]
    public async Task Fifteen_entries_of_which_even_ones_are_unsigned_lose_the_five_oldest_unsigned_above_the_ceiling_of_ten()
    {
        await using DedupCache cache = Open(1);
        for (int key = 0; key < 15; key++)
        {
            cache.Hit(key, isSigned: key % 2 != 0);
            _time.Advance(_tick);
        }

        Assert.That(cache.Trim(), Is.EqualTo(5));
        Assert.That(cache.Count, Is.EqualTo(10));
        Assert.That(Enumerable.Range(0, 15).Where(key => cache.HitCount(key) == 0), Is.EqualTo<int>([0, 2, 4, 6, 8]));
    }

    [Test]
    public async Task Fifteen_entries_of_which_two_are_unsigned_lose_these_and_the_three_oldest_signed_ones()
    {
        await using DedupCache cache = Open(1);
        for (int key = 0; key < 15; key++)
        {
            cache.Hit(key, isSigned: key > 1);
            _time.Advance(_tick);
        }

        Assert.That(cache.Trim(), Is.EqualTo(5));
        Assert.That(Enumerable.Range(0, 15).Where(key => cache.HitCount(key) == 0), Is.EqualTo<int>([0, 1, 2, 3, 4]));
    }

    [Test]
    public async Task Trim_requested_while_one_runs_returns_0_and_makes_the_running_one_do_another_pass()
    {
        // A trim asks the clock once per pass: that is where the second request comes in.
        var time = new InterruptingTimeProvider();
        await using var cache = DedupCache.Open(new DedupCacheOptions
        {
            Capacity = 10,
            MinEntryAge = TimeSpan.FromMinutes(1),
            TimeProvider = time,
            TaskScheduler = new InlineTaskScheduler(),
        });
        for (int key = 0; key < 20; key++)
        {
            cache.Hit(key);
        }

        int? inner = null;
        int countMeanwhile = 0;
        time.Interrupt = () =>
        {
            time.Interrupt = null;
            inner = cache.Trim();
            countMeanwhile = cache.Count;
            time.AfterNextReading = () => time.Now += TimeSpan.FromMinutes(2);
        };
        int outer = cache.Trim();
        Assert.Multiple(() =>
        {
            Assert.That(inner, Is.Zero);
            Assert.That(countMeanwhile, Is.EqualTo(20));
            Assert.That(outer, Is.EqualTo(10), "the first pass finds nothing expired, the second one ten");
            Assert.That(cache.Count, Is.EqualTo(10));
        });

        time.Readings = 0;
        Assert.That(cache.Trim(), Is.Zero);
        Assert.That(time.Readings, Is.EqualTo(1), "no request is left: one pass");
    }

    [Test]
    public async Task Trim_that_fails_can_be_called_again()
    {
        var time = new InterruptingTimeProvider();
        await using var cache = DedupCache.Open(new DedupCacheOptions { Capacity = 10, MinEntryAge = TimeSpan.Zero, TimeProvider = time });
        for (int key = 0; key < 20; key++)
        {
            cache.Hit(key);
        }

        time.Interrupt = () => throw new InvalidOperationException("no clock");
        Assert.That(() => cache.Trim(), Throws.InvalidOperationException);
        time.Interrupt = null;
        Assert.That(cache.Trim(), Is.EqualTo(10));
    }

    [Test]
    public async Task Trim_by_time_is_done_even_if_the_scheduler_refuses_it()
    {
        var time = new ManualTimeProvider();
        await using var cache = DedupCache.Open(
            new DedupCacheOptions
            {
                Capacity = 10,
                MinEntryAge = TimeSpan.Zero,
                TimeProvider = time,
                TaskScheduler = new RefusingTaskScheduler(),
            });
        for (int key = 0; key < 20; key++)
        {
            cache.Hit(key);
        }

        for (time.Advance(new DedupCacheOptions().TrimInterval); cache.Count > 10; await Task.Yield())
        {
        }
    }

    [Test]
    public async Task Twenty_concurrent_hits_on_one_key_count_exactly_1_to_20()
    {
        await using DedupCache cache = Open(10);
        uint[] counts = await InParallel(20, _ => cache.Hit(7));
        Assert.That(counts.Order(), Is.EqualTo(Enumerable.Range(1, 20).Select(count => (uint)count)));
    }

    [Test]
    public async Task Hundred_concurrent_inserts_all_count_1()
    {
        await using DedupCache cache = Open(100);
        uint[] counts = await InParallel(100, key => cache.Hit(key));
        Assert.That(counts, Has.All.EqualTo(1u));
        Assert.That(cache.Count, Is.EqualTo(100));
    }

    [Test]
    public async Task First_trim_is_done_at_the_start_and_the_next_ones_after_each_interval_from_the_end_of_the_last()
    {
        var scheduler = new QueuedTaskScheduler();
        await using var cache = DedupCache.Open(new DedupCacheOptions
        {
            Capacity = 10,
            MinEntryAge = TimeSpan.Zero,
            TrimInterval = TimeSpan.FromHours(1),
            TimeProvider = _time,
            TaskScheduler = scheduler,
        });
        HitMany(cache, 0, 20);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.That(scheduler.Queued, Is.Zero);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(scheduler.Queued, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromHours(5));
        Assert.That(scheduler.Queued, Is.EqualTo(1), "a tick that is late is not made up for");
        scheduler.RunAll();
        Assert.That(cache.Count, Is.EqualTo(10));
        HitMany(cache, 20, 40);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.That(scheduler.Queued, Is.Zero, "it delays the following ones");
        _time.Advance(TimeSpan.FromMinutes(1));
        scheduler.RunAll();
        Assert.That(cache.Count, Is.EqualTo(10));
    }

    [Test]
    public async Task Dispose_leaves_no_timer_and_refuses_hits()
    {
        DedupCache cache = Open(10);
        cache.Hit(1);
        await cache.DisposeAsync();
        await cache.DisposeAsync();
        Assert.Multiple(() =>
        {
            Assert.That(_time.ArmedTimers, Is.Zero);
            Assert.That(cache.Hit(1), Is.EqualTo(IDedupCache.Unavailable));
            Assert.That(cache.IsAvailable, Is.False);
            Assert.That(cache.Trim(), Is.Zero);
            Assert.That(_store.IsDisposed, Is.True);
        });
    }

    [Test]
    public async Task Removals_above_the_ceiling_are_reported_at_most_once_in_ten_seconds()
    {
        var log = new LogRecorder();
        await using var cache = DedupCache.Open(new DedupCacheOptions { Capacity = 1, TimeProvider = _time, Logger = log });
        for (int round = 0; round < 3; round++)
        {
            HitMany(cache, round * 20, (round * 20) + 20);
            cache.Trim();
        }

        Assert.That(log.Count(StorageEventId.DedupAboveCeiling), Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(10));
        HitMany(cache, 60, 80);
        cache.Trim();
        Assert.That(log.Count(StorageEventId.DedupAboveCeiling), Is.EqualTo(2));
    }

    [Test]
    public async Task A_clock_set_back_neither_shortens_an_entrys_life_nor_upsets_the_order()
    {
        await using DedupCache cache = Open(10, minEntryAge: TimeSpan.Zero);
        cache.Hit(0);
        await cache.FlushAsync();
        long before = _store.Rows[0].KeepUntil;
        _time.ShiftWallClock(TimeSpan.FromDays(-1));
        cache.Hit(0);
        HitMany(cache, 1, 20);
        await cache.FlushAsync();
        Assert.That(_store.Rows[0].KeepUntil, Is.EqualTo(before));
        Assert.That(cache.Trim(), Is.EqualTo(10), "the nineteen that came after the shift have expired");
        Assert.That(cache.HitCount(0), Is.EqualTo(2));
        AssertKeys(cache, 1, 11, present: false);
        AssertKeys(cache, 11, 20, present: true);
    }

    private static async Task<uint[]> InParallel(int count, Func<int, uint> hit)
    {
        using var start = new Barrier(count);
        return await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return hit(i);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    private static void AssertKeys(DedupCache cache, int from, int to, bool present)
    {
        for (int key = from; key < to; key++)
        {
            Assert.That(cache.HitCount(key), present ? Is.Positive : Is.Zero, $"key {key}");
        }
    }

    private static MemoryDedupStore.Row Row(int number, long hitAt, bool isSigned) =>
        new(
            number,
            DedupTraffic.Key(number),
            DedupTraffic.Sender(number),
            1,
            hitAt,
            hitAt,
            hitAt + DedupRetention.MinEntryAgeTicks,
            isSigned);

    private void HitMany(DedupCache cache, int from, int to)
    {
        for (int key = from; key < to; key++)
        {
            cache.Hit(key);
            _time.Advance(_tick);
        }
    }

    private long Now() => _time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks;

    private DedupCache Open(int capacity, TimeSpan? minEntryAge = null)
    {
        var options = new DedupCacheOptions { Capacity = capacity, TimeProvider = _time, TaskScheduler = new InlineTaskScheduler() };
        return new DedupCache(minEntryAge is { } age ? options with { MinEntryAge = age } : options, _store);
    }

    private DedupCache OpenWith(int capacity, IEnumerable<MemoryDedupStore.Row> rows)
    {
        var store = new MemoryDedupStore();
        foreach (MemoryDedupStore.Row row in rows)
        {
            store.Rows[row.Slot] = row;
        }

        return new DedupCache(
            new DedupCacheOptions { Capacity = capacity, TimeProvider = _time, TaskScheduler = new InlineTaskScheduler() }, store);
    }

    private sealed class InterruptingTimeProvider : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public Action? Interrupt { get; set; }

        public Action? AfterNextReading { get; set; }

        public int Readings { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            Readings++;
            Interrupt?.Invoke();
            DateTimeOffset now = Now;
            Action? after = AfterNextReading;
            AfterNextReading = null;
            after?.Invoke();
            return now;
        }
    }
}
