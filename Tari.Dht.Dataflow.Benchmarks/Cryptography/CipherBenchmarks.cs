using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Platform = System.Security.Cryptography.ChaCha20Poly1305;

namespace Tari.Dht.Dataflow.Benchmarks.Cryptography;

/// <summary>
/// libsodium's cipher beside the platform's, with a new key for every message as the protocol has it, in u: the time of one
/// multiplication of a point by libsodium.
/// </summary>
[MemoryDiagnoser]
public class CipherBenchmarks
{
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _associatedData = new byte[32];
    private readonly byte[] _tag = new byte[16];
    private readonly byte[] _scalar = new byte[32];
    private readonly byte[] _point = new byte[32];
    private readonly byte[] _result = new byte[32];
    private byte[] _ciphertext = [];
    private byte[] _text = [];

    /// <summary>1 kB for comparison; bodies of the protocol are multiples of 6000 bytes.</summary>
    [Params(1024, 6000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        RistrettoScalar.Random(_scalar);
        Ristretto255.MultiplyBase(_scalar, _point);
        RistrettoScalar.Random(_scalar);
        RistrettoScalar.Random(_key);
        _ciphertext = new byte[Length];
        _text = new byte[Length];
        ChaCha20Poly1305.Encrypt(_key, _associatedData, _ciphertext, _tag);
        if (!Open() || _text.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw new InvalidOperationException("libsodium does not open what it sealed.");
        }

        PlatformOpen();
        if (_text.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw new InvalidOperationException("The platform opens another text than libsodium.");
        }
    }

    [Benchmark(Baseline = true, Description = "u: scalar · point")]
    public bool MultiplyPoint() => Ristretto255.TryMultiply(_scalar, _point, _result);

    // Opening destroys the ciphertext; the copy, a few hundredths of the whole, is part of both.
    [Benchmark(Description = "open, libsodium")]
    public bool Open()
    {
        _ciphertext.CopyTo(_text, 0);
        return ChaCha20Poly1305.TryDecrypt(_key, _associatedData, _text, _tag);
    }

    [Benchmark(Description = "open, platform")]
    public void PlatformOpen()
    {
        _ciphertext.CopyTo(_text, 0);
        using var cipher = new Platform(_key);
        cipher.Decrypt(_nonce, _text, _tag, _text, _associatedData);
    }

    [Benchmark(Description = "seal, libsodium")]
    public void Seal() => ChaCha20Poly1305.Encrypt(_key, _associatedData, _text, _result.AsSpan(0, 16));

    [Benchmark(Description = "seal, platform")]
    public void PlatformSeal()
    {
        using var cipher = new Platform(_key);
        cipher.Encrypt(_nonce, _text, _text, _result.AsSpan(0, 16), _associatedData);
    }
}
