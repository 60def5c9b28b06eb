using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture(Behind.Nothing)]
[TestFixture(Behind.MemoryStore)]
[TestFixture(Behind.File)]
[Category(VectorFile.Category)]
internal sealed class DedupCacheVectorTests(DedupCacheVectorTests.Behind behind)
{
    private const string FileName = "dedup_cache.json";
    private const string Timed = "timed";
    private const string Growing = "growing";

    private TemporaryFolder _folder = null!;

    public enum Behind
    {
        Nothing,
        MemoryStore,
        File,
    }

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Every_kind_of_case_is_read() => VectorFile.AssertKinds(FileName, Timed, Growing);

    [TestCaseSource(nameof(Cases))]
    public async Task Cache_does_as_the_reference(JsonElement vector)
    {
        AssertFields(vector, "capacity", "expected", "kind", "min_entry_age_seconds", "name", "now", "ops");
        JsonElement expected = vector.GetProperty("expected");
        AssertFields(expected, "count", "entries", "entry_ranges", "results");
        long now = vector.GetProperty("now").GetInt64();
        var time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(now));
        var store = new MemoryDedupStore();
        var options = new DedupCacheOptions
        {
            Capacity = vector.GetProperty("capacity").GetInt32(),
            DatabasePath = behind == Behind.File ? _folder["dedup.db"] : null,
            TimeProvider = time,
            TaskScheduler = new InlineTaskScheduler(),
        };
        if (vector.Optional("min_entry_age_seconds") is { } age)
        {
            options = options with { MinEntryAge = TimeSpan.FromSeconds(age.GetInt32()) };
        }

        DedupCache cache = behind == Behind.MemoryStore ? new DedupCache(options, store) : DedupCache.Open(options);
        JsonElement[] results = [.. expected.GetProperty("results").EnumerateArray()];
        JsonElement[] ops = [.. vector.GetProperty("ops").EnumerateArray()];
        Assert.That(results, Has.Length.EqualTo(ops.Length));
        for (int i = 0; i < ops.Length; i++)
        {
            await Run(cache, store, time, now, ops[i], results[i], $"operation {i}");
        }

        Assert.That(cache.Count, Is.EqualTo(expected.GetProperty("count").GetInt32()));
        List<(byte[] Key, JsonElement? Entry)> left = ExpectedEntries(expected);
        foreach ((byte[] key, JsonElement? entry) in left)
        {
            uint hits = cache.GetHitCount(key);
            uint? expectedHits = entry?.GetProperty("hits").GetUInt32();
            Assert.That(hits, expectedHits is { } exact ? Is.EqualTo(exact) : Is.Positive, Convert.ToHexString(key));
        }

        await cache.DisposeAsync();
        if (behind != Behind.Nothing)
        {
            AssertRows(behind == Behind.File ? DedupFile.ReadRows(options.DatabasePath!) : [.. store.Rows.Values], left, now);
        }
    }

    private static IEnumerable<TestCaseData> Cases() => VectorFile.Cases(FileName, Timed, Growing);

    private static async Task Run(
        DedupCache cache, MemoryDedupStore store, ManualTimeProvider time, long now, JsonElement op, JsonElement expected, string what)
    {
        switch (op.Text("op"))
        {
            case "hit_at":
                AssertFields(op, "at", "expires", "hash", "is_signed", "op", "sender");
                AssertFields(expected, "hits", "keep_until");
                SetClock(time, now + op.GetProperty("at").GetInt64());
                Assert.That(Hit(cache, op, now), Is.EqualTo(expected.GetProperty("hits").GetUInt32()), what);
                await cache.FlushAsync();
                if (store.Commits > 0)
                {
                    MemoryDedupStore.Row row = store.Rows.Values.Single(row => row.Key.AsSpan().SequenceEqual(op.Hex("hash")));
                    Assert.That(row.KeepUntil, Is.EqualTo(Ticks(now, expected.GetProperty("keep_until"))), what);
                }

                break;

            case "trim_at":
                AssertFields(op, "at", "op");
                AssertFields(expected, "removed");
                SetClock(time, now + op.GetProperty("at").GetInt64());
                Assert.That(cache.Trim(), Is.EqualTo(expected.GetProperty("removed").GetInt32()), what);
                break;

            case "add":
                AssertFields(op, "expires", "hash", "is_signed", "op", "sender");
                AssertFields(expected, "hits");
                Assert.That(Hit(cache, op, now), Is.EqualTo(expected.GetProperty("hits").GetUInt32()), what);
                time.Advance(TimeSpan.FromTicks(1));
                break;

            case "add_many":
                AssertFields(op, "expires", "from", "is_signed", "op", "prefix", "to");
                AssertFields(expected, "entries", "hits_of_each");
                AddMany(cache, time, op, expected, now, what);
                break;

            case "trim":
                AssertFields(op, "op");
                AssertFields(expected, "removed");
                Assert.That(cache.Trim(), Is.EqualTo(expected.GetProperty("removed").GetInt32()), what);
                break;

            case "hit_count":
                AssertFields(op, "hash", "op");
                AssertFields(expected, "hits");
                Assert.That(cache.GetHitCount(op.Hex("hash")), Is.EqualTo(expected.GetProperty("hits").GetUInt32()), what);
                break;

            default:
                Assert.Fail($"{what}: unknown operation '{op.Text("op")}'");
                break;
        }
    }

    private static void AddMany(DedupCache cache, ManualTimeProvider time, JsonElement op, JsonElement expected, long now, string what)
    {
        byte[] prefix = op.Hex("prefix");
        ulong? expires = Expires(op, now);
        bool isSigned = op.GetProperty("is_signed").GetBoolean();
        var hits = new HashSet<uint>();
        for (int number = op.GetProperty("from").GetInt32(); number < op.GetProperty("to").GetInt32(); number++)
        {
            hits.Add(cache.RecordHit(NumberedKey(prefix, number), Sender(0), expires, isSigned));
            time.Advance(TimeSpan.FromTicks(1));
        }

        Assert.That(hits, Is.EquivalentTo(expected.GetProperty("hits_of_each").EnumerateArray().Select(item => item.GetUInt32())), what);
        Assert.That(cache.Count, Is.EqualTo(expected.GetProperty("entries").GetInt32()), what);
    }

    private static uint Hit(DedupCache cache, JsonElement op, long now) =>
        cache.RecordHit(
            op.Hex("hash"),
            Sender(op.Optional("sender")?.GetInt64() ?? 0),
            Expires(op, now),
            op.GetProperty("is_signed").GetBoolean());

    private static ulong? Expires(JsonElement op, long now) => op.Optional("expires") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => ulong.Parse(text.GetString()!, CultureInfo.InvariantCulture),
        { } number => checked((ulong)(now + number.GetInt64())),
    };

    private static CommsPublicKey Sender(long number)
    {
        byte[] bytes = new byte[CommsPublicKey.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return new CommsPublicKey(bytes);
    }

    private static byte[] NumberedKey(byte[] prefix, int number)
    {
        byte[] key = [.. prefix, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(prefix.Length), number);
        return key;
    }

    private static void SetClock(ManualTimeProvider time, long seconds) =>
        time.ShiftWallClock(DateTimeOffset.FromUnixTimeSeconds(seconds) - time.GetUtcNow());

    private static long Ticks(long now, JsonElement relativeSeconds) => (now + relativeSeconds.GetInt64()) * TimeSpan.TicksPerSecond;

    private static List<(byte[] Key, JsonElement? Entry)> ExpectedEntries(JsonElement expected)
    {
        var entries = new List<(byte[], JsonElement?)>();
        if (expected.Optional("entries") is { } listed)
        {
            foreach (JsonElement entry in listed.EnumerateArray())
            {
                AssertFields(entry, "hash", "hits", "is_signed", "keep_until", "sender");
                entries.Add((entry.Hex("hash"), entry));
            }
        }

        if (expected.Optional("entry_ranges") is { } prefixes)
        {
            foreach (JsonProperty prefix in prefixes.EnumerateObject())
            {
                foreach (JsonElement range in prefix.Value.EnumerateArray())
                {
                    for (int number = range[0].GetInt32(); number < range[1].GetInt32(); number++)
                    {
                        entries.Add((NumberedKey(Convert.FromHexString(prefix.Name), number), null));
                    }
                }
            }
        }

        Assert.That(entries, Has.Count.EqualTo(expected.GetProperty("count").GetInt32()));
        return entries;
    }

    private static void AssertRows(List<MemoryDedupStore.Row> rows, List<(byte[] Key, JsonElement? Entry)> expected, long now)
    {
        Dictionary<string, MemoryDedupStore.Row> byKey = rows.ToDictionary(row => Convert.ToHexString(row.Key));
        Assert.That(byKey.Keys, Is.EquivalentTo(expected.Select(entry => Convert.ToHexString(entry.Key))));
        foreach ((byte[] key, JsonElement? given) in expected)
        {
            if (given is not { } entry)
            {
                continue;
            }

            MemoryDedupStore.Row row = byKey[Convert.ToHexString(key)];
            Assert.Multiple(() =>
            {
                Assert.That(row.Hits, Is.EqualTo(entry.GetProperty("hits").GetUInt32()));
                Assert.That(row.IsSigned, Is.EqualTo(entry.GetProperty("is_signed").GetBoolean()));

                // The vectors cut times down to whole seconds.
                long wholeSeconds = row.KeepUntil - (row.KeepUntil % TimeSpan.TicksPerSecond);
                Assert.That(wholeSeconds, Is.EqualTo(Ticks(now, entry.GetProperty("keep_until"))));
                Assert.That(row.Sender, Is.EqualTo(Sender(entry.GetProperty("sender").GetInt64())));
            });
        }
    }

    private static void AssertFields(JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(property => property.Name), Is.SubsetOf(known));
}
