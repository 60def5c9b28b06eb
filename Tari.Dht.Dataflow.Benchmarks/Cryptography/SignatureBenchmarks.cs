using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Benchmarks.Cryptography;

/// <summary>What keys and signatures cost, in u: the time of one multiplication of a point by libsodium, which is the baseline.</summary>
[MemoryDiagnoser]
public class SignatureBenchmarks
{
    private readonly byte[] _message = new byte[32];
    private readonly byte[] _shared = new byte[32];
    private readonly byte[] _point = new byte[32];
    private readonly byte[] _scalar = new byte[32];
    private readonly byte[] _result = new byte[32];
    private readonly byte[] _masks = new byte[16 * 32];
    private readonly bool[] _invertible = new bool[16];
    private CommsSecretKey _key = null!;
    private CommsPublicKey _publicKey;
    private MessageSignature _signature;
    private MessageSignature _forgery;

    [GlobalSetup]
    public void Setup()
    {
        _key = CommsSecretKey.Generate();
        _publicKey = _key.PublicKey;
        RistrettoScalar.Random(_scalar);
        Ristretto255.MultiplyBase(_scalar, _point);
        RistrettoScalar.Random(_scalar);
        for (int i = 0; i < _invertible.Length; i++)
        {
            RistrettoScalar.Random(_masks.AsSpan(i * 32, 32));
        }

        _signature = MessageSignature.Sign(_key, _message);
        _forgery = new MessageSignature(_signature.Signer, _signature.PublicNonce, _scalar);
        Check(Verify() == MessageSignatureError.None);
        Check(!RefuseForgery());
        Check(VerifyForgery() == MessageSignatureError.InvalidSignature);
        Check(Sign().Verify(_message) == MessageSignatureError.None);
        Check(Agree());

        byte[] once = [.. _masks];
        KeyMask.InvertBatch(once, _invertible);
        Check(RistrettoScalar.TryInvert(_masks.AsSpan(0, 32), _result) && once.AsSpan(0, 32).SequenceEqual(_result));
    }

    [GlobalCleanup]
    public void Cleanup() => _key.Dispose();

    [Benchmark(Baseline = true, Description = "u: scalar · point")]
    public bool MultiplyPoint() => Ristretto255.TryMultiply(_scalar, _point, _result);

    [Benchmark(Description = "scalar · G")]
    public void MultiplyBase() => Ristretto255.MultiplyBase(_scalar, _result);

    [Benchmark(Description = "point - point")]
    public bool Subtract() => Ristretto255.TrySubtract(_point, _point, _result);

    [Benchmark(Description = "verify a message")]
    public MessageSignatureError Verify() => _signature.Verify(_message);

    [Benchmark(Description = "refuse a forgery")]
    public bool RefuseForgery() => _forgery.IsValid(_message);

    [Benchmark(Description = "refuse a forgery, say why")]
    public MessageSignatureError VerifyForgery() => _forgery.Verify(_message);

    [Benchmark(Description = "sign a message")]
    public MessageSignature Sign() => MessageSignature.Sign(_key, _message);

    [Benchmark(Description = "shared secret")]
    public bool Agree() => KeyExchange.TryAgree(_key.Scalar, _publicKey, _shared);

    [Benchmark(Description = "mask a key, sender")]
    public CommsPublicKey Mask() => KeyMask.Mask(_scalar, _key.Scalar, _result);

    [Benchmark(Description = "unmask a key, recipient")]
    public bool Unmask() => KeyMask.TryUnmask(_scalar, _publicKey, out _);

    [Benchmark(Description = "inverse alone")]
    public bool Invert() => RistrettoScalar.TryInvert(_scalar, _result);

    // Inverting twice gives the masks back, so that what is timed never changes.
    [Benchmark(OperationsPerInvoke = 8, Description = "inverse, one of 8")]
    public void InvertBatchOf8() => KeyMask.InvertBatch(_masks.AsSpan(0, 8 * 32), _invertible.AsSpan(0, 8));

    [Benchmark(OperationsPerInvoke = 16, Description = "inverse, one of 16")]
    public void InvertBatchOf16() => KeyMask.InvertBatch(_masks, _invertible);

    private static void Check(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("What is to be timed gives a wrong result.");
        }
    }
}
