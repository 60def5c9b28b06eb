using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

[Category(VectorFile.Category)]
internal sealed class KeyVectorTests
{
    private const string FileName = "keys.json";

    [Test]
    public void EveryKind_IsRead() => VectorFile.AssertKinds(
        FileName,
        "keypair", "node_id", "ecdh", "scalar_arithmetic", "point_arithmetic", "wide_reduction",
        "decode_public_key", "decode_secret_key", "decode_node_id");

    [TestCaseSource(nameof(Cases), new object[] { "keypair" })]
    public void Keypair_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        using var key = CommsSecretKey.FromBytes(vector.Hex("secret_key"));

        Assert.That(key.PublicKey.ToString(), Is.EqualTo(expected.Text("public_key")));
        Assert.That(NodeId.FromPublicKey(key.PublicKey).ToString(), Is.EqualTo(expected.Text("node_id")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "node_id" })]
    public void NodeId_OfAnyBytes_IsTheReferences(JsonElement vector)
    {
        var key = new CommsPublicKey(vector.Hex("public_key_bytes"));

        Assert.That(NodeId.FromPublicKey(key).ToString(), Is.EqualTo(vector.GetProperty("expected").Text("node_id")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "ecdh" })]
    public void KeyExchange_And_KeyMask_AreTheReferencesFromBothSides(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        using var ephemeral = CommsSecretKey.FromBytes(vector.Hex("ephemeral_secret_key"));
        using var recipient = CommsSecretKey.FromBytes(vector.Hex("recipient_secret_key"));
        using var sender = CommsSecretKey.FromBytes(vector.Hex("sender_secret_key"));
        Assert.That(ephemeral.PublicKey.ToString(), Is.EqualTo(expected.Text("ephemeral_public_key")));
        Assert.That(recipient.PublicKey.ToString(), Is.EqualTo(expected.Text("recipient_public_key")));
        Assert.That(sender.PublicKey.ToString(), Is.EqualTo(expected.Text("sender_public_key")));

        byte[] shared = new byte[32];
        Assert.That(KeyExchange.TryAgree(recipient.Scalar, ephemeral.PublicKey, shared));
        Assert.That(Hex(shared), Is.EqualTo(expected.Text("shared_secret")), "the recipient's");
        Assert.That(KeyExchange.TryAgree(ephemeral.Scalar, recipient.PublicKey, shared));
        Assert.That(Hex(shared), Is.EqualTo(expected.Text("shared_secret")), "the sender's");

        byte[] messageKey = new byte[32];
        KeyExchange.DeriveMessageKey(shared, messageKey);
        Assert.That(Hex(messageKey), Is.EqualTo(expected.Text("message_key")));

        byte[] mask = new byte[32];
        KeyExchange.DeriveMask(shared, mask);
        Assert.That(Hex(mask), Is.EqualTo(expected.Text("mask")));

        byte[] maskedSecret = new byte[32];
        CommsPublicKey maskedKey = KeyMask.Mask(mask, sender.Scalar, maskedSecret);
        Assert.That(Hex(maskedSecret), Is.EqualTo(expected.Text("masked_secret_key")));
        Assert.That(maskedKey.ToString(), Is.EqualTo(expected.Text("masked_public_key")));

        byte[] batch = [.. mask, .. new byte[32], .. mask];
        bool[] invertible = new bool[3];
        KeyMask.InvertBatch(batch, invertible);
        Assert.That(invertible[0] && !invertible[1] && invertible[2]);
        Assert.That(Hex(batch.AsSpan(0, 32)), Is.EqualTo(expected.Text("mask_inverse")), "in a batch, first");
        Assert.That(Hex(batch.AsSpan(64, 32)), Is.EqualTo(expected.Text("mask_inverse")), "in a batch, last");

        Assert.That(KeyMask.TryInvert(mask, mask));
        Assert.That(Hex(mask), Is.EqualTo(expected.Text("mask_inverse")));
        Assert.That(KeyMask.TryUnmask(mask, maskedKey, out CommsPublicKey unmasked));
        Assert.That(unmasked.ToString(), Is.EqualTo(expected.Text("unmasked_public_key")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "scalar_arithmetic" })]
    public void RistrettoScalar_Arithmetic_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] a = vector.Hex("a");
        byte[] b = vector.Hex("b");
        byte[] result = new byte[32];

        RistrettoScalar.Add(a, b, result);
        Assert.That(Hex(result), Is.EqualTo(expected.Text("sum")));
        RistrettoScalar.Subtract(a, b, result);
        Assert.That(Hex(result), Is.EqualTo(expected.Text("difference")));
        RistrettoScalar.Multiply(a, b, result);
        Assert.That(Hex(result), Is.EqualTo(expected.Text("product")));
        Assert.That(RistrettoScalar.TryInvert(a, result));
        Assert.That(Hex(result), Is.EqualTo(expected.Text("a_inverse")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "point_arithmetic" })]
    public void Ristretto255_Arithmetic_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] p = vector.Hex("p");
        byte[] q = vector.Hex("q");
        byte[] result = new byte[32];

        Assert.That(Ristretto255.TryAdd(p, q, result));
        Assert.That(Hex(result), Is.EqualTo(expected.Text("sum")));
        Assert.That(Ristretto255.TrySubtract(p, q, result));
        Assert.That(Hex(result), Is.EqualTo(expected.Text("difference")));
        Assert.That(Ristretto255.TryMultiply(vector.Hex("k"), p, result));
        Assert.That(Hex(result), Is.EqualTo(expected.Text("k_times_p")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "wide_reduction" })]
    public void RistrettoScalar_ReduceWide_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] result = new byte[32];
        KeyFormatError error = RistrettoScalar.ReduceWide(vector.Hex("bytes"), result);
        switch (expected.Text("result"))
        {
            case "ok":
                Assert.That(error, Is.EqualTo(KeyFormatError.None));
                Assert.That(Hex(result), Is.EqualTo(expected.Text("scalar")));
                break;
            case "error":
                Assert.That(error.ToString(), Is.EqualTo(expected.Text("error")));
                break;
            default:
                Assert.Fail("unknown result " + expected.Text("result"));
                break;
        }
    }

    [TestCaseSource(nameof(Cases), new object[] { "decode_public_key" })]
    public void PublicKey_IsTakenByLengthAndCheckedAsAPointLater(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] bytes = vector.Hex("bytes");
        switch (expected.Text("from_canonical_bytes"))
        {
            case "ok":
                var key = new CommsPublicKey(bytes);
                Assert.That(key.ToString(), Is.EqualTo(expected.OptionalText("reencoded") ?? Hex(bytes)));
                break;
            case "error":
                Assert.That(expected.Text("from_canonical_bytes_error"), Is.EqualTo(nameof(KeyFormatError.IncorrectLength)));
                Assert.That(() => new CommsPublicKey(bytes), Throws.ArgumentException);
                Assert.That(expected.Optional("to_public_key"), Is.Null);
                return;
            default:
                Assert.Fail("unknown verdict " + expected.Text("from_canonical_bytes"));
                return;
        }

        switch (expected.Text("to_public_key"))
        {
            case "ok":
                Assert.That(Ristretto255.IsPoint(bytes));
                Assert.That(Ristretto255.IsIdentity(bytes), Is.EqualTo(expected.GetProperty("is_identity").GetBoolean()));
                byte[] same = new byte[32];
                Assert.That(Ristretto255.TryMultiply(Scalars.Small(1), bytes, same));
                Assert.That(Hex(same), Is.EqualTo(expected.Text("reencoded")));
                break;
            case "error":
                Assert.That(expected.Text("to_public_key_error"), Is.EqualTo(nameof(KeyFormatError.ConversionError)));
                Assert.That(Ristretto255.IsPoint(bytes), Is.False);
                Assert.That(Ristretto255.TryMultiply(Scalars.Small(1), bytes, new byte[32]), Is.False);
                Assert.That(Ristretto255.TryAdd(bytes, new byte[32], new byte[32]), Is.False);
                Assert.That(Ristretto255.TrySubtract(new byte[32], bytes, new byte[32]), Is.False);
                break;
            default:
                Assert.Fail("unknown verdict " + expected.Text("to_public_key"));
                break;
        }
    }

    [TestCaseSource(nameof(Cases), new object[] { "decode_secret_key" })]
    public void SecretKey_IsReadAsTheReferenceReadsIt(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] bytes = vector.Hex("bytes");
        KeyFormatError error = CommsSecretKey.TryFromBytes(bytes, out CommsSecretKey? key);
        using (key)
        {
            switch (expected.Text("from_canonical_bytes"))
            {
                case "ok":
                    Assert.That(error, Is.EqualTo(KeyFormatError.None));
                    Assert.That(Hex(key!.Scalar), Is.EqualTo(expected.Text("reencoded")));
                    Assert.That(
                        RistrettoScalar.TryInvert(bytes, new byte[32]), Is.EqualTo(expected.GetProperty("invertible").GetBoolean()));
                    break;
                case "error":
                    Assert.That(error.ToString(), Is.EqualTo(expected.Text("error")));
                    Assert.That(key, Is.Null);
                    break;
                default:
                    Assert.Fail("unknown verdict " + expected.Text("from_canonical_bytes"));
                    break;
            }
        }
    }

    [TestCaseSource(nameof(Cases), new object[] { "decode_node_id" })]
    public void NodeId_OfThirteenBytesOnly_IsTaken(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] bytes = vector.Hex("bytes");
        switch (expected.Text("from_canonical_bytes"))
        {
            case "ok":
                Assert.That(new NodeId(bytes).ToString(), Is.EqualTo(expected.Text("reencoded")));
                break;
            case "error":
                Assert.That(() => new NodeId(bytes), Throws.ArgumentException);
                break;
            default:
                Assert.Fail("unknown verdict " + expected.Text("from_canonical_bytes"));
                break;
        }
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
