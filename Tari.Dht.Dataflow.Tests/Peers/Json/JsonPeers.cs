using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Json;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Json;

/// <summary>Peers to write as JSON, and their JSON; claims are properly signed.</summary>
internal static class JsonPeers
{
    public const string Key = "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031";
    public const string NodeId = "c1a7552e5d9e9b257c4008b965";
    public const string Address = "/ip4/23.23.23.23/tcp/18189";

    public static DateTimeOffset Now { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The key that is a number.</summary>
    public static CommsSecretKey Secret(int number)
    {
        byte[] bytes = new byte[CommsSecretKey.Length];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return CommsSecretKey.FromBytes(bytes);
    }

    /// <summary>A claim of a key.</summary>
    public static PeerIdentityClaim Claim(CommsSecretKey secret, DateTimeOffset updatedAt, params string[] addresses)
    {
        ImmutableArray<Multiaddr> list = [.. addresses.Select(static text => Multiaddr.Parse(text))];
        var signature = IdentitySignature.Sign(
            secret,
            (uint)PeerFeatures.CommunicationNode,
            [.. list.Select(static address => address.Memory)],
            updatedAt.ToUnixTimeSeconds());
        return new PeerIdentityClaim(list, PeerFeatures.CommunicationNode, signature);
    }

    /// <summary>A peer with a value in every member that its number does not decide to leave out.</summary>
    public static Peer Full(int number)
    {
        using CommsSecretKey secret = Secret(number);
        string external = $"/ip4/{1 + (number % 200)}.2.3.4/tcp/{1000 + (number % 60000)}";
        const string second = "/dns4/node.example.com/tcp/18189";
        var claimed = PeerAddressSource.FromPeerConnection(Claim(secret, Now.AddDays(-1), external, second));
        var entries = ImmutableArray.Create(
            new MultiaddrWithStats(Multiaddr.Parse(external), claimed)
            {
                LastSeen = Now.AddTicks(-1_234_567),
                LastAttempted = Now.AddMilliseconds(-5),
                InitialDialTime = new RunningMean(1_500_000_000, 3),
                Latency = new RunningMean(42_000_000, 100),
                QualityScore = 999,
            },
            new MultiaddrWithStats(Multiaddr.Parse(second), claimed)
            {
                LastAttempted = Now.AddSeconds(-5),
                ConnectionAttempts = 7,
                LastFailedReason = "refused: \"no\" \u202E\u0007",
                QualityScore = 0,
            },
            new MultiaddrWithStats(Multiaddr.Parse("/ip6/::1/tcp/5"), PeerAddressSource.Config));
        return new Peer(secret.PublicKey, number % 3 == 0 ? PeerFeatures.CommunicationClient : PeerFeatures.CommunicationNode)
        {
            Addresses = number % 5 == 4 ? MultiaddressesWithStats.Empty : MultiaddressesWithStats.FromEntries(entries),
            Flags = number % 2 == 0 ? PeerFlags.Seed : PeerFlags.None,
            BannedUntil = number % 4 == 0 ? Now.AddTicks(10 + number) : null,
            BannedReason = number % 4 == 0 ? "talks too much" : "",
            SupportedProtocols = [new ProtocolId("t/dht/0"u8), new ProtocolId([0, 255])],
            AddedAt = Now.AddMilliseconds(-number),
            UserAgent = "tari/basenode/6.2.0 ü<",
            Metadata = ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty.Add(0, default).Add(200, new byte[] { 1, 255 }),
            DeletedAt = number % 7 == 6 ? Now.AddDays(-3) : null,
        };
    }

    /// <summary>The JSON of a peer.</summary>
    public static string Write(Peer peer) => Write(peer, out _);

    /// <summary>The JSON of a peer, and how many addresses it lacks.</summary>
    public static string Write(Peer peer, out int leftOut)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            leftOut = PeerJson.Write(writer, peer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads a peer that is in order.</summary>
    public static Peer Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        bool isRead = PeerJson.TryRead(document.RootElement, out Peer? peer, out PeerJsonProblem problem);
        Assert.That(isRead, Is.True, problem.ToString());
        return peer!;
    }

    /// <summary>What is wrong with a peer.</summary>
    public static PeerJsonProblem Problem(string json)
    {
        using var document = JsonDocument.Parse(json);
        bool isRead = PeerJson.TryRead(document.RootElement, out Peer? peer, out PeerJsonProblem problem);
        Assert.That(isRead, Is.False);
        Assert.That(peer, Is.Null);
        return problem;
    }

    /// <summary>Compares every member of two records but the row.</summary>
    public static void AssertSame(Peer actual, Peer expected) =>
        Assert.That(Write(actual with { Id = 0 }), Is.EqualTo(Write(expected with { Id = 0 })));
}
