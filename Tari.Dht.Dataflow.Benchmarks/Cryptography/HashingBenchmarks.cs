using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Benchmarks.Cryptography;

/// <summary>What does BLAKE2b-256 of one message take, by each path, beside libsodium? And of two messages at once?</summary>
[MemoryDiagnoser]
public class HashingBenchmarks
{
    private readonly byte[] _digest = new byte[32];
    private readonly byte[] _otherDigest = new byte[32];
    private byte[] _message = [];

    /// <summary>Bytes of the message: 6016 is an encrypted body of the usual size.</summary>
    [Params(64, 1024, 6016, 100_000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // Without this call libsodium stays with its portable code instead of its choice for the processor.
        if (sodium_init() < 0)
        {
            throw new InvalidOperationException("libsodium did not start.");
        }

        _message = new byte[Length];
        new Random(20240607).NextBytes(_message);
        string expected = Convert.ToHexString(Sodium());
        Check(expected, Ours(), nameof(Ours));
        Check(expected, Scalar(), nameof(Scalar));
        Check(expected, OursTwoMessages(), nameof(OursTwoMessages));
        Check(expected, _otherDigest, nameof(OursTwoMessages));
        if (Blake2bState.IsSupported(Blake2bPath.Avx2))
        {
            Check(expected, Avx2(), nameof(Avx2));
        }

        if (Blake2bState.IsSupported(Blake2bPath.Avx512))
        {
            Check(expected, Avx512(), nameof(Avx512));
        }
    }

    [Benchmark(Baseline = true)]
    public byte[] Sodium() =>
        crypto_generichash(_digest, (nuint)_digest.Length, _message, (ulong)_message.Length, 0, 0) == 0
            ? _digest
            : throw new InvalidOperationException("libsodium refused to hash.");

    /// <summary>The path that the library chooses here.</summary>
    [Benchmark]
    public byte[] Ours()
    {
        Blake2b.Hash(_message, _digest);
        return _digest;
    }

    [Benchmark]
    public byte[] Scalar() => By(Blake2bPath.Scalar);

    [Benchmark]
    public byte[] Avx2() => By(Blake2bPath.Avx2);

    [Benchmark]
    public byte[] Avx512() => By(Blake2bPath.Avx512);

    /// <summary>Two hashes: to be compared with twice <see cref="Ours"/>.</summary>
    [Benchmark]
    public byte[] OursTwoMessages()
    {
        var first = new Blake2bState(_digest.Length);
        var second = new Blake2bState(_otherDigest.Length);
        Blake2bState.UpdatePair(ref first, _message, ref second, _message);
        first.Finish(_digest);
        second.Finish(_otherDigest);
        return _digest;
    }

    private byte[] By(Blake2bPath path)
    {
        Blake2b.Hash(_message, _digest, path);
        return _digest;
    }

    private static void Check(string expected, byte[] actual, string name)
    {
        if (Convert.ToHexString(actual) != expected)
        {
            throw new InvalidOperationException($"{name} gives another digest than libsodium.");
        }
    }

    [DllImport("libsodium.so.23")]
    private static extern int crypto_generichash(
        byte[] output, nuint outputLength, byte[] input, ulong inputLength, nint key, nuint keyLength);

    [DllImport("libsodium.so.23")]
    private static extern int sodium_init();
}
