using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

/// <summary>Addresses by number, and claims over them that nobody signed.</summary>
internal static class TestAddresses
{
    /// <summary>The clock of tests that need just one time: a whole second.</summary>
    public static DateTimeOffset Now { get; } = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary><c>/ip4/44.1.2.n/tcp/9000</c>.</summary>
    public static Multiaddr Address(int number) => Multiaddr.FromBytes([0x04, 44, 1, 2, (byte)number, 0x06, 0x23, 0x28]);

    public static PeerIdentityClaim Claim(DateTimeOffset updatedAt, params ReadOnlySpan<Multiaddr> addresses) =>
        Claim(updatedAt.ToUnixTimeSeconds(), (int)(updatedAt.UtcTicks % TimeSpan.TicksPerSecond) * 100, addresses);

    public static PeerIdentityClaim Claim(long updatedAt, int nanoseconds, params ReadOnlySpan<Multiaddr> addresses) =>
        new(
            ImmutableArray.Create(addresses),
            PeerFeatures.CommunicationNode,
            new IdentitySignature(IdentitySignature.LatestVersion, default, new byte[32], updatedAt, nanoseconds));

    /// <summary>A list of one claim over all its addresses.</summary>
    public static MultiaddressesWithStats Claimed(DateTimeOffset updatedAt, params ReadOnlySpan<Multiaddr> addresses) =>
        MultiaddressesWithStats.FromAddresses(addresses, PeerAddressSource.FromPeerConnection(Claim(updatedAt, addresses)));

    /// <summary>A list of configured addresses.</summary>
    public static MultiaddressesWithStats Configured(params ReadOnlySpan<Multiaddr> addresses) =>
        MultiaddressesWithStats.FromAddresses(addresses, PeerAddressSource.Config);

    public static MultiaddressesWithStats Seen(this MultiaddressesWithStats list, Multiaddr address, DateTimeOffset now)
    {
        Assert.That(list.TryMarkSeen(address, now, out MultiaddressesWithStats updated), Is.True);
        return updated;
    }

    public static MultiaddressesWithStats Failed(this MultiaddressesWithStats list, Multiaddr address, string reason, DateTimeOffset now)
    {
        Assert.That(list.TryMarkFailed(address, reason, now, out MultiaddressesWithStats updated), Is.True);
        return updated;
    }

    public static MultiaddressesWithStats WithLatency(
        this MultiaddressesWithStats list, Multiaddr address, int milliseconds, DateTimeOffset now)
    {
        Assert.That(
            list.TryUpdateLatency(address, TimeSpan.FromMilliseconds(milliseconds), now, out MultiaddressesWithStats updated), Is.True);
        return updated;
    }

    public static Multiaddr[] Order(this MultiaddressesWithStats list) => [.. list.Select(entry => entry.Address)];
}
