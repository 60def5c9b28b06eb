using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

/// <summary>The signature's own part of the identity vectors; <c>PeerIdentityVectorTests</c> has the messages.</summary>
[Category(VectorFile.Category)]
internal sealed class IdentityVectorTests
{
    private const string FileName = "identity.json";

    [Test]
    public void EveryKind_IsKnown() => VectorFile.AssertKinds(FileName, "sign", "verify", "peer_identity_msg");

    [TestCaseSource(nameof(Cases), new object[] { "sign" })]
    public void Sign_WithAGivenNonce_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        using var key = CommsSecretKey.FromBytes(vector.Hex("secret_key"));
        uint features = vector.GetProperty("features").GetUInt32();
        ReadOnlyMemory<byte>[] addresses = Addresses(vector);

        IdentitySignature signature = IdentitySignature.Sign(
            key,
            vector.Hex("nonce_secret"),
            vector.GetProperty("version").GetByte(),
            features,
            addresses,
            vector.GetProperty("updated_at").GetInt64());

        VectorFile.AssertBytes(expected.GetProperty("public_key"), key.PublicKey.Bytes, "public key");
        VectorFile.AssertBytes(expected.GetProperty("public_nonce"), signature.PublicNonce.Bytes, "public nonce");
        VectorFile.AssertBytes(expected.GetProperty("signature"), signature.Scalar, "signature");

        byte[] challenge = new byte[64];
        byte[] scalar = new byte[32];
        IdentitySignature.Challenge(
            key.PublicKey, signature.PublicNonce.Bytes, signature.Version, features, addresses, signature.UpdatedAt, challenge);
        VectorFile.AssertBytes(expected.GetProperty("challenge"), challenge, "challenge");
        Assert.That(RistrettoScalar.ReduceWide(challenge, scalar), Is.EqualTo(KeyFormatError.None));
        VectorFile.AssertBytes(expected.GetProperty("challenge_scalar"), scalar, "challenge scalar");

        Assert.That(expected.Text("decode"), Is.EqualTo("ok"));
        Assert.That(signature.Verify(key.PublicKey, features, addresses, Now(vector)), Is.EqualTo(Verdict(expected.Text("verify"))));

        IdentitySignature? read = Read(expected.Hex("wire"));
        Assert.That(read?.Verify(key.PublicKey, features, addresses, Now(vector)), Is.EqualTo(Verdict(expected.Text("verify"))));

        byte[] written = new byte[IdentitySignatureCodec.GetEncodedLength(signature)];
        Assert.That(IdentitySignatureCodec.Write(signature, written), Is.EqualTo(written.Length));
        VectorFile.AssertBytes(expected.GetProperty("wire"), written, "wire");
        VectorFile.AssertBytes(expected.GetProperty("reencoded"), written, "encoded again");
    }

    [TestCaseSource(nameof(Cases), new object[] { "verify" })]
    public void Verify_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        IdentitySignature? signature = Read(vector.Hex("wire"));
        IdentitySignatureStatus? status = signature?.Verify(
            new CommsPublicKey(vector.Hex("public_key")), vector.GetProperty("features").GetUInt32(), Addresses(vector), Now(vector));
        switch (expected.Text("decode"))
        {
            case "ok":
                Assert.That(status, Is.EqualTo(Verdict(expected.Text("verify"))));
                break;
            case "InvalidIdentitySignature":
                Assert.That(status, Is.Null);
                break;
            default:
                Assert.Fail("unknown verdict " + expected.Text("decode"));
                break;
        }
    }

    private static IdentitySignatureStatus Verdict(string name) => name switch
    {
        "ok" => IdentitySignatureStatus.Ok,
        "InvalidIdentitySignature" => IdentitySignatureStatus.Invalid,
        "IdentitySignatureFromFuture" => IdentitySignatureStatus.FromFuture,
        _ => throw new InvalidDataException("unknown verdict " + name),
    };

    // null if that is not what it is.
    private static IdentitySignature? Read(byte[] wire) =>
        IdentitySignatureCodec.TryDecode(wire, out IdentitySignature signature) == PeerClaimError.None ? signature : null;

    private static DateTimeOffset Now(JsonElement vector) => DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());

    private static ReadOnlyMemory<byte>[] Addresses(JsonElement vector) =>
        [.. vector.GetProperty("addresses").EnumerateArray().Select(address => (ReadOnlyMemory<byte>)address.Hex("bytes"))];

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
