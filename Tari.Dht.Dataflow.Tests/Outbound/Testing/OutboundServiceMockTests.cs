using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Outbound.Testing;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound.Testing;

[TestFixture]
internal sealed class OutboundServiceMockTests
{
    private static readonly byte[] s_content = "custom_msg"u8.ToArray();
    private static readonly OutboundDomainMessage s_message = new(3, s_content);

    private NodeIdentity _peer = null!;

    [OneTimeSetUp]
    public void CreateIdentity() => _peer = NodeIdentity.Generate();

    [OneTimeTearDown]
    public void DisposeIdentity() => _peer.Dispose();

    [Test]
    public async Task Requests_are_recorded_and_succeed_at_once_by_default()
    {
        await using var mock = new OutboundServiceMock();
        MessageSendStates flooded = await mock.Requester.FloodAsync(NodeDestination.Unknown, OutboundEncryption.ClearText, [], s_message);
        MessageSendStates direct = (await mock.Requester.SendDirectUnencryptedAsync(_peer.PublicKey, s_message)).Resolve();

        Assert.That(await flooded.WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That(await direct.WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That(mock.State.PopCall()!.Parameters.Strategy.IsDirect, "the newest");
        Assert.That(mock.State.CallCount, Is.EqualTo(1));
        Assert.That(mock.State.TakeCalls().Single().Parameters.Strategy.IsDirect, Is.False);
        Assert.That(mock.State.PopCall(), Is.Null);
    }

    [Test]
    public async Task Calls_are_taken_oldest_first()
    {
        await using var mock = new OutboundServiceMock();
        for (ulong tag = 1; tag <= 3; tag++)
        {
            await mock.Requester.SendMessageAsync(new SendMessageParams().WithTag(tag), s_message);
        }

        Assert.That(mock.State.TakeCalls().Select(call => call.Parameters.Tag), Is.EqualTo(new ulong[] { 1, 2, 3 }));
        Assert.That(mock.State.CallCount, Is.Zero);
    }

    [Test]
    public async Task Recorded_bodies_are_in_clear_text_without_prefix_and_padding([Values] bool encrypt)
    {
        var pool = new CheckingArrayPool();
        await using (var mock = new OutboundServiceMock(pool))
        {
            OutboundEncryption encryption = encrypt ? OutboundEncryption.EncryptFor(_peer.PublicKey) : OutboundEncryption.ClearText;
            await mock.Requester.SendMessageNoHeaderAsync(new SendMessageParams().WithEncryption(encryption), s_message);
            await mock.Requester.SendDirectEncryptedAsync(_peer.PublicKey, s_message, encryption);

            IReadOnlyList<MockCall> calls = mock.State.TakeCalls();
            Assert.That(calls[0].Body.ToArray(), Is.EqualTo(EnvelopeFactory.EncodeBody(s_content)));
            Assert.That(EnvelopeBody.Decode(calls[1].Body, out EnvelopeBody body), Is.EqualTo(EnvelopeBodyStatus.Ok));
            Assert.That(body[1].ToArray(), Is.EqualTo(s_content));
        }

        pool.AssertWhole();
    }

    [Test]
    public async Task Direct_sends_fail_their_message_when_told_to()
    {
        await using var mock = new OutboundServiceMock();
        mock.State.Behaviour = new MockBehaviour { Direct = ResponseType.QueuedFail };
        MessageSendStates states = await mock.Requester.SendDirectEncryptedAsync(_peer.PublicKey, s_message, OutboundEncryption.ClearText);
        Assert.That(await states.WaitSingleAsync(), Is.EqualTo(MessageSendResult.PeerDialFailed));
        Assert.That(mock.State.CallCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Requests_that_fail_are_not_recorded([Values] bool pending)
    {
        await using var mock = new OutboundServiceMock();
        ResponseType answer = pending ? ResponseType.PendingDiscovery : ResponseType.Failed;
        mock.State.Behaviour = new MockBehaviour { Direct = answer };
        SendMessageResponse direct = await mock.Requester.SendDirectUnencryptedAsync(_peer.PublicKey, s_message);
        Assert.That(direct.Failure?.Kind, Is.EqualTo(SendFailureKind.General));
        Assert.That(mock.State.CallCount, Is.Zero);
        Assert.That(
            (await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message)).States,
            Has.Count.EqualTo(1),
            "others are not concerned");

        mock.State.Behaviour = new MockBehaviour { Broadcast = answer };
        Assert.That(
            (await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message)).Failure?.Kind, Is.EqualTo(SendFailureKind.General));
        Assert.That((await mock.Requester.SendDirectUnencryptedAsync(_peer.PublicKey, s_message)).IsQueued);
    }

    [Test]
    public async Task A_delay_holds_up_the_requests_behind_it()
    {
        var clock = new ManualTimeProvider();
        await using var mock = new OutboundServiceMock(timeProvider: clock);
        mock.State.Behaviour = new MockBehaviour { Direct = ResponseType.QueuedSuccessDelay(TimeSpan.FromSeconds(3)) };
        MessageSendStates slow = (await mock.Requester.SendDirectUnencryptedAsync(_peer.PublicKey, s_message)).Resolve();
        Task<SendMessageResponse> behind = mock.Requester.SendMessageAsync(new SendMessageParams(), s_message);
        while (clock.ArmedTimers == 0)
        {
            await Task.Yield();
        }

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That((slow[0].Result.IsCompleted, behind.IsCompleted), Is.EqualTo((false, false)));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await slow.WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That((await behind).IsQueued);
    }

    [Test]
    public async Task The_next_answer_can_be_given_once_and_taken_back()
    {
        await using var mock = new OutboundServiceMock();
        SendMessageResponse failure = SendMessageResponse.Failed(new SendFailure(SendFailureKind.DiscoveryFailed));
        mock.State.SetNextResponse(failure);
        Assert.That(await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message), Is.SameAs(failure));
        Assert.That((await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message)).IsQueued);
        Assert.That(mock.State.CallCount, Is.EqualTo(2), "both are recorded");

        mock.State.SetNextResponse(failure);
        Assert.That(mock.State.TakeNextResponse(), Is.SameAs(failure));
        Assert.That(mock.State.TakeNextResponse(), Is.Null);
    }

    [Test]
    public async Task Calls_can_be_waited_for_until_a_timeout()
    {
        var clock = new ManualTimeProvider();
        await using var mock = new OutboundServiceMock(timeProvider: clock);
        Assert.That(await mock.State.WaitCallCountAsync(0, TimeSpan.FromSeconds(1)), Is.Zero);
        Task<int> two = mock.State.WaitCallCountAsync(2, TimeSpan.FromSeconds(1));
        Task<int> three = mock.State.WaitCallCountAsync(3, TimeSpan.FromSeconds(1));
        await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message);
        await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message);
        Assert.That(await two, Is.EqualTo(2));

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(async () => await three, Throws.TypeOf<TimeoutException>().With.Message.Contains("3 calls"));
    }

    [Test]
    public async Task A_disposed_mock_takes_no_requests_and_leaves_no_delay()
    {
        var clock = new ManualTimeProvider();
        var mock = new OutboundServiceMock(timeProvider: clock);
        mock.State.Behaviour = new MockBehaviour { Broadcast = ResponseType.QueuedSuccessDelay(TimeSpan.FromHours(1)) };
        MessageSendStates states = (await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message)).Resolve();
        await mock.DisposeAsync();
        Assert.That(await states.WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That(clock.ArmedTimers, Is.Zero);
        Assert.That(
            async () => await mock.Requester.SendMessageAsync(new SendMessageParams(), s_message),
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.SendError));
    }
}
