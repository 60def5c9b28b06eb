using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

/// <summary>Identity messages of the reference: decoding, conversion, the signature, and the verdict at a handshake.</summary>
[Category(VectorFile.Category)]
internal sealed class PeerIdentityVectorTests
{
    private const string FileName = "identity.json";

    [TestCaseSource(nameof(Cases))]
    public void AnIdentityMessage_IsJudgedAsTheReferenceDoes(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "expected", "wire", "public_key", "now", "max_addresses");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers(
            "decode", "claim", "verify", "validate", "validate_allowing_test_addresses", "user_agent", "supported_protocols");
        var key = new CommsPublicKey(vector.Hex("public_key"));
        bool decoded = PeerIdentityMessage.TryDecode(vector.Hex("wire"), out PeerIdentityMessage message);
        Assert.That(decoded ? "ok" : "DecodeError", Is.EqualTo(expected.Text("decode")));
        if (!decoded)
        {
            expected.AssertMembers("decode");
            return;
        }

        AssertTexts(expected, message);
        PeerClaimError error = message.TryConvert(out PeerIdentityClaim? claim);
        Assert.That(Name(error), Is.EqualTo(expected.Text("claim")));
        if (claim is null)
        {
            Assert.That(expected.Optional("verify"), Is.Null);
            Assert.That(expected.Optional("validate"), Is.Null);
            Assert.That(Of(vector, allowTest: false).CheckIdentityMessage(key, message, out _).Format, Is.EqualTo(error));
            return;
        }

        string verdict = claim.Verify(key, vector.Now()) switch
        {
            IdentitySignatureStatus.Ok => "ok",
            IdentitySignatureStatus.FromFuture => "IdentitySignatureFromFuture",
            _ => "InvalidIdentitySignature",
        };
        Assert.That(verdict, Is.EqualTo(expected.Text("verify")));
        AssertValidation(expected.GetProperty("validate"), Of(vector, allowTest: false), key, claim, vector.Hex("wire"));
        AssertValidation(
            expected.GetProperty("validate_allowing_test_addresses"), Of(vector, allowTest: true), key, claim, vector.Hex("wire"));
    }

    private static void AssertTexts(JsonElement expected, in PeerIdentityMessage message)
    {
        string userAgent = Encoding.UTF8.GetString(message.UserAgent);
        var protocols = new List<string>();
        foreach (ReadOnlySpan<byte> protocol in message.SupportedProtocols)
        {
            protocols.Add(Convert.ToHexStringLower(protocol));
        }

        if (expected.Optional("user_agent") is { } text)
        {
            Assert.That(userAgent, Is.EqualTo(text.GetString()));
            Assert.That(protocols, Is.EqualTo(expected.Texts("supported_protocols")));
        }
    }

    private static void AssertValidation(
        JsonElement expected, PeerValidator validator, in CommsPublicKey key, PeerIdentityClaim claim, byte[] wire)
    {
        PeerValidatorError error = validator.CheckClaim(key, claim, out ImmutableArray<Multiaddr> permitted);
        ValidatorVerdicts.AssertVerdict(expected, error);
        if (error.IsNone)
        {
            Assert.That(permitted.Select(address => address.ToString()), Is.EqualTo(expected.Texts("accepted_addresses")));
        }

        // The handshake judges texts that are not signed as well, before the claim; nothing else is different there.
        PeerIdentityError handshake = validator.CheckIdentityMessage(key, wire, out ValidatedPeerIdentity? identity);
        if (handshake.Validator.Kind != PeerValidatorErrorKind.PeerIdentityUserAgentTooLong)
        {
            Assert.That(handshake.Validator, Is.EqualTo(error));
            Assert.That(identity?.PermittedAddresses ?? [], Is.EqualTo(permitted));
        }
    }

    private static PeerValidator Of(JsonElement vector, bool allowTest) => new(
        new PeerValidatorConfig
        {
            MaxPermittedPeerAddressesPerClaim = vector.GetProperty("max_addresses").GetInt32(),
            AllowTestAddresses = allowTest,
        },
        new ManualTimeProvider(vector.Now()));

    private static string Name(PeerClaimError error) => error switch
    {
        PeerClaimError.None => "ok",
        PeerClaimError.MissingSignature => "MissingIdentitySignature",
        PeerClaimError.Features => "ProtocolError",
        PeerClaimError.Address => "MultiaddrError",
        PeerClaimError.NoAddresses => "PeerIdentityNoValidAddresses",
        _ => "InvalidIdentitySignature",
    };

    private static IEnumerable<TestCaseData> Cases() => VectorFile.Cases(FileName, "peer_identity_msg");
}
