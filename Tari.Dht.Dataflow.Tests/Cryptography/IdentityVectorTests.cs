using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

/// <summary>The signature's own part of the identity vectors: reading the wire form is taken from the test itself.</summary>
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
            key, vector.Hex("nonce_secret"), vector.GetProperty("version").GetByte(), features, addresses, vector.GetProperty("updated_at").GetInt64());

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
                // What the reference refuses when it decodes it is refused here when it is read or verified.
                Assert.That(status, Is.Null.Or.EqualTo(IdentitySignatureStatus.Invalid));
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

    // { uint32 version = 1; bytes signature = 2; bytes public_nonce = 3; int64 updated_at = 4; }; null if that is not what it is.
    private static IdentitySignature? Read(byte[] wire)
    {
        ulong version = 0;
        ulong updatedAt = 0;
        byte[] scalar = [];
        byte[] nonce = [];
        int position = 0;
        while (position < wire.Length)
        {
            ulong tag = Varint();
            ulong value = Varint();
            byte[] bytes = [];
            if ((tag & 7) == 2)
            {
                if (position > wire.Length || value > (ulong)(wire.Length - position))
                {
                    return null;
                }

                bytes = wire[position..(position += (int)value)];
            }

            switch (tag)
            {
                case 0x08:
                    version = value;
                    break;
                case 0x12:
                    scalar = bytes;
                    break;
                case 0x1a:
                    nonce = bytes;
                    break;
                case 0x20:
                    updatedAt = value;
                    break;
                default:
                    // A field that is not known is passed over, as long as it is one.
                    if (tag < 8 || (tag & 7) is not (0 or 2))
                    {
                        return null;
                    }

                    break;
            }
        }

        return position != wire.Length || version > byte.MaxValue || scalar.Length != 32 || nonce.Length != 32
            ? null
            : new IdentitySignature((byte)version, new CommsPublicKey(nonce), scalar, (long)updatedAt);

        // Past the end of what is left it leaves a position that no caller takes for the end.
        ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; position < wire.Length; shift += 7)
            {
                byte next = wire[position++];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            position = wire.Length + 1;
            return 0;
        }
    }

    private static DateTimeOffset Now(JsonElement vector) => DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());

    private static ReadOnlyMemory<byte>[] Addresses(JsonElement vector) =>
        [.. vector.GetProperty("addresses").EnumerateArray().Select(address => (ReadOnlyMemory<byte>)address.Hex("bytes"))];

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
