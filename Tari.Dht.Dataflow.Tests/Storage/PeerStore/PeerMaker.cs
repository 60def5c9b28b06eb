using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>Peers, addresses and unsigned claims for tests, each from a number.</summary>
internal static class PeerMaker
{
    public static CommsPublicKey Key(int number)
    {
        byte[] bytes = new byte[CommsPublicKey.Length];
        new Random(number).NextBytes(bytes);
        return new CommsPublicKey(bytes);
    }

    public static NodeId Id(int number) => NodeId.FromPublicKey(Key(number));

    /// <summary>An address in a network group of its own (for numbers below 50 000) that can be reached from anywhere.</summary>
    public static Multiaddr Address(int number) =>
        Multiaddr.Parse($"/ip4/{20 + (number / 256 % 50)}.{number % 256}.{number / 12800 % 256}.7/tcp/{1000 + (number % 60000)}");

    public static PeerAddressSource Claimed(DateTimeOffset at, params Multiaddr[] addresses) =>
        PeerAddressSource.FromPeerConnection(Claim(at, addresses));

    public static PeerIdentityClaim Claim(DateTimeOffset at, params Multiaddr[] addresses)
    {
        var signature = new IdentitySignature(
            0, new CommsPublicKey(new byte[32]), new byte[32], at.ToUnixTimeSeconds(), (int)(at.UtcTicks % TimeSpan.TicksPerSecond * 100));
        return new PeerIdentityClaim([.. addresses], PeerFeatures.CommunicationNode, signature);
    }

    public static MultiaddressesWithStats List(PeerAddressSource source, params Multiaddr[] addresses) =>
        MultiaddressesWithStats.FromAddresses(addresses, source);

    public static MultiaddressesWithStats Entries(params MultiaddrWithStats[] entries) =>
        MultiaddressesWithStats.FromEntries([.. entries]);

    /// <summary>A node with one address of its own, from a claim, that was seen or not.</summary>
    public static Peer Node(int number, DateTimeOffset claimedAt, DateTimeOffset? seen = null, PeerFlags flags = PeerFlags.None)
    {
        Multiaddr address = Address(number);
        var entry = new MultiaddrWithStats(address, Claimed(claimedAt, address)) { LastSeen = seen, LastAttempted = seen };
        return new Peer(Key(number)) { Flags = flags, Addresses = Entries(entry) };
    }

    /// <summary>As <see cref="Node"/>, but a client.</summary>
    public static Peer Wallet(int number, DateTimeOffset claimedAt) =>
        Node(number, claimedAt) with { Features = PeerFeatures.CommunicationClient };

    /// <summary>All that there is to a record, as text, its row not included.</summary>
    public static string Describe(Peer peer)
    {
        IEnumerable<string> entries = peer.Addresses.Entries.Select(entry =>
            $"    {Convert.ToHexStringLower(entry.Address.Bytes)} {Describe(entry.Source)}"
            + $" seen {entry.LastSeen:O} attempted {entry.LastAttempted:O}"
            + $" attempts {entry.ConnectionAttempts} failed '{entry.LastFailedReason ?? "no"}'"
            + $" latency {entry.Latency.Nanoseconds}/{entry.Latency.Samples}"
            + $" dial {entry.InitialDialTime.Nanoseconds}/{entry.InitialDialTime.Samples} score {entry.QualityScore}\n");
        IEnumerable<string> metadata = peer.Metadata.Select(note => $" {note.Key}={Convert.ToHexStringLower(note.Value.Span)}");
        return $"{peer.NodeId} {peer.PublicKey} features {(uint)peer.Features} flags {(byte)peer.Flags}"
            + $" banned {peer.BannedUntil:O} '{peer.BannedReason}'"
            + $" added {peer.AddedAt:O} deleted {peer.DeletedAt:O} agent '{peer.UserAgent}'"
            + $" protocols [{string.Join(", ", peer.SupportedProtocols.Select(protocol => Convert.ToHexStringLower(protocol.Bytes)))}]"
            + $" metadata{string.Concat(metadata)}\n{string.Concat(entries)}";
    }

    private static string Describe(PeerAddressSource source) => source.Claim is not { } claim
        ? "Config"
        : $"{source.Kind} {claim.Signature.UpdatedAt}.{claim.Signature.UpdatedAtNanoseconds} {(uint)claim.Features} "
            + string.Join('+', claim.Addresses.Select(address => Convert.ToHexStringLower(address.Bytes)));
}
