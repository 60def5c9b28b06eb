using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Who takes part: always the same identities, so that runs compare.</summary>
internal static class Parties
{
    private const int SenderCount = 8;
    private const int RecipientCount = 100;

    /// <summary>The node under measurement.</summary>
    public static NodeIdentity Node { get; } = Create(1);

    /// <summary>A node that messages pass through <see cref="Node"/> for.</summary>
    public static NodeIdentity Another { get; } = Create(2);

    /// <summary>The node's direct peers, who sign what they send.</summary>
    public static NodeIdentity[] Senders { get; } = CreateMany(SenderCount, 1000);

    /// <summary>Peers that the node sends to; the first is a full identity that can read.</summary>
    public static NodeIdentity[] Recipients { get; } = CreateMany(RecipientCount, 2000);

    /// <summary>The store of the node: everybody is known.</summary>
    public static InMemoryPeerLookup KnownPeers()
    {
        var peers = new InMemoryPeerLookup(new Peer(Node.PublicKey), new Peer(Another.PublicKey));
        foreach (NodeIdentity identity in Senders.Concat(Recipients))
        {
            peers.AddOrUpdate(new Peer(identity.PublicKey));
        }

        return peers;
    }

    private static NodeIdentity[] CreateMany(int count, int firstSeed)
    {
        var identities = new NodeIdentity[count];
        for (int i = 0; i < count; i++)
        {
            identities[i] = Create(firstSeed + i);
        }

        return identities;
    }

    private static NodeIdentity Create(int seed)
    {
        byte[] scalar = SHA256.HashData(BitConverter.GetBytes(seed));

        // Below 2^252, and with that below the order of the group.
        scalar[^1] &= 0x0f;
        return new NodeIdentity(CommsSecretKey.FromBytes(scalar));
    }
}
