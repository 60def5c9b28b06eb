using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Checks peers that others describe: in joins, discoveries and lists of peers.</summary>
/// <remarks>Thread safe. Nothing is stored here. What a peer sent never raises an exception.</remarks>
public sealed class DhtPeerValidator
{
    /// <summary>Claims that one peer may have by default (<c>max_permitted_peer_claims</c>).</summary>
    public const int DefaultMaxPermittedPeerClaims = 5;

    private readonly PeerValidator _validator;
    private readonly int _maxPermittedPeerClaims;
    private readonly TimeProvider _timeProvider;

    /// <param name="config">What a peer may say of itself.</param>
    /// <param name="maxPermittedPeerClaims">Claims that one peer may have, 0 or more.</param>
    /// <param name="timeProvider">The clock; the system's if not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public DhtPeerValidator(
        PeerValidatorConfig config, int maxPermittedPeerClaims = DefaultMaxPermittedPeerClaims, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxPermittedPeerClaims);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _validator = new PeerValidator(config, _timeProvider);
        _maxPermittedPeerClaims = maxPermittedPeerClaims;
    }

    /// <summary>Checks all claims of a peer and merges their addresses into its record.</summary>
    /// <remarks>
    /// A failure of any claim is one of the whole. A record that is known keeps its features, flags and ban whatever the claims say; a new
    /// one takes its features from the latest claim. A claim that is known already is not verified again: whoever stores claims has checked
    /// them.
    /// </remarks>
    /// <param name="info">The peer as described.</param>
    /// <param name="existing">What is known of the peer; null for nothing. It stays as it is.</param>
    /// <param name="peer">The record to store; null on failure.</param>
    public DhtPeerValidatorError Validate(UnvalidatedPeerInfo info, Peer? existing, out Peer? peer) =>
        Validate(info, existing, isForStore: false, out peer);

    /// <summary>Checks all claims of a peer and merges their addresses into its record.</summary>
    /// <param name="info">The peer as described.</param>
    /// <param name="existing">What is known of the peer; null for nothing. It stays as it is.</param>
    /// <param name="isForStore">
    /// Whether the record goes to the store and nowhere else: then it is <paramref name="existing"/> itself when the claims say nothing new,
    /// with the scores and the order that it has. The store makes the scores anew.
    /// </param>
    /// <param name="peer">The record to store; null on failure.</param>
    internal DhtPeerValidatorError Validate(UnvalidatedPeerInfo info, Peer? existing, bool isForStore, out Peer? peer)
    {
        ArgumentNullException.ThrowIfNull(info);
        peer = null;
        ReadOnlySpan<PeerIdentityClaim> claims = info.Claims.AsSpan();
        PeerIdentityClaim? latest = PeerValidator.MostRecentClaim(claims);
        if (latest is null)
        {
            return DhtPeerValidatorError.Of(PeerValidatorError.HasNoAddresses(info.PublicKey));
        }

        if (claims.Length > _maxPermittedPeerClaims)
        {
            return DhtPeerValidatorError.TooManyClaims(claims.Length, _maxPermittedPeerClaims);
        }

        if (existing is not null && existing.PublicKey != info.PublicKey)
        {
            return DhtPeerValidatorError.Mismatch();
        }

        MultiaddressesWithStats known = existing?.Addresses ?? MultiaddressesWithStats.Empty;
        bool anyPermitted = false;
        bool isNew = !isForStore;
        foreach (PeerIdentityClaim claim in claims)
        {
            PeerValidatorError error = _validator.CheckClaim(
                info.PublicKey, claim, known.HasClaim(claim), out ImmutableArray<Multiaddr> permitted);
            if (!error.IsNone)
            {
                return DhtPeerValidatorError.Of(error);
            }

            // A claim that only has local addresses leaves those alone that are known.
            if (!permitted.IsEmpty)
            {
                anyPermitted = true;
                isNew = isNew || !known.HasAll(permitted.AsSpan(), claim);
            }
        }

        if (!anyPermitted && !HasExternal(known))
        {
            return DhtPeerValidatorError.Of(PeerValidatorError.HasNoUsableAddresses(info.PublicKey));
        }

        // All or none: what one claim changes can depend on the scores that another one makes anew.
        MultiaddressesWithStats merged = isNew ? Merge(known, claims) : known;
        Peer record = existing ?? new Peer(info.PublicKey, latest.Features);
        peer = ReferenceEquals(merged, record.Addresses) ? record : record with { Addresses = merged };
        return default;
    }

    private MultiaddressesWithStats Merge(MultiaddressesWithStats addresses, ReadOnlySpan<PeerIdentityClaim> claims)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        foreach (PeerIdentityClaim claim in claims)
        {
            ImmutableArray<Multiaddr> permitted = _validator.Permitted(claim.Addresses);
            if (!permitted.IsEmpty)
            {
                addresses = addresses.AddOrUpdate(permitted.AsSpan(), PeerAddressSource.FromDiscovery(claim), now);
            }
        }

        return addresses;
    }

    private static bool HasExternal(MultiaddressesWithStats addresses)
    {
        foreach (MultiaddrWithStats entry in addresses.Entries)
        {
            if (entry.Address.IsExternal())
            {
                return true;
            }
        }

        return false;
    }
}
