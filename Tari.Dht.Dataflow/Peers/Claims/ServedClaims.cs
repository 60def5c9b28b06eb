using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Which claims of a peer are passed on to others that ask for peers.</summary>
public static class ServedClaims
{
    /// <summary>Chooses the claims to pass on.</summary>
    /// <param name="addresses">The peer's addresses, in the order in which they are stored.</param>
    /// <param name="maxClaims">Claims at most; none at 0 and below.</param>
    /// <param name="maxAddressesPerClaim">Addresses that whoever asks accepts in a claim; others with more are left out.</param>
    /// <param name="isWellShaped">
    /// The check of an address's shape, under which local addresses pass. One address that fails leaves out its claim: a claim is signed as
    /// a whole, and whoever asks would refuse it.
    /// </param>
    /// <returns>
    /// The claims, one for each address that came with it: a claim that covers three addresses is there three times, as others expect it.
    /// Their signatures and dates are not looked at.
    /// </returns>
    public static ImmutableArray<PeerIdentityClaim> Select(
        MultiaddressesWithStats addresses, int maxClaims, int maxAddressesPerClaim, Func<Multiaddr, bool> isWellShaped)
    {
        List<PeerIdentityClaim> served = [];
        Select(addresses, maxClaims, maxAddressesPerClaim, isWellShaped, served);
        return [.. served];
    }

    /// <summary>Chooses the claims to pass on, without a list of its own.</summary>
    /// <param name="addresses">As above.</param>
    /// <param name="maxClaims">As above.</param>
    /// <param name="maxAddressesPerClaim">As above.</param>
    /// <param name="isWellShaped">As above.</param>
    /// <param name="served">Holds the claims afterwards, and nothing else.</param>
    internal static void Select(
        MultiaddressesWithStats addresses,
        int maxClaims,
        int maxAddressesPerClaim,
        Func<Multiaddr, bool> isWellShaped,
        List<PeerIdentityClaim> served)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(isWellShaped);
        served.Clear();
        if (maxClaims <= 0)
        {
            return;
        }

        PeerIdentityClaim? previous = null;
        bool previousServed = false;
        foreach (MultiaddrWithStats entry in addresses)
        {
            if (entry.Address.IsEmpty || entry.Source.Claim is not { } claim)
            {
                continue;
            }

            // Neighbours mostly share their claim.
            if (!ReferenceEquals(claim, previous))
            {
                previous = claim;
                previousServed = claim.Addresses.Length <= maxAddressesPerClaim && AreWellShaped(claim.Addresses, isWellShaped);
            }

            if (previousServed)
            {
                served.Add(claim);
                if (served.Count == maxClaims)
                {
                    break;
                }
            }
        }
    }

    private static bool AreWellShaped(ImmutableArray<Multiaddr> addresses, Func<Multiaddr, bool> isWellShaped)
    {
        foreach (Multiaddr address in addresses)
        {
            if (!isWellShaped(address))
            {
                return false;
            }
        }

        return true;
    }
}
