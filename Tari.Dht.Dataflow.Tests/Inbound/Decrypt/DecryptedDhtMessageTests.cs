using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Decrypt;

[TestFixture]
internal sealed class DecryptedDhtMessageTests
{
    private InboundForms _forms = null!;
    private NodeIdentity _node = null!;
    private NodeIdentity _other = null!;

    [SetUp]
    public void SetUp()
    {
        _forms = new InboundForms();
        _node = NodeIdentity.Generate();
        _other = NodeIdentity.Generate();
    }

    [TearDown]
    public void PoolIsWhole()
    {
        _node.Dispose();
        _other.Dispose();
        _forms.Pool.AssertWhole();
    }

    [Test]
    public void Dispose_Twice_IsHarmless()
    {
        DecryptedDhtMessage[] messages =
        [
            Decrypt(EnvelopeFactory.ClearText([1])),
            Decrypt(EnvelopeFactory.EncryptedPlaintext(_other, _node.PublicKey, EnvelopeFactory.EncodeBody([1]), DhtMessageType.Join)),
            Decrypt(EnvelopeFactory.Encrypted(_node, _other.PublicKey, [1])),
        ];
        foreach (DecryptedDhtMessage message in messages)
        {
            message.Dispose();
            message.Dispose();
        }

        Assert.That(_forms.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Dispose_FromSeveralThreadsAtOnce_ReturnsOnce()
    {
        DecryptedDhtMessage message =
            Decrypt(EnvelopeFactory.EncryptedPlaintext(_other, _node.PublicKey, EnvelopeFactory.EncodeBody([1]), DhtMessageType.Join));
        Parallel.For(0, 16, _ => message.Dispose());
        Assert.That(_forms.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Body_OfWhatIsForAnotherNode_ThrowsInvalidOperation()
    {
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.Encrypted(_node, _other.PublicKey, [1]));
        Assert.That(() => message.Body, Throws.InvalidOperationException);
    }

    [Test]
    public void RawBody_AfterDisposal_Throws()
    {
        DecryptedDhtMessage join = Decrypt(
            EnvelopeFactory.EncryptedPlaintext(_other, _node.PublicKey, EnvelopeFactory.EncodeBody([1]), DhtMessageType.Join));
        DecryptedDhtMessage forAnother = Decrypt(EnvelopeFactory.Encrypted(_node, _other.PublicKey, [1]));
        join.Dispose();
        forAnother.Dispose();
        Assert.That(() => join.RawBody, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => forAnother.RawBody, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void It_is_a_duplicate_from_the_second_hit_on([Values(0u, 1u, 2u, 3u, uint.MaxValue)] uint hits)
    {
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.ClearText([1]));
        Assert.That(message.DedupHitCount, Is.Zero, "before the dedup stage");
        message.DedupHitCount = hits;
        Assert.That(message.IsDuplicate, Is.EqualTo(hits > 1));
    }

    [Test]
    public void The_length_of_a_read_body_is_that_of_its_parts()
    {
        using DecryptedDhtMessage clear = Decrypt(EnvelopeFactory.ClearText(new byte[3], [], new byte[300]));
        using DecryptedDhtMessage opened = Decrypt(EnvelopeFactory.Encrypted(_other, _node.PublicKey, new byte[3], [], new byte[300]));
        using DecryptedDhtMessage join = Decrypt(EnvelopeFactory.ClearText(new byte[5]).With(f => f.MessageType = DhtMessageType.Join));
        Assert.That((clear.BodyLength, opened.BodyLength, join.BodyLength), Is.EqualTo((303, 303, 5)));
    }

    [Test]
    public void The_length_of_a_body_for_another_node_is_that_of_the_raw_body()
    {
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.Encrypted(_node, _other.PublicKey, new byte[3]));
        Assert.That(message.BodyLength, Is.EqualTo(6016));
        Assert.That(message.RawBody.Length, Is.EqualTo(6016));
    }

    [Test]
    public void It_is_encrypted_by_its_flag_and_signed_by_its_signature()
    {
        using DecryptedDhtMessage clear = Decrypt(EnvelopeFactory.ClearText([1]));
        using DecryptedDhtMessage signed = Decrypt(EnvelopeFactory.ClearText([1]).SignedBy(_other));
        using DecryptedDhtMessage opened = Decrypt(EnvelopeFactory.Encrypted(_other, _node.PublicKey, [1]));
        using DecryptedDhtMessage forAnother = Decrypt(EnvelopeFactory.Encrypted(_node, _other.PublicKey, [1]));
        Assert.Multiple(() =>
        {
            Assert.That((clear.IsEncrypted, clear.HasMessageSignature), Is.EqualTo((false, false)));
            Assert.That((signed.IsEncrypted, signed.HasMessageSignature), Is.EqualTo((false, true)));
            Assert.That((opened.IsEncrypted, opened.HasMessageSignature), Is.EqualTo((true, true)));
            Assert.That((forAnother.IsEncrypted, forAnother.HasMessageSignature), Is.EqualTo((true, true)));
        });
    }

    [Test]
    public void Tag_and_peer_are_those_of_the_received_message_and_the_header_is_as_received()
    {
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.ClearText([1]).With(f => (f.Tag, f.Expires) = (5_000_000_000, 7)));
        Assert.Multiple(() =>
        {
            Assert.That(message.Tag, Is.EqualTo(1));
            Assert.That(message.Peer, Is.EqualTo(_forms.Source.NodeId));
            Assert.That(message.SourcePeer, Is.SameAs(_forms.Source));
            Assert.That(message.Header.MessageTag, Is.EqualTo(5_000_000_000));
            Assert.That(message.Header.Expires, Is.EqualTo(7));
        });
    }

    private DecryptedDhtMessage Decrypt(EnvelopeFactory envelope) => _forms.Decrypted(_node, envelope.Build()).Message!;
}
