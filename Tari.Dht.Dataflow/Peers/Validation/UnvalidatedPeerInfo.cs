using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>A peer as others describe it: a key and claims that are said to be its own. Nothing of it is checked.</summary>
/// <remarks>Immutable, thread safe. <see cref="DhtPeerValidator"/> makes a peer of it.</remarks>
public sealed class UnvalidatedPeerInfo
{
    /// <param name="publicKey">The peer's key; any 32 bytes.</param>
    /// <param name="claims">The claims, as many as there are.</param>
    /// <exception cref="ArgumentException">One of the claims is null.</exception>
    public UnvalidatedPeerInfo(in CommsPublicKey publicKey, ImmutableArray<PeerIdentityClaim> claims)
    {
        PublicKey = publicKey;
        Claims = claims.IsDefault ? [] : claims;
        foreach (PeerIdentityClaim? claim in Claims)
        {
            if (claim is null)
            {
                throw new ArgumentException("A claim is null.", nameof(claims));
            }
        }
    }

    /// <summary>The peer's key; any 32 bytes.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The claims, as many as there are.</summary>
    public ImmutableArray<PeerIdentityClaim> Claims { get; }

    /// <summary>The peer that a join, a discovery or a discovery response announces, with exactly one claim.</summary>
    /// <param name="message">The message.</param>
    /// <param name="info">The peer; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    internal static PeerClaimError TryConvert(in PeerClaimMessage message, out UnvalidatedPeerInfo? info)
    {
        PeerClaimError error = message.TryConvert(out CommsPublicKey publicKey, out PeerIdentityClaim? claim);
        info = claim is null ? null : new UnvalidatedPeerInfo(publicKey, [claim]);
        return error;
    }

    /// <summary>The peer behind an identity message that was passed on, with exactly one claim and at least one address.</summary>
    /// <param name="publicKey">The peer's key, which is not in the message.</param>
    /// <param name="message">The message.</param>
    /// <param name="info">The peer; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    internal static PeerClaimError TryConvert(in CommsPublicKey publicKey, in PeerIdentityMessage message, out UnvalidatedPeerInfo? info)
    {
        PeerClaimError error = message.TryConvert(out PeerIdentityClaim? claim);
        info = claim is null ? null : new UnvalidatedPeerInfo(publicKey, [claim]);
        return error;
    }
}
