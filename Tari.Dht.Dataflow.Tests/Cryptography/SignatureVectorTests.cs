using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

[Category(VectorFile.Category)]
internal sealed class SignatureVectorTests
{
    private const string FileName = "signatures.json";

    [Test]
    public void EveryKind_IsRead() => VectorFile.AssertKinds(FileName, "sign", "verify");

    [TestCaseSource(nameof(Cases), new object[] { "sign" })]
    public void Sign_WithAGivenNonce_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] message = vector.Hex("message");
        using var key = CommsSecretKey.FromBytes(vector.Hex("secret_key"));

        MessageSignature signature = MessageSignature.Sign(key.Scalar, key.PublicKey, vector.Hex("nonce_secret"), message);

        byte[] wire = new byte[MessageSignature.WireLength];
        signature.WriteTo(wire);
        VectorFile.AssertBytes(expected.GetProperty("wire"), wire, "wire");

        byte[] challenge = new byte[64];
        byte[] scalar = new byte[32];
        MessageSignature.Challenge(signature.Signer.Bytes, signature.PublicNonce.Bytes, message, challenge);
        VectorFile.AssertBytes(expected.GetProperty("challenge"), challenge, "challenge");
        Assert.That(RistrettoScalar.ReduceWide(challenge, scalar), Is.EqualTo(KeyFormatError.None));
        VectorFile.AssertBytes(expected.GetProperty("challenge_scalar"), scalar, "challenge scalar");
        AssertVerdict(expected, wire, message);
    }

    [TestCaseSource(nameof(Cases), new object[] { "verify" })]
    public void Verify_IsTheReferences(JsonElement vector) =>
        AssertVerdict(vector.GetProperty("expected"), vector.Hex("wire"), vector.Hex("message"));

    private static void AssertVerdict(JsonElement expected, byte[] wire, byte[] message)
    {
        Assert.That(expected.Text("protobuf"), Is.AnyOf("ok", "error"));
        bool isWhole = false;
        MessageSignature decoded = default;
        if (expected.Text("protobuf") == "ok")
        {
            JsonElement fields = expected.GetProperty("fields");
            byte[] signer = fields.Hex("signer_public_key");
            byte[] nonce = fields.Hex("public_nonce");
            byte[] scalar = fields.Hex("signature");
            isWhole = signer.Length == 32 && nonce.Length == 32 && scalar.Length == 32;
            if (isWhole)
            {
                decoded = new MessageSignature(new CommsPublicKey(signer), new CommsPublicKey(nonce), scalar);

                // Null in "verify" stands for not reached, as decoding failed already.
                string verdict = expected.Text("decode") == "ok" ? expected.Text("verify") : expected.Text("decode");
                MessageSignatureError error = verdict == "ok" ? MessageSignatureError.None : Enum.Parse<MessageSignatureError>(verdict);
                Assert.That(decoded.Verify(message), Is.EqualTo(error));
                Assert.That(decoded.IsValid(message), Is.EqualTo(error == MessageSignatureError.None));
            }
        }

        // A part of another length never makes 102 canonical bytes; whether the scalar is canonical is left to Verify.
        bool isCanonical = expected.Optional("canonical")?.GetBoolean() ?? false;
        Assert.That(MessageSignature.TryReadCanonical(wire, out MessageSignature read), Is.EqualTo(isCanonical && isWhole));
        Assert.That(read, Is.EqualTo(isCanonical ? decoded : default));
        Assert.That(
            isCanonical && isWhole && read.Verify(message) == MessageSignatureError.None,
            Is.EqualTo(expected.GetProperty("accepted_inbound").GetBoolean()));

        if (isWhole)
        {
            byte[] written = new byte[MessageSignature.WireLength];
            decoded.WriteTo(written);
            if (expected.OptionalHex("canonical_bytes") is { } canonicalBytes)
            {
                Assert.That(written, Is.EqualTo(canonicalBytes));
            }

            Assert.That(written.AsSpan().SequenceEqual(wire), Is.EqualTo(isCanonical));
        }
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
