using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

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

    /// <summary>The store of the node, in memory: everybody is known.</summary>
    public static PeerManager KnownPeers { get; } = CreateStore();

    private static PeerManager CreateStore()
    {
        PeerManager peers = PeerManager.Open(new PeerManagerOptions());
        foreach (NodeIdentity identity in (IEnumerable<NodeIdentity>)[Node, Another, .. Senders, .. Recipients])
        {
            peers.AddOrUpdatePeer(new Peer(identity.PublicKey));
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
