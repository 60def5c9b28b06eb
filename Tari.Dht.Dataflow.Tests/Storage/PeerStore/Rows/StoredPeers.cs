using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>Peers to store, and whether two of them are the same in everything.</summary>
internal static class StoredPeers
{
    private static readonly DateTimeOffset s_start = new(2025, 9, 12, 9, 36, 0, TimeSpan.Zero);

    public static PeerStoreOwner Owner { get; } = OwnerOf(1_000_000);

    public static PeerStoreOwner OwnerOf(int number)
    {
        CommsPublicKey key = KeyOf(number);
        return new PeerStoreOwner(key, NodeId.FromPublicKey(key), PeerFeatures.CommunicationNode);
    }

    public static CommsPublicKey KeyOf(int number)
    {
        byte[] key = new byte[CommsPublicKey.Length];
        new Random(number).NextBytes(key);
        return new CommsPublicKey(key);
    }

    public static PeerIdentityClaim ClaimOf(int seed, params ImmutableArray<Multiaddr> addresses)
    {
        byte[] scalar = new byte[32];
        new Random(seed).NextBytes(scalar);
        return new PeerIdentityClaim(
            addresses,
            PeerFeatures.CommunicationNode,
            new IdentitySignature((byte)seed, KeyOf(seed + 1), scalar, 1_757_669_760 + seed, seed % 1_000_000_000));
    }

    public static Multiaddr AddressOf(int number) =>
        Multiaddr.Parse(string.Create(
            CultureInfo.InvariantCulture, $"/ip4/{1 + ((number >> 16) & 63)}.{(number >> 8) & 255}.{number & 255}.7/tcp/18189"));

    /// <summary>The plain case: a node met once, with one claimed address.</summary>
    public static Peer Plain(long id)
    {
        int number = (int)id;
        Multiaddr address = AddressOf(number);
        var source = PeerAddressSource.FromPeerConnection(ClaimOf(number, address));
        return new Peer(KeyOf(number))
        {
            Id = id,
            AddedAt = s_start.AddSeconds(number),
            UserAgent = "tari/basenode/6.2." + (number % 5).ToString(CultureInfo.InvariantCulture),
            SupportedProtocols = [new ProtocolId("t/dht/0.1"u8), new ProtocolId("t/msg/0.1"u8)],
            Addresses = MultiaddressesWithStats.FromEntries(
            [
                new MultiaddrWithStats(address, source)
                {
                    LastSeen = s_start.AddSeconds(number),
                    LastAttempted = s_start.AddSeconds(number),
                    InitialDialTime = new RunningMean(250_000_000, 3),
                    Latency = new RunningMean(42_000_000, 3),
                    QualityScore = 1000,
                },
            ]),
        };
    }

    /// <summary>A peer with anything in any field.</summary>
    public static Peer Any(long id, Random random)
    {
        var addresses = new List<MultiaddrWithStats>();
        var claims = new List<PeerIdentityClaim>();
        for (int count = random.Next(4); count > 0; count--)
        {
            claims.Add(ClaimOf(random.Next(), [.. Enumerable.Range(0, random.Next(4)).Select(_ => AddressOf(random.Next()))]));
        }

        for (int count = random.Next(13); count > 0; count--)
        {
            addresses.Add(new MultiaddrWithStats(AddressOf(random.Next()), AnySource(claims, random))
            {
                LastSeen = AnyTime(random),
                LastAttempted = AnyTime(random),
                ConnectionAttempts = AnyCount(random),
                LastFailedReason = random.Next(3) switch { 0 => null, 1 => "", _ => AnyText(random) },
                InitialDialTime = AnyMean(random),
                Latency = AnyMean(random),
                QualityScore = random.Next(3) switch { 0 => null, 1 => 0, _ => random.Next(int.MinValue, int.MaxValue) },
            });
        }

        CommsPublicKey key = KeyOf(random.Next());
        return new Peer(key, (PeerFeatures)random.Next(4))
        {
            Id = id,
            NodeId = NodeId.FromPublicKey(random.Next(4) == 0 ? KeyOf(random.Next()) : key),
            Flags = (PeerFlags)random.Next(2),
            BannedUntil = AnyTime(random),
            BannedReason = AnyText(random),
            AddedAt = AnyTime(random),
            DeletedAt = AnyTime(random),
            UserAgent = AnyText(random),
            SupportedProtocols = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new ProtocolId(AnyBytes(random)))],
            Metadata = Enumerable.Range(0, random.Next(4))
                .ToImmutableSortedDictionary(n => (byte)(n * 85), _ => new ReadOnlyMemory<byte>(AnyBytes(random))),
            Addresses = MultiaddressesWithStats.FromEntries([.. addresses]),
        };
    }

    /// <summary>All of a peer as text, as a store gives it back: durations in whole milliseconds.</summary>
    public static string Describe(Peer peer)
    {
        var text = new StringBuilder();
        Add(peer.Id, peer.PublicKey, peer.NodeId, peer.Features, peer.Flags);
        Add(peer.BannedUntil?.UtcTicks, peer.BannedReason, peer.AddedAt?.UtcTicks, peer.DeletedAt?.UtcTicks, peer.UserAgent);
        Add([.. peer.SupportedProtocols.Select(protocol => Convert.ToHexString(protocol.Bytes))]);
        Add([.. peer.Metadata.Select(item => item.Key + ":" + Convert.ToHexString(item.Value.Span))]);
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            Add("address", Convert.ToHexString(entry.Address.Bytes), entry.Source, entry.Source.SourcePeer);
            Add(entry.LastSeen?.UtcTicks, entry.LastAttempted?.UtcTicks, entry.ConnectionAttempts, entry.LastFailedReason ?? "(none)");
            Add(Describe(entry.InitialDialTime), Describe(entry.Latency), entry.QualityScore);
            if (entry.Source.Claim is { } claim)
            {
                Add(claim.Features, claim.Signature.Version, claim.Signature.PublicNonce, Convert.ToHexString(claim.Signature.Scalar));
                Add(claim.Signature.UpdatedAt, claim.Signature.UpdatedAtNanoseconds);
                Add([.. claim.Addresses.Select(address => Convert.ToHexString(address.Bytes))]);
            }
        }

        return text.ToString();

        void Add(params object?[] values) =>
            text.AppendLine(string.Join(" | ", values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))));
    }

    private static string Describe(RunningMean mean)
    {
        UInt128? milliseconds = mean.Nanoseconds / 1_000_000;
        return $"{(milliseconds > long.MaxValue ? long.MaxValue : milliseconds)} ms of {mean.Samples}";
    }

    private static PeerAddressSource AnySource(List<PeerIdentityClaim> claims, Random random)
    {
        if (claims.Count == 0)
        {
            return PeerAddressSource.Config;
        }

        PeerIdentityClaim claim = claims[random.Next(claims.Count)];
        return random.Next(6) switch
        {
            0 => PeerAddressSource.Config,
            1 => PeerAddressSource.FromNodeIdentity(claim),
            2 => PeerAddressSource.FromPeerConnection(claim),
            3 => PeerAddressSource.FromDiscovery(claim),
            4 => PeerAddressSource.FromAnotherPeer(claim, KeyOf(random.Next(3))),
            _ => PeerAddressSource.FromJoinMessage(claim),
        };
    }

    private static DateTimeOffset? AnyTime(Random random) => random.Next(6) switch
    {
        0 or 1 => null,
        2 => DateTimeOffset.UnixEpoch,
        3 => DateTimeOffset.MaxValue,
        4 => DateTimeOffset.MinValue,
        _ => s_start.AddTicks(random.NextInt64(1L << 50)),
    };

    private static uint AnyCount(Random random) => random.Next(3) switch { 0 => 0, 1 => uint.MaxValue, _ => (uint)random.Next() };

    private static RunningMean AnyMean(Random random) => random.Next(5) switch
    {
        0 => default,
        1 => new RunningMean(0, 1),
        2 => new RunningMean(null, 5),
        3 => new RunningMean(ulong.MaxValue * (UInt128)1_000_000_000, 100),
        _ => new RunningMean((UInt128)random.NextInt64(), (uint)random.Next(101)),
    };

    private static byte[] AnyBytes(Random random)
    {
        byte[] bytes = new byte[random.Next(10) == 0 ? random.Next(400) : random.Next(20)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string AnyText(Random random) => random.Next(6) switch
    {
        0 => "",
        1 => "it's \0 'quoted'",
        2 => "\u00e9\u202e\ud83d\ude80" + new string('x', random.Next(2000)),
        _ => "reason " + random.Next(50).ToString(CultureInfo.InvariantCulture),
    };
}
