using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using static Tari.Dht.Dataflow.Tests.Support.EnvelopeFactory;

namespace Tari.Dht.Dataflow.Tests.Inbound.Decrypt;

/// <summary>The stage with one message at a time; <see cref="DecryptionStageBatchTests"/> has the batches.</summary>
[TestFixture]
internal sealed class DecryptionStageTests
{
    private static readonly byte[] s_text = "Last enemy position 0830h AJ 9863"u8.ToArray();

    private InboundForms _forms = null!;
    private NodeIdentity _node = null!;
    private NodeIdentity _sender = null!;
    private NodeIdentity _other = null!;

    public enum Recipient
    {
        ThisNode,
        AnotherNode,
    }

    [SetUp]
    public void SetUp()
    {
        _forms = new InboundForms();
        _node = NodeIdentity.Generate();
        _sender = NodeIdentity.Generate();
        _other = NodeIdentity.Generate();
    }

    [TearDown]
    public void PoolIsWhole()
    {
        _node.Dispose();
        _sender.Dispose();
        _other.Dispose();
        _forms.Pool.AssertWhole();
    }

    [Test]
    public void Encrypted_and_signed_for_this_node_is_opened_and_keeps_no_raw_body()
    {
        using DecryptedDhtMessage message = Pass(Encrypted(_sender, _node.PublicKey, s_text));
        Assert.Multiple(() =>
        {
            Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
            Assert.That(message.DecryptionSucceeded);
            Assert.That(message.DecryptionFailed, Is.False);
            Assert.That(message.RawBody.IsEmpty);
            Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
        });
    }

    [Test]
    public void A_node_opens_what_it_encrypted_for_itself()
    {
        using DecryptedDhtMessage message = Pass(Encrypted(_node, _node.PublicKey, s_text));
        Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
        Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_node.PublicKey));
    }

    [Test]
    public void Encrypted_for_another_node_passes_undecrypted_with_the_body_as_received()
    {
        EnvelopeFactory envelope = Encrypted(_sender, _other.PublicKey, s_text);
        using DecryptedDhtMessage message = Pass(envelope);
        Assert.Multiple(() =>
        {
            Assert.That(message.DecryptionFailed);
            Assert.That(message.RawBody.ToArray(), Is.EqualTo(envelope.Body));
            Assert.That(message.AuthenticatedOrigin, Is.Null, "the signature proves control of a masked key alone");
            Assert.That(() => message.Body, Throws.InvalidOperationException);
        });
    }

    [Test]
    public void Encrypted_with_an_empty_body_is_bad_semantics_whoever_it_is_for([Values] Recipient recipient) =>
        AssertDropped(EncryptedFor(recipient).With(f => f.Body = []), DropReason.BadEncryptedMessageSemantics);

    [Test]
    public void Addressed_here_and_flagged_as_encrypted_but_in_clear_can_not_be_decrypted() =>
        AssertDropped(
            EncryptedFor(Recipient.ThisNode).With(f => f.Body = EncodeBody("Cannot Decrypt this"u8.ToArray())).SignedBy(_sender),
            DropReason.MessageRejectDecryptionFailed);

    [Test]
    public void Encrypted_without_destination_is_bad_semantics() =>
        AssertDropped(
            EncryptedFor(Recipient.ThisNode).With(f => f.Destination = NodeDestination.Unknown), DropReason.BadEncryptedMessageSemantics);

    [Test]
    public void The_last_byte_of_the_signature_inverted_is_an_invalid_signature([Values] bool encrypted, [Values] Recipient recipient) =>
        AssertDropped(Signed(encrypted, recipient).With(f => f.Signature[^1] ^= 0xff), DropReason.InvalidSignature);

    [Test]
    public void Any_bit_of_the_signed_fields_changed_is_an_invalid_signature([Values] bool encrypted, [Values] Recipient recipient)
    {
        (string Field, Action<EnvelopeFactory> Change)[] mutations =
        [
            ("version", f => f.Version = DhtProtocolVersion.V1),
            ("type", f => f.MessageType = DhtMessageType.Join),
            ("expiry", f => f.Expires = 4_000_000_000),
            ("body", f => f.Body[^1] ^= 1),
            ("ephemeral key", f => f.EphemeralPublicKey = [.. _other.PublicKey.Bytes]),
        ];
        foreach ((string field, Action<EnvelopeFactory> change) in mutations)
        {
            Assert.That(Discard(Signed(encrypted, recipient).With(change)), Is.EqualTo(DropReason.InvalidSignature), field);
        }
    }

    [Test]
    public void The_tag_is_not_authenticated([Values] bool encrypted)
    {
        using DecryptedDhtMessage message = Pass(Signed(encrypted, Recipient.ThisNode).With(f => f.Tag = ulong.MaxValue));
        Assert.That(message.Header.MessageTag, Is.EqualTo(ulong.MaxValue));
    }

    [Test]
    public void Encrypted_without_signature_is_bad_semantics([Values] Recipient recipient) =>
        AssertDropped(EncryptedFor(recipient).With(f => f.Signature = []), DropReason.BadEncryptedMessageSemantics);

    [Test]
    public void Encrypted_without_ephemeral_key_is_bad_semantics([Values] Recipient recipient) =>
        AssertDropped(EncryptedFor(recipient).With(f => f.EphemeralPublicKey = []), DropReason.BadEncryptedMessageSemantics);

    [Test]
    public void An_ephemeral_key_that_is_no_point_and_got_past_the_header_is_bad_semantics() =>
        AssertDropped(
            EncryptedFor(Recipient.ThisNode).With(f => f.EphemeralPublicKey = [.. Enumerable.Repeat((byte)0xff, 32)]).SignedBy(_other),
            DropReason.BadEncryptedMessageSemantics);

    [Test]
    public void A_signature_of_32_ones_is_invalid([Values] bool encrypted, [Values] Recipient recipient) =>
        AssertDropped(
            Signed(encrypted, recipient).With(f => f.Signature = [.. Enumerable.Repeat((byte)1, 32)]), DropReason.InvalidSignature);

    [Test]
    public void A_signature_with_a_signer_key_of_8_bytes_is_invalid([Values] bool encrypted, [Values] Recipient recipient) =>
        AssertDropped(
            Signed(encrypted, recipient).With(
                f => f.Signature =
                [
                    .. WireBytes.Delimited(1, new byte[8]),
                    .. WireBytes.Delimited(2, new byte[32]),
                    .. WireBytes.Delimited(3, new byte[32]),
                ]),
            DropReason.InvalidSignature);

    [Test]
    public void A_valid_signature_in_another_encoding_is_invalid_and_the_untouched_one_decrypts([Values] bool encrypted)
    {
        EnvelopeFactory envelope = Signed(encrypted, Recipient.ThisNode);
        byte[] signature = envelope.Signature;
        AssertDropped(envelope.With(f => f.Signature = [.. signature, .. WireBytes.UnknownField]), DropReason.InvalidSignature);
        AssertDropped(envelope.With(f => f.Signature = [0x0a, 0x01, 0x00, .. signature]), DropReason.InvalidSignature);
        AssertDropped(
            envelope.With(f => f.Signature = [.. signature[34..68], .. signature[..34], .. signature[68..]]), DropReason.InvalidSignature);
        using DecryptedDhtMessage message = Pass(envelope.With(f => f.Signature = signature));
        Assert.That(message.DecryptionSucceeded);
    }

    [Test]
    public void A_zero_signer_key_is_invalid_although_the_equation_holds()
    {
        // P = R = identity and s = 0 solve the equation for every message.
        byte[] signature =
            [.. WireBytes.Delimited(1, new byte[32]), .. WireBytes.Delimited(2, new byte[32]), .. WireBytes.Delimited(3, new byte[32])];
        AssertDropped(ClearText(s_text).With(f => f.Signature = signature), DropReason.InvalidSignature);
        AssertDropped(EncryptedFor(Recipient.ThisNode).With(f => f.Signature = signature), DropReason.InvalidSignature);
    }

    [Test]
    public void Clear_text_of_1025_empty_parts_is_dropped_and_an_encrypted_body_of_16_is_read()
    {
        AssertDropped(new EnvelopeFactory { Body = WireBytes.EmptyParts(1025) }, DropReason.EnvelopeBodyDecodeFailed);
        using DecryptedDhtMessage message = Pass(EncryptedPlaintext(_sender, _node.PublicKey, WireBytes.EmptyParts(16)));
        Assert.That(message.Body.PartCount, Is.EqualTo(16));
        Assert.That(message.BodyLength, Is.Zero);
    }

    [Test]
    public void Up_to_16_parts_pass_and_17_are_dropped([Values] bool encrypted, [Values(1, 15, 16, 17, 18)] int parts)
    {
        byte[] body = WireBytes.EmptyParts(parts);
        EnvelopeFactory envelope = encrypted ? EncryptedPlaintext(_sender, _node.PublicKey, body) : new EnvelopeFactory { Body = body };
        if (parts > 16)
        {
            AssertDropped(envelope, DropReason.EnvelopeBodyDecodeFailed);
            return;
        }

        using DecryptedDhtMessage message = Pass(envelope);
        Assert.That(message.Body.PartCount, Is.EqualTo(parts));
    }

    [Test]
    public void What_is_encrypted_for_this_node_and_does_not_decode_is_dropped_and_never_passed_on_undecrypted()
    {
        AssertDropped(EncryptedPlaintext(_sender, _node.PublicKey, WireBytes.EmptyParts(1025)), DropReason.EnvelopeBodyDecodeFailed);
        AssertDropped(EncryptedPlaintext(_sender, _node.PublicKey, WireBytes.Varint(1, 1)), DropReason.EnvelopeBodyDecodeFailed);
        AssertDropped(EncryptedPlaintext(_sender, _node.PublicKey, [0x0a, 0x05, 0x00]), DropReason.EnvelopeBodyDecodeFailed);
    }

    [Test]
    public void A_ciphertext_for_another_key_is_rejected_when_it_is_addressed_here()
    {
        EnvelopeFactory envelope = Encrypted(_sender, _other.PublicKey, s_text).With(
            f => f.Destination = new NodeDestination(_node.PublicKey));
        AssertDropped(envelope.SignedBy(_sender), DropReason.MessageRejectDecryptionFailed);
    }

    [Test]
    public void A_body_shorter_than_a_tag_is_rejected([Values(1, 15, 16)] int length) =>
        AssertDropped(
            EncryptedFor(Recipient.ThisNode).With(f => f.Body = new byte[length]).SignedBy(_sender),
            DropReason.MessageRejectDecryptionFailed);

    [Test]
    public void Clear_text_bodies_without_parts_pass_and_encrypted_ones_do_not()
    {
        // Quirk Q15.
        foreach (byte[] body in (byte[][])[[], WireBytes.UnknownField])
        {
            using (DecryptedDhtMessage unsigned = Pass(new EnvelopeFactory { Body = body }))
            {
                Assert.That(unsigned.Body.PartCount, Is.Zero);
            }

            using (DecryptedDhtMessage signed = Pass(new EnvelopeFactory { Body = body }.SignedBy(_sender)))
            {
                Assert.That(signed.Body.PartCount, Is.Zero);
            }

            AssertDropped(EncryptedPlaintext(_sender, _node.PublicKey, body), DropReason.EnvelopeBodyDecodeFailed);
        }
    }

    [Test]
    public void Clear_text_without_its_signature_is_another_message_without_origin()
    {
        // Quirk Q16.
        EnvelopeFactory envelope = ClearText(s_text).SignedBy(_sender);
        using DecryptedDhtMessage signed = Pass(envelope);
        using DecryptedDhtMessage stripped = Pass(envelope.With(f => f.Signature = []));
        Assert.Multiple(() =>
        {
            Assert.That(signed.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
            Assert.That(stripped.AuthenticatedOrigin, Is.Null);
            Assert.That(stripped.HasMessageSignature, Is.False);
            Assert.That(Parts(stripped), Is.EqualTo(Parts(signed)));
            Assert.That(stripped.DedupHash, Is.Not.EqualTo(signed.DedupHash));
        });
    }

    [Test]
    public void The_identity_as_ephemeral_key_opens_with_the_keys_of_the_identity()
    {
        // Quirk Q3: everyone can compute these keys; the message is accepted all the same.
        byte[] shared = new byte[32];
        byte[] key = new byte[32];
        byte[] mask = new byte[32];
        byte[] maskedSecret = new byte[32];
        KeyExchange.DeriveMessageKey(shared, key);
        KeyExchange.DeriveMask(shared, mask);
        CommsPublicKey maskedKey = KeyMask.Mask(mask, _sender.SecretKey.Scalar, maskedSecret);
        byte[] plaintext = EncodeBody(s_text);
        byte[] body = new byte[MessageCipher.BaseLength + MessageCipher.TagLength];
        plaintext.CopyTo(body, MessageCipher.PrefixLength);
        Sealing.Seal(key, maskedKey.Bytes, body, plaintext.Length);
        var envelope = new EnvelopeFactory
        {
            Destination = new NodeDestination(_node.PublicKey),
            Flags = DhtMessageFlags.Encrypted,
            EphemeralPublicKey = new byte[32],
            Body = body,
        };
        envelope.Signature = envelope.SignatureBy(maskedSecret, maskedKey);

        using DecryptedDhtMessage message = Pass(envelope);
        Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
        Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
    }

    [Test]
    public void An_ephemeral_key_in_clear_text_means_nothing()
    {
        using DecryptedDhtMessage message = Pass(ClearText(s_text).With(f => f.EphemeralPublicKey = [.. _other.PublicKey.Bytes]));
        Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
    }

    [Test]
    public void Clear_text_for_another_node_is_read_like_any_other([Values] bool signed)
    {
        EnvelopeFactory envelope = ClearText(s_text).With(f => f.Destination = new NodeDestination(_other.PublicKey));
        using DecryptedDhtMessage message = Pass(signed ? envelope.SignedBy(_sender) : envelope);
        Assert.That(message.DecryptionSucceeded);
        Assert.That(message.AuthenticatedOrigin, Is.EqualTo(signed ? _sender.PublicKey : null));
    }

    [Test]
    public void Parts_are_views_of_the_received_buffer([Values] bool encrypted)
    {
        byte[] second = [.. Enumerable.Range(0, 9000).Select(i => (byte)i)];
        EnvelopeFactory envelope = encrypted ? Encrypted(_sender, _node.PublicKey, s_text, second) : ClearText(s_text, second);
        DhtInboundMessage inbound = _forms.Deserialized(envelope.Build());
        byte[] received = ArrayOf(inbound.Body);
        int rented = _forms.Pool.RentCount;
        var results = new StageResult<DecryptedDhtMessage>[1];
        new DecryptionStage(_node, _forms.Pool).Process([inbound], results);
        using DecryptedDhtMessage message = results[0].Message!;
        Assert.Multiple(() =>
        {
            Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text, second]));
            Assert.That(ArrayOf(message.Body[0]), Is.SameAs(received));
            Assert.That(ArrayOf(message.Body[1]), Is.SameAs(received));
            Assert.That(_forms.Pool.RentCount, Is.EqualTo(rented), "nothing was rented");
        });
    }

    [TestCase(DhtMessageType.None)]
    [TestCase(DhtMessageType.Discovery)]
    [TestCase(DhtMessageType.DiscoveryResponse)]
    [TestCase(DhtMessageType.SafStoredMessages)]
    public void A_body_that_was_read_keeps_no_raw_form_unless_it_is_a_join(DhtMessageType type)
    {
        EnvelopeFactory[] envelopes =
        [
            ClearText(s_text).With(f => f.MessageType = type),
            ClearText(s_text).With(f => f.MessageType = type).SignedBy(_sender),
            EncryptedPlaintext(_sender, _node.PublicKey, EncodeBody(s_text), type),
        ];
        foreach (EnvelopeFactory envelope in envelopes)
        {
            using DecryptedDhtMessage message = Pass(envelope);
            Assert.That(message.RawBody.IsEmpty);
        }
    }

    [Test]
    public void A_join_in_clear_keeps_its_body_as_received_unknown_fields_included([Values] bool signed)
    {
        byte[] body = [.. EncodeBody(s_text), .. WireBytes.UnknownField];
        var envelope = new EnvelopeFactory { Body = body, MessageType = DhtMessageType.Join };
        using DecryptedDhtMessage message = Pass(signed ? envelope.SignedBy(_sender) : envelope);
        Assert.That(message.RawBody.ToArray(), Is.EqualTo(body));
        Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
    }

    [Test]
    public void An_encrypted_join_keeps_its_ciphertext_in_a_buffer_of_its_own_that_goes_back()
    {
        EnvelopeFactory envelope = EncryptedPlaintext(_sender, _node.PublicKey, EncodeBody(s_text), DhtMessageType.Join);
        using (DecryptedDhtMessage message = Pass(envelope))
        {
            Assert.That(message.RawBody.ToArray(), Is.EqualTo(envelope.Body));
            Assert.That(Parts(message), Is.EqualTo((byte[][])[s_text]));
            Assert.That(_forms.Pool.Outstanding, Is.EqualTo(2));
        }

        Assert.That(_forms.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public void An_encrypted_join_that_is_rejected_gives_its_copy_of_the_ciphertext_back()
    {
        AssertDropped(
            EncryptedPlaintext(_sender, _node.PublicKey, WireBytes.EmptyParts(17), DhtMessageType.Join),
            DropReason.EnvelopeBodyDecodeFailed);
        AssertDropped(
            EncryptedPlaintext(_sender, _other.PublicKey, EncodeBody(s_text), DhtMessageType.Join)
                .With(f => f.Destination = new NodeDestination(_node.PublicKey)).SignedBy(_sender),
            DropReason.MessageRejectDecryptionFailed);
        Assert.That(_forms.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Unsigned_clear_text_is_keyed_by_its_parts_however_they_are_encoded()
    {
        byte[] known = Convert.FromHexString("64f1db1039353cf2ff7e09889d14ffd9885766c3dc494a59823a499edfe6997c");
        byte[] body = Convert.FromHexString("0a0774657374313233");
        byte[][] encodings =
            [body, [.. body, .. WireBytes.UnknownField], [.. WireBytes.UnknownField, .. body], [0x0a, 0x87, 0x00, .. body[2..]]];
        foreach (byte[] encoding in encodings)
        {
            using DecryptedDhtMessage message = Pass(new EnvelopeFactory { Body = encoding });
            Assert.That(message.DedupHash.Bytes.ToArray(), Is.EqualTo(known));
        }

        using DecryptedDhtMessage repeated = Pass(new EnvelopeFactory { Body = [.. body, .. body] });
        Assert.That(repeated.DedupHash.Bytes.ToArray(), Is.Not.EqualTo(known));
    }

    [Test]
    public void The_rest_of_the_header_does_not_make_an_unsigned_message_new()
    {
        byte[] body = EncodeBody(s_text);
        using DecryptedDhtMessage plain = Pass(new EnvelopeFactory { Body = body });
        using DecryptedDhtMessage dressed = Pass(new EnvelopeFactory
        {
            Body = body,
            Version = DhtProtocolVersion.V1,
            MessageType = DhtMessageType.Discovery,
            Destination = new NodeDestination(_other.PublicKey),
            Tag = 99,
            Expires = 4_000_000_000,
        });
        Assert.That(dressed.DedupHash, Is.EqualTo(plain.DedupHash));
    }

    [Test]
    public void Signed_clear_text_is_keyed_by_its_signature_and_the_exact_body()
    {
        const string Known =
            "0a6e0802180132660a206a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"
            + "122094741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d02591a20b08778a14775"
            + "711465638e76c89bc67ec634e5fa309e87c9c548c8c0713cf00e580112070a0568656c6c6f";
        using DecryptedDhtMessage known = _forms.Decrypted(_node, Convert.FromHexString(Known)).Message!;
        Assert.That(known.DedupHash.ToString(), Is.EqualTo("65f78d6150c1164e123e97cb359cad5ddf82ffcc8596a70870382f56b26ed546"));

        EnvelopeFactory envelope = ClearText(s_text).SignedBy(_sender);
        using DecryptedDhtMessage message = Pass(envelope);
        Assert.That(message.DedupHash, Is.EqualTo(DedupKey.Compute(envelope.Signature, envelope.Body)));
        using DecryptedDhtMessage longer = Pass(envelope.With(f => f.Body = [.. f.Body, .. WireBytes.UnknownField]).SignedBy(_sender));
        Assert.That(longer.DedupHash, Is.EqualTo(DedupKey.Compute(envelope.Signature, envelope.Body)));
        Assert.That(longer.DedupHash, Is.Not.EqualTo(message.DedupHash));
    }

    [Test]
    public void Encrypted_messages_are_keyed_by_their_signature_and_the_ciphertext([Values] Recipient recipient)
    {
        EnvelopeFactory envelope = EncryptedFor(recipient);
        using DecryptedDhtMessage message = Pass(envelope);
        Assert.That(message.DedupHash, Is.EqualTo(DedupKey.Compute(envelope.Signature, envelope.Body)));
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory)
    {
        Assert.That(MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment));
        return segment.Array!;
    }

    private static List<byte[]> Parts(DecryptedDhtMessage message)
    {
        var parts = new List<byte[]>();
        foreach (ReadOnlyMemory<byte> part in message.Body)
        {
            parts.Add(part.ToArray());
        }

        return parts;
    }

    private EnvelopeFactory EncryptedFor(Recipient recipient) =>
        Encrypted(_sender, recipient == Recipient.ThisNode ? _node.PublicKey : _other.PublicKey, s_text);

    private EnvelopeFactory Signed(bool encrypted, Recipient recipient) => encrypted
        ? EncryptedFor(recipient)
        : ClearText(s_text)
            .With(f => f.Destination = new NodeDestination(recipient == Recipient.ThisNode ? _node.PublicKey : _other.PublicKey))
            .SignedBy(_sender);

    private DecryptedDhtMessage Pass(EnvelopeFactory envelope)
    {
        StageResult<DecryptedDhtMessage> result = _forms.Decrypted(_node, envelope.Build());
        Assert.That(result.Reason, Is.EqualTo(DropReason.None));
        return result.Message!;
    }

    private DropReason Discard(EnvelopeFactory envelope)
    {
        StageResult<DecryptedDhtMessage> result = _forms.Decrypted(_node, envelope.Build());
        Assert.That(result.IsDiscarded);
        return result.Reason;
    }

    private void AssertDropped(EnvelopeFactory envelope, DropReason reason)
    {
        Assert.That(Discard(envelope), Is.EqualTo(reason));
        Assert.That(reason.IsError(), Is.False, "a rejection is a silent drop");
    }
}
