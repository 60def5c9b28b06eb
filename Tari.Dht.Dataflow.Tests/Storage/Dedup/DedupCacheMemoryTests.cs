using System.Reflection;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>How much memory the cache takes, and that hits take none.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class DedupCacheMemoryTests
{
    [TestCase(10, 200)]
    [TestCase(1000, 10_100)]
    public async Task Flood_of_distinct_keys_never_makes_more_entries_than_the_ceiling_and_a_trim_step(int capacity, int bound)
    {
        var time = new ManualTimeProvider();
        await using var cache = DedupCache.Open(new DedupCacheOptions { Capacity = capacity, TimeProvider = time });
        int largest = 0;
        for (int key = 0; key < 100_000; key++)
        {
            cache.Hit(key, isSigned: key % 2 == 0);
            time.Advance(TimeSpan.FromTicks(1));
            largest = Math.Max(largest, cache.Count);
        }

        Assert.That(largest, Is.LessThan(bound).And.GreaterThanOrEqualTo(bound - 100 - 1), "the flood did reach the bound");
    }

    [Test]
    public async Task Flood_from_many_threads_keeps_the_bound_too()
    {
        await using var cache = DedupCache.Open(new DedupCacheOptions { Capacity = 10 });
        int[] largest = new int[8];
        Thread[] threads = [.. Enumerable.Range(0, largest.Length).Select(index => new Thread(() =>
        {
            for (int key = 0; key < 5000; key++)
            {
                cache.Hit((index * 5000) + key);
                largest[index] = Math.Max(largest[index], cache.Count);
                if (key % 100 == 0)
                {
                    cache.Trim();
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.That(largest, Has.All.LessThanOrEqualTo(200));
    }

    [Test]
    public async Task Hits_on_a_cache_that_has_reached_its_size_allocate_nothing([Values(false, true)] bool withFile)
    {
        using var folder = new TemporaryFolder();

        // The queue keeps the writer from running: what it allocates per write is not the hit's.
        var scheduler = new QueuedTaskScheduler();
        var cache = DedupCache.Open(new DedupCacheOptions
        {
            Capacity = 100,
            DatabasePath = withFile ? folder["dedup.db"] : null,
            TaskScheduler = scheduler,
        });
        byte[][] keys = [.. Enumerable.Range(0, 20_000).Select(DedupTraffic.Key)];
        HitAll(cache, keys);
        long before = GC.GetAllocatedBytesForCurrentThread();
        HitAll(cache, keys);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.Zero, "20 000 new entries, 20 000 repeated hits and 200 trims");
        ValueTask disposal = cache.DisposeAsync();
        scheduler.RunAll();
        await disposal;
    }

    [Test]
    public async Task Filling_200_000_entries_puts_nothing_on_the_large_object_heap()
    {
        await using var cache = DedupCache.Open(new DedupCacheOptions { Capacity = 200_000 });
        for (int key = 0; key < 200_000; key++)
        {
            cache.Hit(key);
        }

        var arrays = new List<Array>();
        Collect(cache, arrays, new HashSet<object>(ReferenceEqualityComparer.Instance));
        Assert.That(arrays, Has.Count.GreaterThan(800), "all columns of all pages were seen");

        long largest = arrays.Max(array => array.LongLength * ElementSize(array));
        Assert.That(largest, Is.LessThan(85_000));
        long total = arrays.Sum(array => array.LongLength * ElementSize(array));
        TestContext.Out.WriteLine($"{total / 200_000.0:F1} bytes per entry");
        Assert.That(total, Is.LessThan(200_000 * 115L), "bytes per entry, with the index");
    }

    private static void HitAll(DedupCache cache, byte[][] keys)
    {
        foreach (byte[] key in keys)
        {
            cache.RecordHit(key, DedupTraffic.Sender(1), null, isSigned: true);
            cache.RecordHit(key, DedupTraffic.Sender(2), null, isSigned: true);
        }
    }

    private static int ElementSize(Array array)
    {
        Type type = array.GetType().GetElementType()!;
        return type.IsValueType ? System.Runtime.InteropServices.Marshal.SizeOf(type) : IntPtr.Size;
    }

    /// <summary>All arrays that the cache's own objects hold.</summary>
    private static void Collect(object? item, List<Array> arrays, HashSet<object> seen)
    {
        if (item is null || !seen.Add(item))
        {
            return;
        }

        if (item is Array array)
        {
            arrays.Add(array);
            if (!array.GetType().GetElementType()!.IsValueType)
            {
                foreach (object? element in array)
                {
                    Collect(element, arrays, seen);
                }
            }

            return;
        }

        if (item.GetType().Namespace != typeof(DedupCache).Namespace)
        {
            return;
        }

        foreach (FieldInfo field in item.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (!field.FieldType.IsValueType)
            {
                Collect(field.GetValue(item), arrays, seen);
            }
        }
    }
}
