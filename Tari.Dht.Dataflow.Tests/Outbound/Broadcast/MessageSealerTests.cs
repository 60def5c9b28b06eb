using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound.Broadcast;

[TestFixture]
internal sealed class MessageSealerTests
{
    private const ulong Expires = 1_700_000_000;

    private readonly byte[] _text = [10, 3, 1, 2, 3];

    [Test]
    public void An_encrypted_message_is_signed_by_a_key_that_its_recipient_unmasks([Values] bool hasReserve)
    {
        using NodeIdentity sender = NodeIdentity.Generate();
        using NodeIdentity recipient = NodeIdentity.Generate();
        var pool = new CheckingArrayPool();
        var sealer = new MessageSealer(sender, DhtProtocolVersion.V2, hasReserve ? new OneTimeKeys() : null);
        FinalSendMessageParams parameters = ParametersFor(recipient.PublicKey);
        var nonces = new HashSet<CommsPublicKey>();
        for (int i = 0; i < 50; i++)
        {
            using OutboundBody body = OutboundBody.Copy(pool, _text, encrypt: true);
            Assert.That(sealer.TrySeal(parameters, body, Expires, out SealedMessage message), Is.True);
            Assert.That(nonces.Add(message.Signature.PublicNonce), "a nonce is never used twice");
            Assert.That(nonces.Add(message.EphemeralKey), "nor is an ephemeral key");

            byte[] bindingHash = new byte[BindingHash.Length];
            CommsPublicKey ephemeralKey = message.EphemeralKey;
            var header = new DhtHeaderView(
                DhtProtocolVersion.V2,
                parameters.Destination,
                messageSignature: default,
                ephemeralKey.Bytes,
                parameters.MessageType,
                message.Flags,
                messageTag: 0,
                Expires);
            BindingHash.Compute(header, body.Span, bindingHash);
            Assert.That(message.Signature.Verify(bindingHash), Is.EqualTo(MessageSignatureError.None));

            byte[] shared = new byte[KeyExchange.SharedSecretLength];
            byte[] mask = new byte[KeyMask.Length];
            Assert.That(KeyExchange.TryAgree(recipient.SecretKey.Scalar, ephemeralKey, shared), Is.True);
            KeyExchange.DeriveMask(shared, mask);
            Assert.That(KeyMask.TryInvert(mask, mask), Is.True);
            Assert.That(KeyMask.TryUnmask(mask, message.Signature.Signer, out CommsPublicKey unmasked), Is.True);
            Assert.That(unmasked, Is.EqualTo(sender.PublicKey));
        }

        pool.AssertWhole();
    }

    [Test]
    public void A_recipient_that_is_no_point_is_refused_and_the_next_one_is_served()
    {
        using NodeIdentity sender = NodeIdentity.Generate();
        using NodeIdentity recipient = NodeIdentity.Generate();
        var pool = new CheckingArrayPool();
        var sealer = new MessageSealer(sender, DhtProtocolVersion.V2);
        byte[] noPoint = new byte[CommsPublicKey.Length];
        noPoint.AsSpan().Fill(0xff);
        for (int i = 0; i < 10; i++)
        {
            using OutboundBody refused = OutboundBody.Copy(pool, _text, encrypt: true);
            Assert.That(sealer.TrySeal(ParametersFor(new CommsPublicKey(noPoint)), refused, Expires, out _), Is.False);
            using OutboundBody body = OutboundBody.Copy(pool, _text, encrypt: true);
            Assert.That(sealer.TrySeal(ParametersFor(recipient.PublicKey), body, Expires, out SealedMessage message), Is.True);
            Assert.That(Ristretto255.IsIdentity(message.EphemeralKey.Bytes), Is.False);
        }

        pool.AssertWhole();
    }

    private static FinalSendMessageParams ParametersFor(in CommsPublicKey recipient) => new SendMessageParams()
        .DirectPublicKey(recipient)
        .WithDestination(new NodeDestination(recipient))
        .WithEncryption(OutboundEncryption.EncryptFor(recipient))
        .Finish();
}
