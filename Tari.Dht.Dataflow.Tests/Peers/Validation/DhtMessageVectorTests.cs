using System.Text.Json;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Proto;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

/// <summary>Joins, discoveries and their responses of the reference: decoding, conversion, and the verdict on the peer.</summary>
[Category(VectorFile.Category)]
internal sealed class DhtMessageVectorTests
{
    private const string FileName = "dht_messages.json";

    private static readonly (string Detail, PeerClaimError Error)[] s_conversionFaults =
    [
        ("Invalid signature:", PeerClaimError.SignatureScalar),
        ("invalid public key", PeerClaimError.PublicKey),
        ("missing peer_identity_claim", PeerClaimError.MissingSignature),
        ("Invalid peer features", PeerClaimError.Features),
        ("Invalid peer identity signature version", PeerClaimError.SignatureVersion),
        ("Invalid public nonce:", PeerClaimError.SignatureNonce),
        ("unknown protocol id", PeerClaimError.Address),
        ("we have less data than indicated by length", PeerClaimError.Address),
        ("updated_at overflowed", PeerClaimError.SignatureDate),
    ];

    // What the handlers of these messages do comes later, on top of this.
    [Test]
    public void EveryKind_IsKnown() => VectorFile.AssertKinds(FileName, "validate", "validate_existing", "identities", "handler");

    [TestCaseSource(nameof(Cases), new object[] { "validate" })]
    public void AMessage_IsJudgedAsTheReferenceDoes(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "expected", "message", "wire", "fields", "config", "now");
        if (vector.Optional("fields") is { } fields)
        {
            VectorFile.AssertBytes(vector.GetProperty("wire"), Encode(fields), "wire");
        }

        AssertVerdict(vector, existing: null);
    }

    [TestCaseSource(nameof(Cases), new object[] { "validate_existing" })]
    public void AMessageOfAKnownPeer_IsJudgedAsTheReferenceDoes(JsonElement vector)
    {
        vector.AssertMembers(
            "kind", "name", "expected", "message", "wire", "config", "now", "existing_public_key", "existing_addresses");
        MultiaddressesWithStats addresses = MultiaddressesWithStats.FromAddresses(
            [.. vector.Texts("existing_addresses").Select(SignedClaims.Address)], PeerAddressSource.Config);
        AssertVerdict(vector, new Peer(new CommsPublicKey(vector.Hex("existing_public_key"))) { Addresses = addresses });
    }

    private static void AssertVerdict(JsonElement vector, Peer? existing)
    {
        Assert.That(vector.Text("message"), Is.AnyOf("join", "discovery", "discovery_response"));
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("decode", "convert", "convert_detail", "validate");
        bool decoded = PeerClaimMessage.TryDecode(vector.Hex("wire"), out PeerClaimMessage message);
        Assert.That(decoded ? "ok" : "error", Is.EqualTo(expected.Text("decode")));
        if (!decoded)
        {
            return;
        }

        PeerClaimError error = UnvalidatedPeerInfo.TryConvert(message, out UnvalidatedPeerInfo? info);
        Assert.That(error == PeerClaimError.None ? "ok" : "error", Is.EqualTo(expected.Text("convert")));
        if (info is null)
        {
            string detail = expected.Text("convert_detail");
            PeerClaimError fault = s_conversionFaults.Single(known => detail.Contains(known.Detail, StringComparison.Ordinal)).Error;
            Assert.That(error, Is.EqualTo(fault), detail);
            return;
        }

        DhtPeerValidatorError verdict = ValidatorVerdicts.Validator(vector).Validate(info, existing, out Peer? peer);
        Assert.That(verdict.Kind, Is.AnyOf(DhtPeerValidatorErrorKind.None, DhtPeerValidatorErrorKind.Validator));
        ValidatorVerdicts.AssertVerdict(expected.GetProperty("validate"), verdict, peer);
    }

    // The three messages have the same fields.
    private static byte[] Encode(JsonElement fields)
    {
        fields.AssertMembers("message", "public_key", "addresses", "peer_features", "nonce", "identity_signature");
        var message = new JoinMessage
        {
            PublicKey = ByteString.CopyFrom(fields.Hex("public_key")),
            PeerFeatures = fields.GetProperty("peer_features").GetUInt32(),
            Nonce = ulong.Parse(fields.Text("nonce"), System.Globalization.CultureInfo.InvariantCulture),
        };
        message.Addresses.AddRange(
            fields.GetProperty("addresses").EnumerateArray().Select(address => ByteString.CopyFrom(address.Hex("bytes"))));
        if (fields.Optional("identity_signature") is { } signature)
        {
            signature.AssertMembers("version", "signature", "public_nonce", "updated_at");
            JsonElement updatedAt = signature.GetProperty("updated_at");
            message.IdentitySignature = new Dataflow.Protocol.Proto.IdentitySignature
            {
                Version = signature.GetProperty("version").GetUInt32(),
                Signature = ByteString.CopyFrom(signature.Hex("signature")),
                PublicNonce = ByteString.CopyFrom(signature.Hex("public_nonce")),
                UpdatedAt = updatedAt.ValueKind == JsonValueKind.Number
                    ? updatedAt.GetInt64()
                    : long.Parse(updatedAt.GetString()!, System.Globalization.CultureInfo.InvariantCulture),
            };
        }

        return message.ToByteArray();
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
