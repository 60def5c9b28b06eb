using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Who this node is: its keys, what it offers, where it can be reached, and its signature under that.</summary>
/// <remarks>
/// Owns the secret key, which is zeroed when this is disposed; what is signed afterwards fails, what is read stays. Thread safe: addresses,
/// features and signature change together, and <see cref="Claim"/> gives them as of one moment, always with a signature that verifies.
/// </remarks>
public sealed class NodeIdentity : IDisposable
{
    private const int NanosecondsPerTick = 100;

    private readonly Lock _gate = new();
    private readonly TimeProvider _timeProvider;
    private volatile PeerIdentityClaim _claim;

    /// <summary>An identity of <paramref name="secretKey"/> without an address.</summary>
    /// <param name="secretKey">The secret key; owned by the identity from here on.</param>
    /// <param name="features">What the node offers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The features have a bit without a meaning.</exception>
    public NodeIdentity(CommsSecretKey secretKey, PeerFeatures features = PeerFeatures.CommunicationNode)
        : this(secretKey, [], features)
    {
    }

    /// <summary>An identity of <paramref name="secretKey"/> with its addresses.</summary>
    /// <param name="secretKey">The secret key; owned by the identity from here on, and still the caller's if this throws.</param>
    /// <param name="addresses">Where the node can be reached, in the order in which to sign them; copied.</param>
    /// <param name="features">What the node offers.</param>
    /// <param name="signature">
    /// A signature made before, of these addresses and features by this key. One that peers would refuse, because it is of something else
    /// or comes from the future, is replaced by a new one, as is none.
    /// </param>
    /// <param name="timeProvider">The clock that dates signatures; the system's by default.</param>
    /// <exception cref="ArgumentException">An address can't be written as text, which every peer would refuse.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The features have a bit without a meaning.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public NodeIdentity(
        CommsSecretKey secretKey,
        ReadOnlySpan<Multiaddr> addresses,
        PeerFeatures features = PeerFeatures.CommunicationNode,
        IdentitySignature? signature = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(secretKey);
        ThrowIfUndefined(features);
        foreach (ref readonly Multiaddr address in addresses)
        {
            ThrowIfLossy(address, nameof(addresses));
        }

        _timeProvider = timeProvider ?? TimeProvider.System;
        SecretKey = secretKey;
        PublicKey = secretKey.PublicKey;
        NodeId = NodeId.FromPublicKey(PublicKey);
        ImmutableArray<Multiaddr> list = [.. addresses];
        _claim = signature is { } given && Verifies(given, features, list)
            ? new PeerIdentityClaim(list, features, given)
            : Signed(features, list);
    }

    /// <summary>The public key.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The place in the network.</summary>
    public NodeId NodeId { get; }

    /// <summary>What the node offers.</summary>
    public PeerFeatures Features => _claim.Features;

    /// <summary>Where the node can be reached, in the order in which the addresses are signed.</summary>
    public ImmutableArray<Multiaddr> PublicAddresses => _claim.Addresses;

    /// <summary>The signature under addresses and features.</summary>
    public ref readonly IdentitySignature Signature => ref _claim.Signature;

    /// <summary>Addresses, features and signature as of one moment; what the node tells its peers.</summary>
    public PeerIdentityClaim Claim => _claim;

    internal CommsSecretKey SecretKey { get; }

    /// <summary>A new random identity without an address.</summary>
    /// <param name="features">What the node offers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The features have a bit without a meaning.</exception>
    public static NodeIdentity Generate(PeerFeatures features = PeerFeatures.CommunicationNode) => Generate([], features);

    /// <summary>A new random identity with addresses.</summary>
    /// <param name="addresses">Where the node can be reached, in the order in which to sign them; copied.</param>
    /// <param name="features">What the node offers.</param>
    /// <param name="timeProvider">The clock that dates signatures; the system's by default.</param>
    /// <exception cref="ArgumentException">An address can't be written as text, which every peer would refuse.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The features have a bit without a meaning.</exception>
    public static NodeIdentity Generate(
        ReadOnlySpan<Multiaddr> addresses, PeerFeatures features = PeerFeatures.CommunicationNode, TimeProvider? timeProvider = null)
    {
        var secretKey = CommsSecretKey.Generate();
        try
        {
            return new NodeIdentity(secretKey, addresses, features, signature: null, timeProvider);
        }
        catch
        {
            secretKey.Dispose();
            throw;
        }
    }

    /// <summary>Adds an address after the others and signs anew; an address that is there already changes nothing.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="ArgumentException">The address can't be written as text, which every peer would refuse.</exception>
    /// <exception cref="ObjectDisposedException">The identity was disposed of; nothing has changed.</exception>
    public bool AddPublicAddress(in Multiaddr address)
    {
        ThrowIfLossy(address, nameof(address));
        lock (_gate)
        {
            PeerIdentityClaim claim = _claim;
            if (claim.Addresses.Contains(address))
            {
                return false;
            }

            _claim = Signed(claim.Features, claim.Addresses.Add(address));
            return true;
        }
    }

    /// <summary>Puts other addresses in the place of all and signs anew.</summary>
    /// <param name="addresses">The addresses, in the order in which to sign them; copied.</param>
    /// <returns>
    /// Whether they were taken. As many addresses as before, all of them known, change nothing: a new order alone keeps the old order and
    /// signature. The reference does so, and peers would see the difference.
    /// </returns>
    /// <exception cref="ArgumentException">An address can't be written as text, which every peer would refuse.</exception>
    /// <exception cref="ObjectDisposedException">The identity was disposed of; nothing has changed.</exception>
    public bool SetPublicAddresses(ReadOnlySpan<Multiaddr> addresses)
    {
        foreach (ref readonly Multiaddr address in addresses)
        {
            ThrowIfLossy(address, nameof(addresses));
        }

        lock (_gate)
        {
            PeerIdentityClaim claim = _claim;
            bool differs = addresses.Length != claim.Addresses.Length;
            for (int i = 0; i < addresses.Length && !differs; i++)
            {
                differs = !claim.Addresses.Contains(addresses[i]);
            }

            if (differs)
            {
                _claim = Signed(claim.Features, [.. addresses]);
            }

            return differs;
        }
    }

    /// <summary>Changes what the node offers and signs anew; the same features change nothing.</summary>
    /// <param name="features">The features.</param>
    /// <returns>Whether they were others before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The features have a bit without a meaning.</exception>
    /// <exception cref="ObjectDisposedException">The identity was disposed of; nothing has changed.</exception>
    public bool SetFeatures(PeerFeatures features)
    {
        ThrowIfUndefined(features);
        lock (_gate)
        {
            PeerIdentityClaim claim = _claim;
            if (claim.Features == features)
            {
                return false;
            }

            _claim = Signed(features, claim.Addresses);
            return true;
        }
    }

    /// <summary>Signs the same addresses and features again, as of now.</summary>
    /// <exception cref="ObjectDisposedException">The identity was disposed of; nothing has changed.</exception>
    public void Sign()
    {
        lock (_gate)
        {
            _claim = Signed(_claim.Features, _claim.Addresses);
        }
    }

    /// <summary>This node as a peer: its addresses come from its identity, with the <see cref="Claim"/> of this moment.</summary>
    public Peer ToPeer()
    {
        PeerIdentityClaim claim = _claim;
        return new Peer(PublicKey, claim.Features)
        {
            Addresses = MultiaddressesWithStats.FromAddresses(claim.Addresses.AsSpan(), PeerAddressSource.FromNodeIdentity(claim)),
        };
    }

    /// <summary>Zeroes the secret key. Harmless the second time.</summary>
    public void Dispose() => SecretKey.Dispose();

    /// <summary>Public key, node id, addresses and features on a line each; never the secret.</summary>
    public override string ToString()
    {
        PeerIdentityClaim claim = _claim;
        return $"""
            Public key: {PublicKey}
            Node id: {NodeId}
            Addresses: {string.Join(", ", claim.Addresses)}
            Features: {claim.Features}
            """;
    }

    private static void ThrowIfUndefined(PeerFeatures features)
    {
        if (!features.IsDefined())
        {
            throw new ArgumentOutOfRangeException(nameof(features), features, "The features have a bit without a meaning.");
        }
    }

    private static void ThrowIfLossy(in Multiaddr address, string name)
    {
        if (!address.TextReadsBack)
        {
            throw new ArgumentException("The text of the address does not read back to the same address.", name);
        }
    }

    private static ReadOnlyMemory<byte>[] Bytes(ImmutableArray<Multiaddr> addresses)
    {
        var bytes = new ReadOnlyMemory<byte>[addresses.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = addresses[i].Memory;
        }

        return bytes;
    }

    private bool Verifies(in IdentitySignature signature, PeerFeatures features, ImmutableArray<Multiaddr> addresses) =>
        signature.Verify(PublicKey, (uint)features, Bytes(addresses), _timeProvider.GetUtcNow()) == IdentitySignatureStatus.Ok;

    private PeerIdentityClaim Signed(PeerFeatures features, ImmutableArray<Multiaddr> addresses)
    {
        // The part of a second is not signed, but tells this node's own signatures of one second apart.
        DateTimeOffset now = _timeProvider.GetUtcNow();
        DateTimeOffset date = now < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : now;
        int nanoseconds = (int)(date.UtcTicks % TimeSpan.TicksPerSecond) * NanosecondsPerTick;
        IdentitySignature signed = IdentitySignature.Sign(SecretKey, (uint)features, Bytes(addresses), date.ToUnixTimeSeconds());
        var signature = new IdentitySignature(signed.Version, signed.PublicNonce, signed.Scalar, signed.UpdatedAt, nanoseconds);
        return new PeerIdentityClaim(addresses, features, signature);
    }
}
