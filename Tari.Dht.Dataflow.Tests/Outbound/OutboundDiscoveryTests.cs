using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound;

/// <summary>Direct sends to keys that nobody here knows.</summary>
[TestFixture]
internal sealed class OutboundDiscoveryTests
{
    // Passed only by a test that hangs.
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);
    private static readonly byte[] s_message = "custom_msg"u8.ToArray();

    private NodeIdentity _sender = null!;
    private NodeIdentity _recipient = null!;
    private ScriptedDiscoverer _discoverer = null!;

    [OneTimeSetUp]
    public void CreateIdentities()
    {
        _sender = NodeIdentity.Generate();
        _recipient = NodeIdentity.Generate();
    }

    [OneTimeTearDown]
    public void DisposeIdentities()
    {
        _sender.Dispose();
        _recipient.Dispose();
    }

    [SetUp]
    public void CreateDiscoverer() => _discoverer = new ScriptedDiscoverer();

    [Test]
    public async Task An_unknown_direct_key_is_discovered_and_gets_its_message()
    {
        await using OutboundProbe probe = Probe();

        SendMessageResponse first = await SendAsync(probe);
        await _discoverer.WaitForQuestionAsync();
        var question = _discoverer.Questions.Single();
        Assert.Multiple(() =>
        {
            Assert.That(first.PendingDiscovery, Is.Not.Null.And.Property("IsCompleted").False);
            Assert.That((first.IsQueued, first.States, first.Failure), Is.EqualTo((false, (MessageSendStates?)null, (SendFailure?)null)));
            Assert.That(first.Resolve, Throws.InvalidOperationException);
            Assert.That(
                (question.Key, question.Destination), Is.EqualTo((_recipient.PublicKey, new NodeDestination(_recipient.PublicKey))));
            Assert.That(probe.Pipeline.GetQueueDepths().Single(depth => depth.Stage == StageName.Discovery).Count, Is.EqualTo(1));
        });

        question.Answer.SetResult(_recipient.ToPeer());
        SendMessageResponse final = await first.PendingDiscovery!;
        var sent = await probe.TakeAsync(1);

        Assert.That(final.States, Has.Count.EqualTo(1));
        Assert.That(sent[0].Peer, Is.EqualTo(_recipient.NodeId));
        Assert.That(await (await first.ResolveAsync()).WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That(_discoverer.Questions, Has.Count.EqualTo(1));
        Assert.That(await probe.DrainAsync(), Is.Empty, "the message leaves once");
    }

    [Test]
    public async Task An_unknown_direct_key_without_discovery_queues_nothing_and_is_no_failure()
    {
        await using OutboundProbe probe = Probe();
        SendMessageResponse response = await probe.Requester.SendRawAsync(
            new SendMessageParams().DirectPublicKey(_recipient.PublicKey), s_message);
        Assert.That(response.States, Is.Empty);
        Assert.That(await probe.DrainAsync(), Is.Empty);
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.NoRecipients));
        Assert.That(_discoverer.Questions, Is.Empty);
    }

    [Test]
    public async Task Only_a_direct_key_is_ever_discovered()
    {
        await using OutboundProbe probe = Probe();
        SendMessageParams[] others =
        [
            new SendMessageParams().DirectNodeId(_recipient.NodeId), new SendMessageParams().SelectedPeers([]),
            new SendMessageParams().Flood([]), new SendMessageParams().Broadcast([]), new SendMessageParams().Random(1),
            new SendMessageParams().Propagate(new NodeDestination(_recipient.PublicKey), []),
        ];
        foreach (SendMessageParams parameters in others)
        {
            Assert.That((await probe.Requester.SendRawAsync(parameters.WithDiscovery(true), s_message)).States, Is.Empty);
        }

        Assert.That(_discoverer.Questions, Is.Empty);
    }

    [Test]
    public async Task A_known_direct_key_is_not_discovered()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(_recipient.NodeId), discoverer: _discoverer);
        Assert.That((await SendAsync(probe)).States, Has.Count.EqualTo(1));
        await probe.TakeAsync(1);
        Assert.That(_discoverer.Questions, Is.Empty);
    }

    [Test]
    public async Task Without_a_discoverer_nobody_is_discovered()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector());
        Assert.That((await SendAsync(probe)).States, Is.Empty);
    }

    [Test]
    public async Task A_discovery_that_fails_fails_the_request_with_its_reason()
    {
        await using OutboundProbe probe = Probe();
        Task<MessageSendStates> sending = probe.Requester.SendDirectEncryptedAsync(
            _recipient.PublicKey, new OutboundDomainMessage(1, s_message), OutboundEncryption.EncryptFor(_recipient.PublicKey));
        await _discoverer.WaitForQuestionAsync();

        _discoverer.Questions.Single().Answer.SetException(new InvalidOperationException("nobody answered"));

        DhtOutboundException? error = Assert.ThrowsAsync<DhtOutboundException>(async () => await sending);
        Assert.That(error!.Failure, Is.EqualTo(new SendFailure(SendFailureKind.DiscoveryFailed, "nobody answered")));
        await probe.DrainAsync();
        Assert.That(
            probe.Observer.Discards.Single(),
            Has.Property("Reason").EqualTo(DropReason.DiscoveryFailed).And.Property("Stage").EqualTo(StageName.Discovery));
    }

    [Test]
    public async Task A_discoverer_that_fails_or_answers_at_once_does_no_harm([Values] bool finds)
    {
        _discoverer.AnswerAtOnce = _ => finds ? _recipient.ToPeer() : throw new InvalidOperationException("at once");
        await using OutboundProbe probe = Probe();
        SendMessageResponse final = await (await SendAsync(probe)).PendingDiscovery!;
        Assert.That((final.States?.Count, final.Failure?.Text), Is.EqualTo(finds ? (1, null) : ((int?)null, "at once")));
    }

    [Test]
    public async Task Waiting_for_discoveries_occupies_no_worker()
    {
        await using OutboundProbe probe = Probe(options => options with { BroadcastStage = new StageOptions { BoundedCapacity = 1 } });
        SendMessageResponse[] pending = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(probe))).WaitAsync(s_hang);

        // The one worker of the stage is free for others.
        SendMessageResponse other = await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message).WaitAsync(s_hang);

        Assert.That(other.States, Is.Empty);
        Assert.That(pending.All(response => response.PendingDiscovery is { IsCompleted: false }));
        foreach (var question in _discoverer.Questions)
        {
            question.Answer.SetResult(_recipient.ToPeer());
        }

        await probe.TakeAsync(50);
    }

    [Test]
    public async Task More_discoveries_than_allowed_fail_at_once_and_say_so()
    {
        await using OutboundProbe probe = Probe(options => options with { MaxPendingDiscoveries = 2 });
        await SendAsync(probe);
        await SendAsync(probe);

        SendMessageResponse third = await SendAsync(probe);

        Assert.That(
            third.Failure, Is.EqualTo(new SendFailure(SendFailureKind.DiscoveryFailed, "2 requests wait for discoveries already.")));
        foreach (var question in _discoverer.Questions)
        {
            question.Answer.SetResult(_recipient.ToPeer());
        }

        await probe.TakeAsync(2);
        SendMessageResponse fourth = await SendAsync(probe);
        Assert.That(fourth.PendingDiscovery, Is.Not.Null, "there is room again");
        _discoverer.Questions.Last().Answer.SetResult(_recipient.ToPeer());
        await fourth.ResolveAsync();
    }

    [Test]
    public async Task Complete_waits_for_the_discoveries_under_way()
    {
        await using OutboundProbe probe = Probe();
        SendMessageResponse[] pending = [await SendAsync(probe), await SendAsync(probe)];
        await _discoverer.WaitForQuestionAsync();
        await _discoverer.WaitForQuestionAsync();
        probe.Pipeline.Complete();
        Assert.That(probe.Pipeline.Completion.IsCompleted, Is.False);

        var questions = _discoverer.Questions.ToArray();
        questions[0].Answer.SetResult(_recipient.ToPeer());
        Assert.That((await pending[0].PendingDiscovery!).States, Has.Count.EqualTo(1));
        await probe.TakeAsync(1);
        Assert.That(probe.Pipeline.Completion.IsCompleted, Is.False);
        questions[1].Answer.SetException(new TimeoutException("time is up"));

        await probe.Pipeline.Completion.WaitAsync(s_hang);
        Assert.That((await pending[1].PendingDiscovery!).Failure?.Kind, Is.EqualTo(SendFailureKind.DiscoveryFailed));
    }

    [Test]
    public async Task StopAsync_at_the_deadline_settles_waiting_requests([Values] bool listens)
    {
        _discoverer.Listens = listens;
        await using OutboundProbe probe = Probe();
        SendMessageResponse pending = await SendAsync(probe);
        await _discoverer.WaitForQuestionAsync();

        Task<long> stopping = probe.Pipeline.StopAsync(TimeSpan.FromSeconds(3));
        Assert.That(stopping.IsCompleted, Is.False);
        probe.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.That(await stopping.WaitAsync(s_hang), Is.EqualTo(1));
        DhtOutboundException? error = Assert.ThrowsAsync<DhtOutboundException>(async () => await pending.ResolveAsync());
        Assert.That(error!.Failure?.Kind, Is.EqualTo(SendFailureKind.SenderCancelled));
        Assert.That(
            probe.Observer.Discards.Single(),
            Has.Property("Reason").EqualTo(DropReason.Stopping).And.Property("Stage").EqualTo(StageName.Discovery));
    }

    [Test]
    public async Task Fault_settles_waiting_requests_and_faults_the_completion()
    {
        // Not disposed of: its disposal waits for a completion without a fault.
        OutboundProbe probe = Probe();
        SendMessageResponse pending = await SendAsync(probe);
        probe.Pipeline.Fault(new InvalidOperationException("broken"));
        Assert.That(
            async () => await probe.Pipeline.Completion.WaitAsync(s_hang), Throws.InvalidOperationException.With.Message.EqualTo("broken"));
        Assert.That(pending.PendingDiscovery!.IsCanceled);
        probe.Pool.AssertWhole();
    }

    [Test]
    public async Task A_caller_that_stops_waiting_does_not_end_the_send()
    {
        await using OutboundProbe probe = Probe();
        using var cancelled = new CancellationTokenSource();
        Task<MessageSendStates> sending = probe.Requester.SendDirectEncryptedAsync(
            _recipient.PublicKey, new OutboundDomainMessage(1, s_message), OutboundEncryption.ClearText, cancelled.Token);
        await _discoverer.WaitForQuestionAsync();

        await cancelled.CancelAsync();
        Assert.That(async () => await sending, Throws.InstanceOf<OperationCanceledException>());
        _discoverer.Questions.Single().Answer.SetResult(_recipient.ToPeer());

        Assert.That((await probe.TakeAsync(1))[0].Peer, Is.EqualTo(_recipient.NodeId));
    }

    [Test]
    public async Task A_found_key_that_is_no_point_fails_the_generation_in_the_final_answer()
    {
        var noPoint = new CommsPublicKey(Enumerable.Repeat((byte)0xff, 32).ToArray());
        _discoverer.AnswerAtOnce = _ => _recipient.ToPeer();
        await using OutboundProbe probe = Probe();
        SendMessageResponse first = await probe.Requester.SendMessageAsync(
            new SendMessageParams().DirectPublicKey(noPoint).WithDiscovery(true).WithEncryption(OutboundEncryption.EncryptFor(noPoint)),
            new OutboundDomainMessage(1, s_message));
        Assert.That((await first.PendingDiscovery!).Failure?.Kind, Is.EqualTo(SendFailureKind.FailedToGenerateMessages));
    }

    [Test]
    public void A_second_pending_discovery_inside_the_first_is_a_programming_error()
    {
        var never = new TaskCompletionSource<SendMessageResponse>();
        SendMessageResponse nested = SendMessageResponse.Pending(Task.FromResult(SendMessageResponse.Pending(never.Task)));
        Assert.That(async () => await nested.ResolveAsync(), Throws.InvalidOperationException);
    }

    [Test]
    public void An_answer_that_nobody_gives_any_more_resolves_to_a_cancelled_sender()
    {
        SendMessageResponse pending = SendMessageResponse.Pending(Task.FromCanceled<SendMessageResponse>(new CancellationToken(true)));
        DhtOutboundException? error = Assert.ThrowsAsync<DhtOutboundException>(async () => await pending.ResolveAsync());
        Assert.That((error!.Error, error.Failure?.Kind), Is.EqualTo((DhtOutboundError.SendMessageFailed, SendFailureKind.SenderCancelled)));
    }

    [Test]
    public void Options_are_checked() => Assert.That(
        () => new OutboundPipelineOptions { MaxPendingDiscoveries = 0 }.Validate(),
        Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("MaxPendingDiscoveries"));

    private OutboundProbe Probe(Func<OutboundPipelineOptions, OutboundPipelineOptions>? configure = null) =>
        new(_sender, new ScriptedPeerSelector(), configure: configure, discoverer: _discoverer);

    private Task<SendMessageResponse> SendAsync(OutboundProbe probe) =>
        probe.Requester.SendDirectUnencryptedAsync(_recipient.PublicKey, new OutboundDomainMessage(1, s_message));
}
