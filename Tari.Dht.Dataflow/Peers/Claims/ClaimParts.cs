using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>The parts that all messages with a claim have in common.</summary>
internal static class ClaimParts
{
    /// <summary>The features of a claim; none if there are bits without a meaning.</summary>
    /// <param name="bits">The bits as received.</param>
    /// <param name="features">The features.</param>
    public static PeerClaimError TryReadFeatures(uint bits, out PeerFeatures features)
    {
        bool known = (bits & ~(uint)PeerFeatures.CommunicationNode) == 0;
        features = known ? (PeerFeatures)bits : default;
        return known ? PeerClaimError.None : PeerClaimError.Features;
    }

    /// <summary>
    /// Reads all addresses. One that is none fails the whole claim: leaving it out would break the signature.
    /// </summary>
    /// <param name="encoded">The addresses as received; copied.</param>
    /// <param name="addresses">The addresses; none unless the result is <see cref="PeerClaimError.None"/>.</param>
    public static PeerClaimError TryReadAddresses(RepeatedBytes encoded, out ImmutableArray<Multiaddr> addresses)
    {
        addresses = [];
        if (encoded.Count == 0)
        {
            return PeerClaimError.None;
        }

        var read = new Multiaddr[encoded.Count];
        int count = 0;
        foreach (ReadOnlySpan<byte> bytes in encoded)
        {
            if (Multiaddr.TryFromBytes(bytes, out read[count++]) != MultiaddrError.None)
            {
                return PeerClaimError.Address;
            }
        }

        addresses = ImmutableCollectionsMarshal.AsImmutableArray(read);
        return PeerClaimError.None;
    }
}
