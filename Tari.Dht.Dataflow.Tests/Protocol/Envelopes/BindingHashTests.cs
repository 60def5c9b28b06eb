using System.Security.Cryptography;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class BindingHashTests
{
    private static readonly byte[] s_body = Convert.FromHexString("0a0568656c6c6f");

    private static IEnumerable<TestCaseData> Challenges => VectorFile.Cases("hashing.json", "binding_challenge");

    [Test]
    public void Compute_ForUnknownWithoutAnythingElse_IsTheKnownHash()
    {
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 1, null);

        Assert.That(Compute(header, s_body), Is.EqualTo("709ad444c34ae00a7488bf5ff6ab1343c0f5f31da31a1b5bb6be06ed23f55baf"));
    }

    [Test]
    public void Compute_ForAJoinToAKeyWithAnExpiry_IsTheKnownHash()
    {
        var destination = new NodeDestination(CommsPublicKey.FromHex(DhtMessageHeaderTests.KeyV));
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2, destination, default, default, DhtMessageType.Join, DhtMessageFlags.None, 0, 1_900_000_000);

        Assert.That(Compute(header, s_body), Is.EqualTo("254ee310e184d33e1002b2e18d5fd4f5bb8ca32d30b70498f42040771f7b1cc0"));
    }

    [Test]
    public void Compute_ForAnEncryptedMessage_IsTheKnownHash()
    {
        byte[] plaintext = new byte[6000];
        plaintext[0] = (byte)s_body.Length;
        s_body.CopyTo(plaintext, 4);
        byte[] ciphertext = new byte[6016];
        using (var aead = new ChaCha20Poly1305(Convert.FromHexString("74110228ab7f1396788481eef7bc3c22a59d0bfa0dcfa643fbeecc131129f26c")))
        {
            byte[] maskedSender = Convert.FromHexString("f2d7bf06be5b0e2a17206a2cd70138efffe3c0de6eebc9d3cc5799383c92e60b");
            aead.Encrypt(new byte[12], plaintext, ciphertext.AsSpan(0, 6000), ciphertext.AsSpan(6000), maskedSender);
        }

        var destination = new NodeDestination(CommsPublicKey.FromHex(DhtMessageHeaderTests.KeyV));
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2,
            destination,
            default,
            Convert.FromHexString(DhtMessageHeaderTests.EphemeralKey),
            DhtMessageType.None,
            DhtMessageFlags.Encrypted,
            0,
            null);

        Assert.That(Compute(header, ciphertext), Is.EqualTo("7dfe4f4bce9538034a3791d424c71f3f8127e88cf33f820a78cb644db60de779"));
    }

    [Test]
    public void Compute_OfTagSignatureAndZerosForNothing_IgnoresThem()
    {
        var bare = new DhtHeaderView(DhtProtocolVersion.V2, default, default, default, DhtMessageType.None, DhtMessageFlags.None, 0, null);
        var dressed = new DhtHeaderView(
            DhtProtocolVersion.V2, default, [1, 2], new byte[32], DhtMessageType.None, DhtMessageFlags.None, 7, 0);

        Assert.That(Compute(dressed, s_body), Is.EqualTo(Compute(bare, s_body)));
    }

    [Test]
    public void Compute_IntoADigestOfAnotherLength_Throws() =>
        Assert.That(() => BindingHash.Compute(default, default, new byte[31]), Throws.ArgumentException);

    [TestCaseSource(nameof(Challenges))]
    [Category(VectorFile.Category)]
    public void Compute_OfAVector_IsItsDigest(JsonElement vector)
    {
        NodeDestination destination = vector.Text("destination") switch
        {
            "unknown" => default,
            "public_key" => new NodeDestination(new CommsPublicKey(vector.Hex("destination_public_key"))),
            string other => throw new InvalidDataException(other),
        };
        var header = new DhtHeaderView(
            (DhtProtocolVersion)vector.GetProperty("version").GetUInt32(),
            destination,
            default,
            vector.OptionalHex("ephemeral_public_key"),
            (DhtMessageType)vector.GetProperty("message_type").GetInt32(),
            (DhtMessageFlags)vector.GetProperty("flags").GetUInt32(),
            0,
            vector.OptionalText("expires") is { } expires ? ulong.Parse(expires) : null);
        byte[] form = new byte[NodeDestination.HashFormLength];
        destination.WriteHashForm(form);

        Assert.That(Convert.ToHexStringLower(form), Is.EqualTo(vector.Text("destination_inner_bytes")));
        Assert.That(Compute(header, vector.GetProperty("body").Blob()), Is.EqualTo(vector.GetProperty("expected").Text("digest")));
    }

    internal static string Compute(in DhtHeaderView header, ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[BindingHash.Length];
        BindingHash.Compute(header, body, digest);
        return Convert.ToHexStringLower(digest);
    }
}
