using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Benchmarks.Storage;

/// <summary>What a hit costs, for a new message and for a repeated one, in memory and with a file behind.</summary>
[MemoryDiagnoser]
public class DedupCacheBenchmarks
{
    private const int Count = 50_000;

    private readonly CommsPublicKey _sender = new(RandomNumberGenerator.GetBytes(CommsPublicKey.Length));
    private string _folder = null!;
    private byte[][] _keys = null!;
    private DedupCache _cache = null!;

    /// <summary>A file behind the cache.</summary>
    [Params(false, true)]
    public bool WithFile { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("dedup-benchmark-").FullName;
        _keys = MakeKeys(Count);
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [IterationSetup(Target = nameof(NewKeys))]
    public void OpenEmpty() => _cache = Open();

    [IterationSetup(Targets = [nameof(RepeatedKeys), nameof(AskForKeys)])]
    public void OpenFull()
    {
        _cache = Open();
        NewKeys();
        _cache.FlushAsync().GetAwaiter().GetResult();
    }

    [IterationCleanup]
    public void Close() => _cache.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Count)]
    public uint NewKeys()
    {
        uint sum = 0;
        foreach (byte[] key in _keys)
        {
            sum += _cache.RecordHit(key, _sender, null, isSigned: true);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public uint RepeatedKeys() => NewKeys();

    [Benchmark(OperationsPerInvoke = Count)]
    public uint AskForKeys()
    {
        uint sum = 0;
        foreach (byte[] key in _keys)
        {
            sum += _cache.GetHitCount(key);
        }

        return sum;
    }

    internal static byte[][] MakeKeys(int count)
    {
        byte[][] keys = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            keys[i] = RandomNumberGenerator.GetBytes(32);
        }

        return keys;
    }

    private DedupCache Open() =>
        DedupCache.Open(new DedupCacheOptions { DatabasePath = WithFile ? Path.Combine(_folder, Guid.NewGuid().ToString("N")) : null });
}

/// <summary>What the file costs: writing rows in the background, and reading them at the start.</summary>
[MemoryDiagnoser]
public class DedupFileBenchmarks
{
    private readonly CommsPublicKey _sender = new(RandomNumberGenerator.GetBytes(CommsPublicKey.Length));
    private string _folder = null!;
    private byte[][] _keys = null!;
    private DedupCache _cache = null!;

    /// <summary>Rows of the file, and rows changed per write.</summary>
    [Params(500, 50_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("dedup-benchmark-").FullName;
        _keys = DedupCacheBenchmarks.MakeKeys(Rows);
    }

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [GlobalSetup(Target = nameof(HitAndWrite))]
    public void OpenForWriting()
    {
        SetUp();
        _cache = Open();
    }

    [GlobalCleanup(Target = nameof(HitAndWrite))]
    public void CloseAfterWriting()
    {
        _cache.DisposeAsync().AsTask().GetAwaiter().GetResult();
        CleanUp();
    }

    [GlobalSetup(Target = nameof(OpenAndClose))]
    public async Task MakeFile()
    {
        SetUp();
        await using DedupCache cache = Open();
        Hit(cache);
    }

    /// <summary>All rows hit once and written.</summary>
    [Benchmark]
    public Task HitAndWrite()
    {
        Hit(_cache);
        return _cache.FlushAsync();
    }

    /// <summary>The file checked, read, and closed without a change.</summary>
    [Benchmark]
    public async Task<int> OpenAndClose()
    {
        await using DedupCache cache = Open();
        return cache.Count == Rows ? Rows : throw new InvalidOperationException("Rows are missing.");
    }

    private DedupCache Open() =>
        DedupCache.Open(new DedupCacheOptions { DatabasePath = Path.Combine(_folder, "dedup.db"), FlushBatch = int.MaxValue });

    private void Hit(DedupCache cache)
    {
        foreach (byte[] key in _keys)
        {
            cache.RecordHit(key, _sender, null, isSigned: true);
        }
    }
}

/// <summary>What a new message costs while a flood keeps the cache at its ceiling, trims included.</summary>
[MemoryDiagnoser]
public class DedupFloodBenchmarks
{
    private const int Count = 50_000;

    private readonly CommsPublicKey _sender = new(RandomNumberGenerator.GetBytes(CommsPublicKey.Length));
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private DedupCache _cache = null!;
    private long _number;

    [Params(1000, 50_000)]
    public int Capacity { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _cache = DedupCache.Open(new DedupCacheOptions { Capacity = Capacity });
        for (int i = 0; i < Capacity * 11; i += Count)
        {
            NewKeys();
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public uint NewKeys()
    {
        uint sum = 0;
        for (int i = 0; i < Count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(_key, _number++);
            sum += _cache.RecordHit(_key, _sender, null, isSigned: true);
        }

        return sum;
    }
}
