using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms;

[TestFixture]
internal sealed class OutboundMessageTests
{
    private readonly NodeId _peer = NodeId.FromHex("0692b27f29fbe0e8c1317879e0");
    private CheckingArrayPool _pool = null!;
    private TaskCompletionSource<MessageSendResult> _reply = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _reply = new TaskCompletionSource<MessageSendResult>();
    }

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public void It_is_what_it_was_made_of()
    {
        using var message = new OutboundMessage(7, _peer, new SharedBuffer(BufferLease.CopyOf(_pool, [1, 2, 3]), 1, 2));
        Assert.That((message.Tag, message.Peer), Is.EqualTo((7ul, _peer)));
        Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[2, 3]));
    }

    [Test]
    public void The_first_report_counts([Values] MessageSendResult result)
    {
        OutboundMessage message = Message();
        message.Complete(result);
        message.Complete(MessageSendResult.QueueFull);
        message.Dispose();
        Assert.That(_reply.Task.IsCompletedSuccessfully);
        Assert.That(_reply.Task.Result, Is.EqualTo(result));
    }

    [Test]
    public void Without_a_report_it_counts_as_dropped()
    {
        OutboundMessage message = Message();
        Assert.That(_reply.Task.IsCompleted, Is.False);
        message.Dispose();
        Assert.That(_reply.Task.Result, Is.EqualTo(MessageSendResult.Dropped));
    }

    [Test]
    public void Dispose_Twice_ReleasesOneReference()
    {
        var envelope = new SharedBuffer(BufferLease.CopyOf(_pool, [1]), 0, 1, 2);
        var message = new OutboundMessage(1, _peer, envelope);
        message.Dispose();
        message.Dispose();
        Assert.That(envelope.Memory.Length, Is.EqualTo(1), "the other holder's reference is untouched");
        envelope.Release();
    }

    [Test]
    public void Dispose_FromManyThreads_ReleasesOneReference()
    {
        var envelope = new SharedBuffer(BufferLease.CopyOf(_pool, [1]), 0, 1, 2);
        var message = new OutboundMessage(1, _peer, envelope);
        Parallel.For(0, 16, _ => message.Dispose());
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        envelope.Release();
    }

    [Test]
    public void Body_AfterDisposal_ThrowsEvenWhileOthersHoldTheBytes()
    {
        var envelope = new SharedBuffer(BufferLease.CopyOf(_pool, [1]), 0, 1, 2);
        var message = new OutboundMessage(1, _peer, envelope);
        message.Dispose();
        Assert.That(() => message.Body, Throws.InstanceOf<ObjectDisposedException>());
        envelope.Release();
    }

    [Test]
    public void A_message_that_nobody_asks_about_takes_a_report_all_the_same()
    {
        using var message = new OutboundMessage(1, _peer, new SharedBuffer(BufferLease.CopyOf(_pool, [1]), 0, 1));
        Assert.That(() => message.Complete(MessageSendResult.Sent), Throws.Nothing);
    }

    [Test]
    public void A_message_without_envelope_is_refused() =>
        Assert.That(() => new OutboundMessage(1, _peer, null!), Throws.ArgumentNullException);

    private OutboundMessage Message() => new(7, _peer, new SharedBuffer(BufferLease.CopyOf(_pool, [1]), 0, 1), _reply);
}
