using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

/// <summary>The reference's worked example: secrets 2 (node A), 7 (node V), 5 (ephemeral), nonce 3, body ["hello"].</summary>
internal sealed class KnownAnswerTests
{
    private const string BindingHash1 = "709ad444c34ae00a7488bf5ff6ab1343c0f5f31da31a1b5bb6be06ed23f55baf";
    private const string BindingHash3 = "7dfe4f4bce9538034a3791d424c71f3f8127e88cf33f820a78cb644db60de779";
    private const string Nonce = "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259";
    private const string MaskedKey = "f2d7bf06be5b0e2a17206a2cd70138efffe3c0de6eebc9d3cc5799383c92e60b";

    private static readonly byte[] s_body = Convert.FromHexString("0a0568656c6c6f");

    private CommsSecretKey _nodeA = null!;
    private CommsSecretKey _nodeV = null!;
    private CommsSecretKey _ephemeral = null!;

    [SetUp]
    public void MakeKeys()
    {
        _nodeA = CommsSecretKey.FromBytes(Scalars.Small(2));
        _nodeV = CommsSecretKey.FromBytes(Scalars.Small(7));
        _ephemeral = CommsSecretKey.FromBytes(Scalars.Small(5));
    }

    [TearDown]
    public void DisposeKeys()
    {
        _nodeA.Dispose();
        _nodeV.Dispose();
        _ephemeral.Dispose();
    }

    [Test]
    public void Keys_and_node_ids()
    {
        Assert.That(_nodeA.PublicKey.ToString(), Is.EqualTo("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"));
        Assert.That(_nodeV.PublicKey.ToString(), Is.EqualTo("44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d"));
        Assert.That(_ephemeral.PublicKey.ToString(), Is.EqualTo("e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e"));
        Assert.That(NodeId.FromPublicKey(_nodeA.PublicKey).ToString(), Is.EqualTo("0692b27f29fbe0e8c1317879e0"));
        Assert.That(NodeId.FromPublicKey(_nodeV.PublicKey).ToString(), Is.EqualTo("70f64e48bf5df39fe69f3edee1"));
    }

    [Test]
    public void Signature_of_a_clear_text_message()
    {
        MessageSignature signature = Sign(_nodeA.Scalar, _nodeA.PublicKey, BindingHash1);

        Assert.That(signature.PublicNonce.ToString(), Is.EqualTo(Nonce));
        Assert.That(Hex(signature.Scalar), Is.EqualTo("b08778a14775711465638e76c89bc67ec634e5fa309e87c9c548c8c0713cf00e"));

        byte[] wire = new byte[MessageSignature.WireLength];
        signature.WriteTo(wire);
        Assert.That(
            Hex(wire),
            Is.EqualTo("0a20" + _nodeA.PublicKey + "1220" + Nonce
                + "1a20b08778a14775711465638e76c89bc67ec634e5fa309e87c9c548c8c0713cf00e"));
        Assert.That(signature.Verify(Convert.FromHexString(BindingHash1)), Is.EqualTo(MessageSignatureError.None));
    }

    [Test]
    public void Encrypted_message_from_A_to_V()
    {
        byte[] shared = new byte[32];
        Assert.That(KeyExchange.TryAgree(_ephemeral.Scalar, _nodeV.PublicKey, shared));
        Assert.That(Hex(shared), Is.EqualTo("ae831391aa3a7a390a9be05e863f21e5a50033b847096cf7565a461050e1d91e"));

        byte[] messageKey = new byte[32];
        KeyExchange.DeriveMessageKey(shared, messageKey);
        Assert.That(Hex(messageKey), Is.EqualTo("74110228ab7f1396788481eef7bc3c22a59d0bfa0dcfa643fbeecc131129f26c"));

        byte[] mask = new byte[32];
        KeyExchange.DeriveMask(shared, mask);
        Assert.That(Hex(mask), Is.EqualTo("c896bc70e5b97373259b4816c8bfe9b48e657a17a5fd49a5683ca7376ff05000"));

        byte[] maskedSecret = new byte[32];
        CommsPublicKey maskedKey = KeyMask.Mask(mask, _nodeA.Scalar, maskedSecret);
        Assert.That(maskedKey.ToString(), Is.EqualTo(MaskedKey));

        byte[] buffer = new byte[6016];
        s_body.CopyTo(buffer, MessageCipher.PrefixLength);
        Sealing.Seal(messageKey, maskedKey.Bytes, buffer, s_body.Length);
        byte[] digest = new byte[32];
        Blake2b.Hash(buffer, digest);
        Assert.That(Hex(buffer.AsSpan(0, 16)), Is.EqualTo("3b4aad8af25982ac854daa3e44aa3284"));
        Assert.That(Hex(buffer.AsSpan(6000)), Is.EqualTo("842ab32677e273bfb845ac4af90f4d0c"));
        Assert.That(Hex(digest), Is.EqualTo("c01ca14546c1518169ebdbd13accdfca01016de53152afcb89df7be28033349d"));

        MessageSignature signature = Sign(maskedSecret, maskedKey, BindingHash3);
        Assert.That(Hex(signature.Scalar), Is.EqualTo("77d3bc0cd0fe2553a3b9a608d5a3dee82fc002f8c14eb5a9943f57cb048bfb09"));

        Assert.That(signature.Verify(Convert.FromHexString(BindingHash3)), Is.EqualTo(MessageSignatureError.None));
        Assert.That(MessageCipher.TryOpen(messageKey, signature.Signer.Bytes, buffer, out Range message), Is.EqualTo(DhtEncryptError.None));
        Assert.That(buffer[message], Is.EqualTo(s_body));
        Assert.That(KeyMask.TryInvert(mask, mask));
        Assert.That(KeyMask.TryUnmask(mask, signature.Signer, out CommsPublicKey sender));
        Assert.That(sender, Is.EqualTo(_nodeA.PublicKey));
    }

    [Test]
    public void Identity_signature()
    {
        ReadOnlyMemory<byte>[] addresses = [Convert.FromHexString("041717171706470d")];
        byte[] challenge = new byte[64];
        IdentitySignature.Challenge(_nodeA.PublicKey, Convert.FromHexString(Nonce), 0, 3, addresses, 1_700_000_000, challenge);
        Assert.That(
            Hex(challenge),
            Is.EqualTo(
                "87155beba42d465c9e9afdabadf42eeb0a3311dddf7fdfb9d97499dbda718091"
                + "822a18536b8346455afc473c9c33d705376e85b71960ea0431d704c8f951415c"));

        IdentitySignature signature = IdentitySignature.Sign(_nodeA, Scalars.Small(3), 0, 3, addresses, 1_700_000_000);
        Assert.That(Hex(signature.Scalar), Is.EqualTo("c2703833d8bc54c533ec7258022cfcb6978557bd1dca2f10adbc0ab0d7ea7002"));
    }

    private static MessageSignature Sign(ReadOnlySpan<byte> secret, in CommsPublicKey publicKey, string bindingHash) =>
        MessageSignature.Sign(secret, publicKey, Scalars.Small(3), Convert.FromHexString(bindingHash));

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
