using System.Buffers;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms;

[TestFixture]
internal sealed class InboundMessageTests
{
    private readonly NodeId _peer = NodeId.FromHex("0692b27f29fbe0e8c1317879e0");
    private CheckingArrayPool _pool = null!;

    [SetUp]
    public void SetUp() => _pool = new CheckingArrayPool();

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public void It_is_what_it_was_made_of()
    {
        using var message = new InboundMessage(7, _peer, BufferLease.CopyOf(_pool, [1, 2, 3]));
        Assert.That((message.Tag, message.Peer), Is.EqualTo((7ul, _peer)));
        Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[1, 2, 3]));
    }

    [Test]
    public void CopyOf_leaves_the_bytes_to_the_caller()
    {
        byte[] bytes = [1, 2, 3];
        using var message = InboundMessage.CopyOf(7, _peer, bytes, _pool);
        bytes[0] = 9;
        Assert.That((message.Tag, message.Peer), Is.EqualTo((7ul, _peer)));
        Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[1, 2, 3]));
    }

    [Test]
    public void A_lease_is_the_messages_once_given()
    {
        BufferLease lease = BufferLease.CopyOf(_pool, [1]);
        using var message = new InboundMessage(7, _peer, lease);
        lease.Dispose();
        Assert.That(message.Body.Length, Is.EqualTo(1));
        Assert.That(() => lease.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => new InboundMessage(7, _peer, lease), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Dispose_Twice_ReturnsTheBufferAndFreesTheSlotOnce()
    {
        var window = new InFlightWindow(4);
        Assert.That(window.EnterAsync(default).AsTask().IsCompletedSuccessfully);
        Assert.That(window.EnterAsync(default).AsTask().IsCompletedSuccessfully);
        var message = InboundMessage.CopyOf(7, _peer, new ReadOnlySequence<byte>([1]), _pool, window);
        Assert.That(window.Used, Is.EqualTo(2));
        message.Dispose();
        message.Dispose();
        Assert.That(window.Used, Is.EqualTo(1));
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Dispose_FromManyThreads_FreesTheSlotOnce()
    {
        var window = new InFlightWindow(4);
        Assert.That(window.EnterAsync(default).AsTask().IsCompletedSuccessfully);
        var message = InboundMessage.CopyOf(7, _peer, new ReadOnlySequence<byte>([1]), _pool, window);
        Parallel.For(0, 16, _ => message.Dispose());
        Assert.That(window.Used, Is.Zero);
    }

    [Test]
    public void Body_AfterDisposal_Throws()
    {
        var message = new InboundMessage(7, _peer, BufferLease.CopyOf(_pool, [1]));
        message.Dispose();
        Assert.That(() => message.Body, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_message_without_body_is_refused() =>
        Assert.That(() => new InboundMessage(7, _peer, null!), Throws.ArgumentNullException);
}
