using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Benchmarks.Cryptography;

/// <summary>What the test of s·G = R + e·P costs in the ways there are, and its parts. The baseline is made of libsodium's functions.</summary>
[MemoryDiagnoser]
public class VerificationBenchmarks
{
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _nonce = new byte[32];
    private readonly byte[] _challenge = new byte[Schnorr.ChallengeLength];
    private readonly byte[] _e = new byte[32];
    private readonly byte[] _signature = new byte[32];
    private readonly byte[] _left = new byte[32];
    private readonly byte[] _right = new byte[32];

    [GlobalSetup]
    public void Setup()
    {
        byte[] secret = new byte[32];
        byte[] nonceSecret = new byte[32];
        RistrettoScalar.Random(secret);
        RistrettoScalar.Random(nonceSecret);
        Ristretto255.MultiplyBase(secret, _key);
        Ristretto255.MultiplyBase(nonceSecret, _nonce);
        new Random(1).NextBytes(_challenge);
        RistrettoScalar.ReduceWide(_challenge, _e);
        Schnorr.Sign(secret, nonceSecret, _challenge, _signature);
        if (!WithLibsodium() || !Verify() || !WithScalars() || !Decode())
        {
            throw new InvalidOperationException("What is to be timed gives a wrong result.");
        }
    }

    [Benchmark(Baseline = true, Description = "libsodium")]
    public bool WithLibsodium()
    {
        if (!RistrettoScalar.IsCanonical(_signature) || !Ristretto255.TryMultiply(_e, _key, _right))
        {
            return false;
        }

        Ristretto255.MultiplyBase(_signature, _left);
        return Ristretto255.TrySubtract(_left, _right, _left) && _left.AsSpan().SequenceEqual(_nonce);
    }

    [Benchmark(Description = "ours")]
    public bool Verify() => Schnorr.Verify(_key, _nonce, _challenge, _signature);

    [Benchmark(Description = "ours without vectors")]
    public bool WithScalars() => SchnorrEquation.Holds(_key, _nonce, _e, _signature, withVectors: false);

    [Benchmark(Description = "decode a point")]
    public bool Decode() => ExtendedPoint.TryDecode(_key, out _);

    [Benchmark(Description = "scalar as a fraction")]
    public bool Halve() => new HalfScalar(_e).IsNegative;
}
