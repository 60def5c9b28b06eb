using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Proto;
using Tari.Dht.Dataflow.Protocol.Proto.Identity;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

/// <summary>
/// Mutated claims against two twins: the rules written down plainly, and Google.Protobuf's generated code. None of them ever raises an
/// exception.
/// </summary>
/// <remarks>
/// Google.Protobuf takes bytes for decodable that the network does not (see <c>EnvelopeReaderMutationTests</c>), and text that is no
/// UTF-8; so it decides what a message holds, and the plain twin whether it is one. At the limit of nesting it allows one level less.
/// </remarks>
internal sealed class ClaimMutationTests
{
    private const int Cases = 60_000;

    // Bytes that nesting to the limit takes at least.
    private const int Deep = 190;

    private readonly CommsPublicKey _key = SignedClaims.PublicKey();

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 20_250_912, 1 })]
    public void MutatedJoinsAndDiscoveries_DecodeConvertAndValidateAsTheTwinsSay(int seed)
    {
        var mutator = new ClaimMutator(seed);
        var verdicts = new Dictionary<string, int>();
        DhtPeerValidator validator = new(new PeerValidatorConfig(), timeProvider: new ManualTimeProvider(SignedClaims.NowTime));
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = mutator.NextDht();
            PlainClaim? plain = PlainClaim.DecodeDht(bytes);
            bool decoded = PeerClaimMessage.TryDecode(bytes, out PeerClaimMessage message);
            Require(decoded == plain is not null, bytes, $"case {i}: decoded {decoded}");
            if (plain is null)
            {
                Count(verdicts, "no message");
                continue;
            }

            Require(
                message.PublicKey.SequenceEqual(plain.PublicKey)
                    && message.Features == plain.Features
                    && message.Nonce == plain.Nonce
                    && message.HasSignature == plain.HasSignature
                    && AreEqual(message.Addresses, plain.Addresses),
                bytes,
                $"case {i}: other contents than the plain twin's");
            JoinMessage? google = Decode(JoinMessage.Parser, bytes);
            Require(google is null ? bytes.Length > Deep : AreEqual(google, plain), bytes, $"case {i}: Google.Protobuf reads otherwise");

            PeerClaimError error = UnvalidatedPeerInfo.TryConvert(message, out UnvalidatedPeerInfo? info);
            HashSet<PeerClaimError> faults = plain.Faults(hasKey: true);
            Require(error == PeerClaimError.None ? faults.Count == 0 : faults.Contains(error), bytes, $"case {i}: {error}");
            Require((info is null) != (error == PeerClaimError.None), bytes, $"case {i}: {error} with the wrong outcome");
            if (info is null)
            {
                Count(verdicts, error.ToString());
                continue;
            }

            DhtPeerValidatorError verdict = validator.Validate(info, null, out Peer? peer);
            Require(verdict.IsNone == peer is not null, bytes, $"case {i}: {verdict}");
            Count(verdicts, verdict.IsNone ? "good" : verdict.Validator.Kind.ToString());
        }

        AssertSeen(
            verdicts, "no message", "good", "PublicKey", "Features", "Address", "MissingSignature", "SignatureVersion", "SignatureNonce",
            "SignatureScalar", "SignatureDate", "InvalidPeerSignature", "InvalidMultiaddr", "PeerIdentityTooManyAddresses",
            "PeerHasNoUsableAddresses");
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 77, 1 })]
    public void MutatedIdentityMessages_DecodeConvertAndValidateAsTheTwinsSay(int seed)
    {
        var mutator = new ClaimMutator(seed);
        var verdicts = new Dictionary<string, int>();
        PeerValidator validator = new(new PeerValidatorConfig(), new ManualTimeProvider(SignedClaims.NowTime));
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = mutator.NextIdentity();
            PlainClaim? plain = PlainClaim.DecodeIdentity(bytes);
            bool decoded = PeerIdentityMessage.TryDecode(bytes, out PeerIdentityMessage message);
            Require(decoded == plain is not null, bytes, $"case {i}: decoded {decoded}");
            PeerIdentityError verdict = validator.CheckIdentityMessage(_key, bytes, out ValidatedPeerIdentity? identity);
            Require(verdict.IsNone == identity is not null, bytes, $"case {i}: {verdict}");
            if (plain is null)
            {
                Require(verdict.Format == PeerClaimError.Malformed, bytes, $"case {i}: {verdict}");
                Count(verdicts, "no message");
                continue;
            }

            Require(
                message.UserAgent.SequenceEqual(plain.UserAgent)
                    && message.Features == plain.Features
                    && message.HasSignature == plain.HasSignature
                    && AreEqual(message.Addresses, plain.Addresses)
                    && AreEqual(message.SupportedProtocols, plain.Protocols),
                bytes,
                $"case {i}: other contents than the plain twin's");
            PeerIdentityMsg? google = Decode(PeerIdentityMsg.Parser, bytes);
            Require(google is null ? bytes.Length > Deep : AreEqual(google, plain), bytes, $"case {i}: Google.Protobuf reads otherwise");

            PeerClaimError error = message.TryReadClaim(out PeerIdentityClaim? claim);
            HashSet<PeerClaimError> faults = plain.Faults(hasKey: false);
            Require(error == PeerClaimError.None ? faults.Count == 0 : faults.Contains(error), bytes, $"case {i}: {error}");
            Require((claim is null) != (error == PeerClaimError.None), bytes, $"case {i}: {error} with the wrong outcome");
            Require(verdict.Format == PeerClaimError.None || verdict.Format == error, bytes, $"case {i}: {verdict}, not {error}");
            string refusal = verdict.Format != PeerClaimError.None ? error.ToString() : verdict.Validator.Kind.ToString();
            Count(verdicts, verdict.IsNone ? "good" : refusal);
        }

        AssertSeen(
            verdicts, "no message", "good", "Features", "Address", "MissingSignature", "SignatureVersion", "SignatureNonce",
            "SignatureScalar", "SignatureDate", "InvalidPeerSignature", "InvalidMultiaddr", "NonPrintableIdentityString",
            "PeerIdentityUserAgentTooLong", "PeerIdentityProtocolIdTooLong");
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 4242, 1 })]
    public void MutatedJson_NeverRaisesAnException_AndWhatReadsWritesBackEqual(int seed)
    {
        var random = new Random(seed);
        byte[][] originals = [.. Originals()];
        int read = 0;
        int refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = Mutate(originals[random.Next(originals.Length)], originals, random);
            JsonElement json;
            try
            {
                using JsonDocument document = JsonDocument.Parse(bytes);
                json = document.RootElement.Clone();
            }
            catch (JsonException)
            {
                // No JSON at all, which is the parser's to say.
                continue;
            }

            if (PeerAddressSourceJson.TryRead(json, out PeerAddressSource? source, out string? member))
            {
                read++;
                RequireSame(source, bytes);
            }
            else
            {
                refused++;
                Require(member is not null && source is null, bytes, $"case {i}: refused without naming a member");
            }
        }

        TestContext.Out.WriteLine($"read {read}, refused {refused}");
        Assert.That(read, Is.GreaterThan(Cases / 50));
        Assert.That(refused, Is.GreaterThan(Cases / 50));
    }

    private static IEnumerable<byte[]> Originals()
    {
        PeerIdentityClaim[] claims =
        [
            SignedClaims.Claim("/ip4/23.23.23.23/tcp/18189", "/dns4/node.example.com/tcp/18189"),
            SignedClaims.Claim(),
            SignedClaims.Claim(1, PeerFeatures.CommunicationClient, 5, SignedClaims.GoodOnion3, "/memory/1"),
        ];
        foreach (PeerIdentityClaim claim in claims)
        {
            foreach (PeerAddressSource source in new[]
            {
                PeerAddressSource.FromDiscovery(claim),
                PeerAddressSource.FromAnotherPeer(claim, SignedClaims.PublicKey(3)),
            })
            {
                yield return Write(source);
            }
        }
    }

    private static byte[] Mutate(byte[] original, byte[][] originals, Random random)
    {
        byte[] bytes = original;
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Length);
            int end = Math.Min(bytes.Length, at + random.Next(1, 20));
            bytes = random.Next(6) switch
            {
                // A piece of another one, a piece less, a byte changed, a digit or letter changed, an escape, a byte more.
                0 => [.. bytes[..at], .. originals[random.Next(originals.Length)][..random.Next(60)], .. bytes[at..]],
                1 => [.. bytes[..at], .. bytes[end..]],
                2 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]],
                3 => [.. bytes[..at], (byte)"0123456789abcdefZ+-:/|x"[random.Next(23)], .. bytes[(at + 1)..]],
                4 => [.. bytes[..at], .. Encoding.ASCII.GetBytes($"\\u{random.Next(0xd700, 0xe100):x4}"), .. bytes[at..]],
                _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
            };
            if (bytes.Length == 0)
            {
                return original;
            }
        }

        return bytes;
    }

    private static void RequireSame(PeerAddressSource source, byte[] bytes)
    {
        using JsonDocument again = JsonDocument.Parse(Write(source));
        bool same = PeerAddressSourceJson.TryRead(again.RootElement, out PeerAddressSource? other, out _)
            && other.Kind == source.Kind
            && Equals(other.Claim, source.Claim)
            && other.SourcePeer == source.SourcePeer;
        Require(same, bytes, "what was read reads back as something else");
    }

    private static byte[] Write(PeerAddressSource source)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            // An address that no text can hold cannot come from one, so none is left out.
            Assert.That(PeerAddressSourceJson.Write(writer, source), Is.Zero);
        }

        return buffer.ToArray();
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

    private static bool AreEqual(JoinMessage google, PlainClaim plain) =>
        google.PublicKey.Span.SequenceEqual(plain.PublicKey)
        && google.PeerFeatures == plain.Features
        && google.Nonce == plain.Nonce
        && google.Addresses.Select(address => address.ToByteArray()).SequenceEqual(plain.Addresses, ByteComparer.Instance)
        && google.IdentitySignature is not null == plain.HasSignature
        && (google.IdentitySignature is not { } signature
            || (signature.Version == plain.Version
                && signature.Signature.Span.SequenceEqual(plain.Scalar)
                && signature.PublicNonce.Span.SequenceEqual(plain.PublicNonce)
                && signature.UpdatedAt == plain.UpdatedAt));

    private static bool AreEqual(PeerIdentityMsg google, PlainClaim plain) =>
        google.Features == plain.Features
        && google.UserAgent == Encoding.UTF8.GetString(plain.UserAgent)
        && google.Addresses.Select(address => address.ToByteArray()).SequenceEqual(plain.Addresses, ByteComparer.Instance)
        && google.SupportedProtocols.Select(protocol => protocol.ToByteArray()).SequenceEqual(plain.Protocols, ByteComparer.Instance)
        && google.IdentitySignature is not null == plain.HasSignature
        && (google.IdentitySignature is not { } signature
            || (signature.Version == plain.Version
                && signature.Signature.Span.SequenceEqual(plain.Scalar)
                && signature.PublicNonce.Span.SequenceEqual(plain.PublicNonce)
                && signature.UpdatedAt == plain.UpdatedAt));

    private static bool AreEqual(RepeatedBytes actual, List<byte[]> expected)
    {
        int count = 0;
        foreach (ReadOnlySpan<byte> value in actual)
        {
            if (count == expected.Count || !value.SequenceEqual(expected[count++]))
            {
                return false;
            }
        }

        return count == expected.Count && actual.Count == count;
    }

    private static void Count(Dictionary<string, int> verdicts, string verdict) =>
        verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;

    // The mutations are worth something only if every verdict comes up.
    private static void AssertSeen(Dictionary<string, int> verdicts, params string[] expected)
    {
        TestContext.Out.WriteLine(string.Join(", ", verdicts.Select(verdict => $"{verdict.Key} {verdict.Value}").Order()));
        Assert.That(verdicts.Where(verdict => verdict.Value >= 20).Select(verdict => verdict.Key), Is.SupersetOf(expected));
    }

    private static void Require(bool condition, byte[] bytes, string what)
    {
        if (!condition)
        {
            Assert.Fail($"{what}\n{Convert.ToHexStringLower(bytes)}");
        }
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>
    {
        public static ByteComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => obj.Length;
    }
}
