using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Peers as a store holds them: nodes with one claimed address each, seen within the last day.</summary>
/// <remarks>Keys and signatures are random bytes, which no store looks at. The same seed gives the same peers.</remarks>
internal static class PeerPopulation
{
    private static readonly TimeSpan s_seenWithin = TimeSpan.FromDays(1);

    /// <summary>Makes peers, none of which shares an object with another.</summary>
    public static Peer[] Create(int count, DateTimeOffset now, int seed = 1)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[32];
        byte[] address = [4, 0, 0, 0, 0, 6, 0, 0];
        var peers = new Peer[count];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(bytes);
            var key = new CommsPublicKey(bytes);
            random.NextBytes(bytes);
            var nonce = new CommsPublicKey(bytes);
            random.NextBytes(bytes);

            // 20.0.0.0/6 can be reached from anywhere.
            BinaryPrimitives.WriteInt32BigEndian(address.AsSpan(1), (20 << 24) | random.Next(1 << 26));
            BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(6), (ushort)random.Next(1, 1 << 16));
            Multiaddr multiaddr = Multiaddr.FromBytes(address);
            DateTimeOffset seen = now - (random.NextDouble() * s_seenWithin);
            var claim = new PeerIdentityClaim(
                [multiaddr],
                PeerFeatures.CommunicationNode,
                new IdentitySignature(IdentitySignature.LatestVersion, nonce, bytes, seen.ToUnixTimeSeconds() - 3600));
            var entry = new MultiaddrWithStats(multiaddr, PeerAddressSource.FromDiscovery(claim))
            {
                LastSeen = seen,
                LastAttempted = seen,
                QualityScore = 900,
            };
            peers[i] = new Peer(key) { Addresses = MultiaddressesWithStats.FromEntries([entry]), UserAgent = "tari/basenode/5.0.0", AddedAt = seen };
        }

        return peers;
    }
}
