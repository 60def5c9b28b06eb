using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>What a peer says about itself, and its signature under it.</summary>
/// <remarks>Immutable, thread safe; nothing is checked before <see cref="Verify"/>. Equality is that of all parts.</remarks>
public sealed class PeerIdentityClaim : IEquatable<PeerIdentityClaim>
{
    private readonly IdentitySignature _signature;

    /// <param name="addresses">The addresses; their order is signed.</param>
    /// <param name="features">What the peer offers.</param>
    /// <param name="signature">The signature.</param>
    public PeerIdentityClaim(ImmutableArray<Multiaddr> addresses, PeerFeatures features, in IdentitySignature signature)
    {
        Addresses = addresses.IsDefault ? [] : addresses;
        Features = features;
        _signature = signature;
    }

    /// <summary>The addresses, in the order in which they were signed.</summary>
    public ImmutableArray<Multiaddr> Addresses { get; }

    /// <summary>What the peer offers.</summary>
    public PeerFeatures Features { get; }

    /// <summary>The signature.</summary>
    public ref readonly IdentitySignature Signature => ref _signature;

    /// <summary>Whether the owner of a key made this claim.</summary>
    /// <remarks>Allocates nothing for a claim of up to 8 addresses.</remarks>
    /// <param name="publicKey">Whose claim it is said to be; any 32 bytes.</param>
    /// <param name="now">The clock of this node.</param>
    public IdentitySignatureStatus Verify(in CommsPublicKey publicKey, DateTimeOffset now)
    {
        AddressBuffer onStack = default;
        Span<ReadOnlyMemory<byte>> addresses = Addresses.Length <= AddressBuffer.Capacity
            ? ((Span<ReadOnlyMemory<byte>>)onStack)[..Addresses.Length]
            : new ReadOnlyMemory<byte>[Addresses.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = Addresses[i].Memory;
        }

        return _signature.Verify(publicKey, (uint)Features, addresses, now);
    }

    /// <inheritdoc/>
    public bool Equals(PeerIdentityClaim? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && Features == other.Features
            && _signature == other._signature
            && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerIdentityClaim);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_signature, Addresses.Length, Features);

    [InlineArray(Capacity)]
    private struct AddressBuffer
    {
        // Above the addresses that a claim may have by default, 5.
        public const int Capacity = 8;

        private ReadOnlyMemory<byte> _first;
    }
}
