using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Proto.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Protocol.Proto;
using Tari.Dht.Dataflow.Tests.Support;
using GetPeersRequest = Tari.Dht.Dataflow.Discovery.Rpc.GetPeersRequest;
using PeerIdentityClaim = Tari.Dht.Dataflow.Peers.Claims.PeerIdentityClaim;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>
/// Mutated messages of the peer-sharing calls against two twins: the rules written down plainly, and Google.Protobuf's generated code,
/// which takes more for decodable than the network does. None of them ever raises an exception.
/// </summary>
internal sealed class GetPeersMutationTests
{
    private const int Cases = 40_000;

    // Bytes that nesting to the limit takes at least; there Google.Protobuf allows a level less.
    private const int Deep = 180;

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 611, 1 })]
    public void MutatedResponses_DecodeConvertAndAreJudgedAsTheTwinsSay(int seed)
    {
        var random = new Random(seed);
        byte[][] originals = [.. Originals()];
        var verdicts = new Dictionary<string, int>();
        var validator = new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: new ManualTimeProvider(SignedClaims.NowTime));
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            PlainResponse? plain = PlainResponse.Decode(bytes);
            GetPeersDecodeStatus status = GetPeersResponseMessage.TryDecode(bytes, out GetPeersResponseMessage message);
            Require(
                status == (plain is null ? GetPeersDecodeStatus.Malformed : GetPeersDecodeStatus.Ok), bytes, $"case {i}: {status}");
            if (plain is null)
            {
                Count(verdicts, "no message");
                continue;
            }

            Require(
                message.HasPeer == plain.HasPeer && message.PublicKey.SequenceEqual(plain.PublicKey), bytes, $"case {i}: another peer");
            GetPeersResponse? google = Decode(GetPeersResponse.Parser, bytes);
            Require(google is null ? bytes.Length > Deep : AreEqual(google, plain), bytes, $"case {i}: Google.Protobuf reads otherwise");
            if (!plain.HasPeer)
            {
                Count(verdicts, "no peer");
                continue;
            }

            PeerClaimError error = message.TryConvert(out UnvalidatedPeerInfo? info);
            HashSet<PeerClaimError> faults = plain.Faults();
            Require(error == PeerClaimError.None ? faults.Count == 0 : faults.Contains(error), bytes, $"case {i}: {error}");
            Require((info is null) != (error == PeerClaimError.None), bytes, $"case {i}: {error} with the wrong outcome");
            if (info is null)
            {
                Count(verdicts, error.ToString());
                continue;
            }

            Require(info.Claims.Length == plain.Claims.Count, bytes, $"case {i}: other claims");
            RequireWritesBack(info, bytes);
            DhtPeerValidatorError verdict = validator.Validate(info, null, out Peer? peer);
            Require(verdict.IsNone == peer is not null, bytes, $"case {i}: {verdict}");
            Count(verdicts, verdict.IsNone ? "good" : verdict.IsBanOffence ? "hostile" : "invalid");
        }

        TestContext.Out.WriteLine(string.Join(", ", verdicts.Select(verdict => $"{verdict.Key} {verdict.Value}").Order()));
        string[] expected =
        [
            "no message", "no peer", "good", "hostile", "invalid", "PublicKey", "Features", "Address", "MissingSignature", "SignatureNonce",
            "SignatureScalar",
        ];
        Assert.That(verdicts.Where(verdict => verdict.Value >= 10).Select(verdict => verdict.Key), Is.SupersetOf(expected));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 612, 1 })]
    public void MutatedRequests_DecodeAsGoogleProtobufSays_OrNotAtAll(int seed)
    {
        var random = new Random(seed);
        byte[][] originals =
        [
            GetPeersRequestMessage.Encode(new GetPeersRequest(500, true, 5, 5)),
            GetPeersRequestMessage.Encode(new GetPeersRequest(uint.MaxValue, false, 1, uint.MaxValue)),
        ];
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            if (!GetPeersRequestMessage.TryDecode(bytes, out GetPeersRequest request))
            {
                continue;
            }

            read++;
            var google = Decode(Tari.Dht.Dataflow.Protocol.Proto.Rpc.GetPeersRequest.Parser, bytes);
            Require(
                google is not null
                    && request == new GetPeersRequest(google.N, google.IncludeClients, google.MaxClaims, google.MaxAddressesPerClaim),
                bytes,
                $"case {i}: Google.Protobuf reads otherwise");
        }

        Assert.That(read, Is.GreaterThan(Cases / 20).And.LessThan(Cases));
    }

    [Test]
    public void TheBudget_IsSpentInTheOrderOfTheBytes()
    {
        var info = new PeerInfo { PublicKey = ByteString.CopyFrom(SignedClaims.PublicKey().Bytes) };
        info.Claims.Add(new Tari.Dht.Dataflow.Protocol.Proto.Rpc.PeerIdentityClaim());
        info.Claims[0].Addresses.AddRange(Enumerable.Repeat(ByteString.Empty, 65_534));
        byte[] full = new GetPeersResponse { Peer = info }.ToByteArray();
        Assert.That(GetPeersResponseMessage.TryDecode(full, out _), Is.EqualTo(GetPeersDecodeStatus.Ok), "1 + 1 + 65 534");
        Assert.That(
            GetPeersResponseMessage.TryDecode([.. full, 0x0a, 0x00], out _),
            Is.EqualTo(GetPeersDecodeStatus.BudgetExceeded),
            "a second peer");
        Assert.That(
            GetPeersResponseMessage.TryDecode([.. full, 0x0a, 0x00, 0x07], out _),
            Is.EqualTo(GetPeersDecodeStatus.BudgetExceeded),
            "exceeded before it is malformed");
        Assert.That(
            GetPeersResponseMessage.TryDecode([0x07, .. full, 0x0a, 0x00], out _),
            Is.EqualTo(GetPeersDecodeStatus.Malformed),
            "malformed before it is exceeded");

        info.Claims[0].IdentitySignature = new();
        Assert.That(
            GetPeersResponseMessage.TryDecode(new GetPeersResponse { Peer = info }.ToByteArray(), out _),
            Is.EqualTo(GetPeersDecodeStatus.BudgetExceeded),
            "a signature is one more");
    }

    [Test]
    public void APeerThatIsThereTwice_IsMerged()
    {
        PeerIdentityClaim first = SignedClaims.Claim("/ip4/23.23.23.1/tcp/1");
        PeerIdentityClaim second = SignedClaims.Claim("/ip4/23.23.23.2/tcp/1");
        byte[] twice =
        [
            .. GetPeersResponseWriter.Encode(SignedClaims.PublicKey(2), [first]),
            .. GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [second]),
        ];
        Assert.That(GetPeersResponseMessage.TryDecode(twice, out GetPeersResponseMessage message), Is.EqualTo(GetPeersDecodeStatus.Ok));
        Assert.That(message.TryConvert(out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
        Assert.That(info!.PublicKey, Is.EqualTo(SignedClaims.PublicKey()));
        Assert.That(info.Claims, Is.EqualTo(new[] { first, second }));
    }

    private static IEnumerable<byte[]> Originals()
    {
        CommsPublicKey key = SignedClaims.PublicKey();
        PeerIdentityClaim good = SignedClaims.Claim("/ip4/23.23.23.23/tcp/18189", "/dns4/node.example.com/tcp/18189");
        PeerIdentityClaim client = SignedClaims.Claim(1, PeerFeatures.CommunicationClient, SignedClaims.Now, SignedClaims.GoodOnion3);
        yield return GetPeersResponseWriter.Encode(key, [good]);
        yield return GetPeersResponseWriter.Encode(key, [good, client]);
        yield return GetPeersResponseWriter.Encode(key, [SignedClaims.Claim("/memory/1"), good, client]);
        yield return GetPeersResponseWriter.Encode(key, []);
        yield return [];
        var unsigned = GetPeersResponse.Parser.ParseFrom(GetPeersResponseWriter.Encode(key, [good]));
        unsigned.Peer.Claims[0].IdentitySignature = null;
        yield return unsigned.ToByteArray();
    }

    private static void RequireWritesBack(UnvalidatedPeerInfo info, byte[] bytes)
    {
        byte[] written = GetPeersResponseWriter.Encode(info.PublicKey, info.Claims.AsSpan());
        Require(
            GetPeersResponseMessage.TryDecode(written, out GetPeersResponseMessage again) == GetPeersDecodeStatus.Ok
                && again.TryConvert(out UnvalidatedPeerInfo? copy) == PeerClaimError.None
                && copy!.PublicKey == info.PublicKey
                && copy.Claims.SequenceEqual(info.Claims),
            bytes,
            "what was read reads back as something else");
        Require(
            GetPeersResponse.Parser.ParseFrom(written).ToByteArray().AsSpan().SequenceEqual(written),
            bytes,
            "Google.Protobuf writes otherwise");
    }

    private static T? Decode<T>(MessageParser<T> parser, byte[] bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static bool AreEqual(GetPeersResponse google, PlainResponse plain) =>
        google.Peer is not null == plain.HasPeer
        && (google.Peer is not { } peer
            || (peer.PublicKey.Span.SequenceEqual(plain.PublicKey)
                && peer.Claims.Count == plain.Claims.Count
                && peer.Claims.Zip(plain.Claims).All(pair => AreEqual(pair.First, pair.Second))));

    private static bool AreEqual(Tari.Dht.Dataflow.Protocol.Proto.Rpc.PeerIdentityClaim google, PlainClaim plain) =>
        google.PeerFeatures == plain.Features
        && google.Addresses.Select(address => Convert.ToHexString(address.Span)).SequenceEqual(plain.Addresses.Select(Convert.ToHexString))
        && google.IdentitySignature is not null == plain.HasSignature
        && (google.IdentitySignature is not { } signature
            || (signature.Version == plain.Version
                && signature.Signature.Span.SequenceEqual(plain.Scalar)
                && signature.PublicNonce.Span.SequenceEqual(plain.PublicNonce)
                && signature.UpdatedAt == plain.UpdatedAt));

    private static void Count(Dictionary<string, int> verdicts, string verdict) =>
        verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;

    private static void Require(bool condition, byte[] bytes, string what)
    {
        if (!condition)
        {
            Assert.Fail($"{what}\n{Convert.ToHexStringLower(bytes)}");
        }
    }
}
