using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Peers;

/// <summary>What the validation of a claim costs, beside its signature and u.</summary>
[MemoryDiagnoser]
public class ClaimBenchmarks
{
    // Twice as many as are remembered, so that each is forgotten when its turn comes again.
    private const int NewClaims = 8192;

    private readonly PeerValidator _validator = new(new PeerValidatorConfig());
    private readonly byte[] _scalar = new byte[32];
    private readonly byte[] _result = new byte[32];
    private CommsPublicKey _key;
    private PeerIdentityClaim _claim = null!;
    private PeerIdentityClaim[] _newClaims = null!;
    private int _next;

    /// <summary>Addresses of the claim.</summary>
    [Params(1, 5)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        RistrettoScalar.Random(_scalar);
        _key = Parties.Another.PublicKey;
        _claim = SignedClaim.Create(Parties.Another, Addresses);
        _newClaims = new PeerIdentityClaim[NewClaims];
        for (int i = 0; i < NewClaims; i++)
        {
            _newClaims[i] = SignedClaim.Create(Parties.Another, Addresses);
        }

        if (Validate(_claim).Length != Addresses || Verify() != IdentitySignatureStatus.Ok)
        {
            throw new InvalidOperationException("A valid claim is refused.");
        }
    }

    [Benchmark(Baseline = true, Description = "u: scalar · point")]
    public bool MultiplyPoint() => Ristretto255.TryMultiply(_scalar, _key.Bytes, _result);

    /// <summary>A claim that came before.</summary>
    [Benchmark]
    public IdentitySignatureStatus Verify() => _claim.Verify(_key, DateTimeOffset.UtcNow);

    [Benchmark]
    public IdentitySignatureStatus VerifyNew() => Next().Verify(_key, DateTimeOffset.UtcNow);

    [Benchmark]
    public ImmutableArray<Multiaddr> ValidateNew() => Validate(Next());

    private PeerIdentityClaim Next()
    {
        _next = (_next + 1) % NewClaims;
        return _newClaims[_next];
    }

    private ImmutableArray<Multiaddr> Validate(PeerIdentityClaim claim)
    {
        _validator.CheckClaim(_key, claim, out ImmutableArray<Multiaddr> permitted);
        return permitted;
    }
}
