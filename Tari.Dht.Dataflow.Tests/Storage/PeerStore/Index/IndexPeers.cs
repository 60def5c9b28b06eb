using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

/// <summary>Peers for the tests of the index, told apart by a number.</summary>
internal static class IndexPeers
{
    /// <summary>A time at which the tests happen.</summary>
    public static DateTimeOffset Now { get; } = new(2025, 10, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A node.</summary>
    public static Peer Node(int number, params MultiaddrWithStats[] rows) => Peer(number, PeerFeatures.CommunicationNode, rows);

    /// <summary>A client.</summary>
    public static Peer Wallet(int number, params MultiaddrWithStats[] rows) => Peer(number, PeerFeatures.CommunicationClient, rows);

    public static Peer Peer(int number, PeerFeatures features, params MultiaddrWithStats[] rows) =>
        new(Key(number), features) { Id = number + 1, Addresses = MultiaddressesWithStats.FromEntries([.. rows]) };

    /// <summary>A peer as it is read when it has no address.</summary>
    public static Peer WithoutAddress(int number) => Node(number, new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config));

    public static CommsPublicKey Key(int number)
    {
        byte[] key = new byte[CommsPublicKey.Length];
        new Random(number).NextBytes(key);
        return new CommsPublicKey(key);
    }

    /// <summary>An address that was never tried.</summary>
    public static MultiaddrWithStats Row(string address) => new(Multiaddr.Parse(address), PeerAddressSource.Config);

    /// <summary>An address that was seen a time ago.</summary>
    public static MultiaddrWithStats Row(string address, TimeSpan ago) => Row(address) with { LastSeen = Now - ago };

    /// <summary>An external address in a network group of its own, for numbers below 5000.</summary>
    public static string External(int number) => $"/ip4/{30 + (number / 256)}.{number % 256}.1.1/tcp/18189";

    /// <summary>An address in this node's own network.</summary>
    public static string Internal(int number) => $"/ip4/10.0.{number / 256}.{number % 256}/tcp/18189";

    public static MultiaddrWithStats Failed(this MultiaddrWithStats row) => row with { LastFailedReason = "no answer" };
}
