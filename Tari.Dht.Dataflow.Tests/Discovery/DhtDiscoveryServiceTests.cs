using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Outbound.Testing;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery;

/// <summary>Discovery with a mock in the outbound graph's place, on a scheduler and a clock that the test drives.</summary>
[TestFixture]
internal sealed class DhtDiscoveryServiceTests
{
    private NodeIdentity _node = null!;
    private NodeIdentity _target = null!;
    private NodeIdentity _other = null!;
    private QueuedTaskScheduler _scheduler = null!;
    private ManualTimeProvider _clock = null!;
    private RecordingOffenceReporter _offences = null!;
    private CheckingArrayPool _pool = null!;
#pragma warning disable NUnit1032 // Disposed of in DisposeService, which has to run the scheduler meanwhile.
    private OutboundServiceMock _outbound = null!;
    private PeerManager _peers = null!;
    private DhtDiscoveryService _service = null!;
#pragma warning restore NUnit1032

    [OneTimeSetUp]
    public void CreateIdentities()
    {
        _node = NodeIdentity.Generate([Multiaddr.Parse("/ip4/1.2.3.4/tcp/18189")]);
        _target = NodeIdentity.Generate([Multiaddr.Parse("/ip4/5.6.7.8/tcp/18189")]);
        _other = NodeIdentity.Generate([Multiaddr.Parse("/ip4/9.10.11.12/tcp/18189")]);
    }

    [OneTimeTearDown]
    public void DisposeIdentities()
    {
        _node.Dispose();
        _target.Dispose();
        _other.Dispose();
    }

    [SetUp]
    public void CreateService()
    {
        _scheduler = new QueuedTaskScheduler();
        _clock = new ManualTimeProvider();
        _offences = new RecordingOffenceReporter();
        _pool = new CheckingArrayPool();
        _outbound = new OutboundServiceMock(_pool, _clock, _scheduler, new Random(2));
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _clock, Random = new Random(3) });
        _service = Create(new DhtDiscoveryOptions());
        _service.Start(_outbound.Requester);
    }

    [TearDown]
    public async Task DisposeService()
    {
        Task disposal = Task.WhenAll(_service.DisposeAsync().AsTask(), _outbound.DisposeAsync().AsTask());
        while (!disposal.IsCompleted)
        {
            _scheduler.RunAll();
            await Task.Yield();
        }

        await disposal;
        await _peers.DisposeAsync();
        _pool.AssertWhole();
        Assert.That(_clock.ArmedTimers, Is.Zero, "no timer is left");
    }

    [Test]
    public void The_question_is_the_own_claim_encrypted_for_the_key_and_broadcast()
    {
        var destination = new NodeDestination(_target.PublicKey);
        Task<Peer> asking = Ask(_target.PublicKey);

        MockCall call = _outbound.State.PopCall()!;
        FinalSendMessageParams parameters = call.Parameters;
        Assert.Multiple(() =>
        {
            Assert.That(parameters.Strategy, Is.TypeOf<BroadcastStrategy.ToConnected>().With.Property("Excluded").Empty);
            Assert.That(parameters.Destination, Is.EqualTo(destination));
            Assert.That(parameters.Encryption, Is.EqualTo(OutboundEncryption.EncryptFor(_target.PublicKey)));
            Assert.That(parameters.MessageType, Is.EqualTo(DhtMessageType.Discovery));
            Assert.That(
                (parameters.Flags, parameters.ForceOrigin, parameters.HasCustomHeader, parameters.AllowsDiscovery),
                Is.EqualTo((DhtMessageFlags.None, false, false, false)));
            Assert.That(
                call.Body.ToArray(),
                Is.EqualTo(EnvelopeFactory.EncodeBody(OwnClaimMessage.Encode(_node, NonceOf(call)))),
                "one part without a header");
            Assert.That(asking.IsCompleted, Is.False);
        });
    }

    [Test]
    public void An_answer_gives_the_caller_the_stored_peer()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        Assert.That(Answer(_target), Is.True);
        Peer peer = asking.Result;
        Assert.That(peer, Is.SameAs(_peers.Find(_target.PublicKey)));
        Assert.That(peer.Addresses.Entries.Single().Address, Is.EqualTo(_target.PublicAddresses[0]));
        Assert.That((_service.InFlight, _offences.Offences.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void A_caller_that_waits_too_long_times_out_and_the_question_was_sent()
    {
        Task<Peer> asking = Ask(_target.PublicKey, TimeSpan.FromMilliseconds(1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _scheduler.RunAll();

        Assert.That(ErrorOf(asking).IsTimeout);
        MockCall call = _outbound.State.TakeCalls().Single();
        Assert.That(call.Parameters.MessageType, Is.EqualTo(DhtMessageType.Discovery));
        Assert.That(call.Parameters.Encryption.Recipient, Is.EqualTo(_target.PublicKey));
    }

    [Test]
    public void An_answer_from_another_key_costs_exactly_that_key_a_ban_and_fails_the_caller_at_once()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        Answer(_other);

        Assert.That(
            _offences.Offences.Select(offence => (offence.Peer, offence.Severity)),
            Is.EqualTo(new[] { (_other.PublicKey, OffenceSeverity.Medium) }));
        Assert.That(ErrorOf(asking).Error, Is.EqualTo(DhtDiscoveryError.InvalidDiscoveryResponse));
        Assert.That(_peers.Find(_other.PublicKey), Is.Null);
    }

    [Test]
    public void An_answer_to_no_question_is_ignored()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        Assert.That(_service.Notify(DiscoveryResponses.Of(_target, NonceOf(_outbound.State.PopCall()!) + 1)), Is.True);
        _scheduler.RunAll();
        Assert.That((asking.IsCompleted, _peers.Count, _offences.Offences.Count), Is.EqualTo((false, 0, 0)));
    }

    [Test]
    public void A_second_answer_to_the_same_question_is_ignored()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        ulong nonce = NonceOf(_outbound.State.PopCall()!);
        Assert.That(_service.Notify(DiscoveryResponses.Of(_target, nonce)), Is.True);
        Assert.That(_service.Notify(DiscoveryResponses.Of(_other, nonce)), Is.True);
        _scheduler.RunAll();
        Assert.That(asking.Result.PublicKey, Is.EqualTo(_target.PublicKey));
        Assert.That(_offences.Offences, Is.Empty);
    }

    [Test]
    public void One_answer_serves_all_who_wait_for_the_key_and_nobody_else()
    {
        Task<Peer>[] same = [Ask(_target.PublicKey), Ask(_target.PublicKey), Ask(_target.PublicKey)];
        Task<Peer> other = Ask(_other.PublicKey);
        MockCall[] calls = [.. _outbound.State.TakeCalls()];
        Assert.That(calls.Select(NonceOf), Is.Unique, "each has a question of its own");

        _service.Notify(DiscoveryResponses.Of(_target, NonceOf(calls[1])));
        _scheduler.RunAll();

        Assert.That(same.Select(asking => asking.Result.PublicKey), Is.All.EqualTo(_target.PublicKey));
        Assert.That((other.IsCompleted, _service.InFlight), Is.EqualTo((false, 1)));
    }

    [Test]
    public void Others_get_the_peer_also_when_the_answered_caller_has_gone()
    {
        using var leaving = new CancellationTokenSource();
        Task<Peer> gone = Ask(_target.PublicKey, cancellationToken: leaving.Token);
        ulong nonce = NonceOf(_outbound.State.PopCall()!);
        Task<Peer> waits = Ask(_target.PublicKey);
        leaving.Cancel();
        _scheduler.RunAll();
        Assert.That(gone.IsCanceled);

        Assert.That(_service.InFlight, Is.EqualTo(2), "it is forgotten with the next question or peer");
        _service.Notify(DiscoveryResponses.Of(_target, nonce));
        _scheduler.RunAll();

        Assert.That(waits.Result.PublicKey, Is.EqualTo(_target.PublicKey));
        Assert.That(_service.InFlight, Is.Zero);
    }

    [Test]
    public void A_late_answer_still_adds_the_peer_unless_another_question_went_out([Values] bool another)
    {
        Task<Peer> asking = Ask(_target.PublicKey, TimeSpan.FromSeconds(5));
        ulong nonce = NonceOf(_outbound.State.PopCall()!);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _scheduler.RunAll();
        Assert.That(ErrorOf(asking).IsTimeout);
        if (another)
        {
            Ask(_other.PublicKey);
        }

        _service.Notify(DiscoveryResponses.Of(_target, nonce));
        Assert.That(_peers.Find(_target.PublicKey) is null, Is.EqualTo(another));
    }

    [Test]
    public void A_failed_answer_fails_its_caller_only()
    {
        Task<Peer> first = Ask(_target.PublicKey);
        ulong nonce = NonceOf(_outbound.State.PopCall()!);
        Task<Peer> second = Ask(_target.PublicKey);
        _service.Notify(new ReceivedDiscoveryResponse(_target.PublicKey, nonce, PeerClaimError.Address, null));
        _scheduler.RunAll();
        Assert.That(ErrorOf(first).Error, Is.EqualTo(DhtDiscoveryError.InvalidDiscoveryResponse));
        Assert.That(second.IsCompleted, Is.False);
        Assert.That(_offences.Offences, Is.Empty, "a claim without form costs no ban here");
    }

    [Test]
    public void A_claim_that_its_peer_did_not_sign_costs_a_ban()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        PeerIdentityClaim claim = _target.Claim;
        var altered = new PeerIdentityClaim([Multiaddr.Parse("/ip4/5.6.7.9/tcp/18189")], claim.Features, claim.Signature);
        _service.Notify(ResponseOf(altered));
        _scheduler.RunAll();

        DhtDiscoveryException error = ErrorOf(asking);
        Assert.That((error.Error, error.ValidatorError?.IsBanOffence), Is.EqualTo((DhtDiscoveryError.PeerValidatorError, true)));
        Assert.That(
            _offences.Offences.Select(offence => (offence.Peer, offence.Severity)),
            Is.EqualTo(new[] { (_target.PublicKey, OffenceSeverity.Medium) }));
        Assert.That(_peers.Count, Is.Zero);
    }

    [Test]
    public void A_claim_that_is_not_acceptable_otherwise_costs_no_ban()
    {
        using NodeIdentity crowded = NodeIdentity.Generate(
            [.. Enumerable.Range(1, 6).Select(i => Multiaddr.Parse($"/ip4/5.6.7.{i}/tcp/1"))]);
        Task<Peer> asking = Ask(crowded.PublicKey);
        Answer(crowded);
        DhtDiscoveryException error = ErrorOf(asking);
        Assert.That((error.Error, error.ValidatorError?.IsBanOffence), Is.EqualTo((DhtDiscoveryError.PeerValidatorError, false)));
        Assert.That(_offences.Offences, Is.Empty);
    }

    [Test]
    public void Altered_answers_never_do_more_than_fail_their_caller()
    {
        var random = new Random(20_300_101);
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < 400; i++)
        {
            Task<Peer> asking = Ask(_target.PublicKey);
            ulong nonce = NonceOf(_outbound.State.PopCall()!);
            byte[] bytes = OwnClaimMessage.Encode(_target, nonce);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            ReceivedDiscoveryResponse? response = DiscoveryResponses.TryRead(bytes);
            Assert.That(response is null || _service.Notify(response), Is.True);
            _scheduler.RunAll();
            string outcome = !asking.IsCompleted ? "waits" : asking.IsFaulted ? ErrorOf(asking).Error.ToString() : "found";
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            Assert.That(_service.InFlight, Is.EqualTo(asking.IsCompleted ? 0 : 1), "an answered question is forgotten");
            if (!asking.IsCompleted)
            {
                Assert.That(
                    response is null || response.Nonce != nonce,
                    "only what never came, or names another question, leaves the caller waiting");
                _clock.Advance(TimeSpan.FromMinutes(2));
                _scheduler.RunAll();
                Assert.That(ErrorOf(asking).IsTimeout);
                Ask(_node.PublicKey);
                _service.Notify(DiscoveryResponses.Of(_other, nonce));
            }
        }

        // A bit of the message that nothing covers can be turned without harm, but a signature must have been found wrong.
        Assert.That(outcomes, Contains.Key("PeerValidatorError").And.ContainKey("InvalidDiscoveryResponse").And.ContainKey("waits"));
        Assert.That(outcomes.Keys, Is.SubsetOf(new[] { "PeerValidatorError", "InvalidDiscoveryResponse", "waits", "found" }));
        Assert.That(_peers.All().All(peer =>
            peer.PublicKey == _target.PublicKey
            && peer.Addresses.Entries.All(entry => entry.Address == _target.PublicAddresses[0])));
    }

    [Test]
    public void The_own_key_can_not_be_discovered()
    {
        Assert.That(ErrorOf(Ask(_node.PublicKey)).Error, Is.EqualTo(DhtDiscoveryError.CannotDiscoverThisNode));
        Assert.That(_outbound.State.CallCount, Is.Zero);
    }

    [Test]
    public void A_question_that_goes_to_nobody_fails_with_the_reason()
    {
        _outbound.State.SetNextResponse(SendMessageResponse.Queued(new MessageSendStates()));
        DhtDiscoveryException nobody = ErrorOf(Ask(_target.PublicKey));
        Assert.That(
            (nobody.Error, nobody.SendFailure?.Kind),
            Is.EqualTo((DhtDiscoveryError.DiscoverySendFailed, SendFailureKind.NoMessagesQueued)));

        _outbound.State.SetNextResponse(SendMessageResponse.Failed(new SendFailure(SendFailureKind.FailedToGenerateMessages, "no point")));
        DhtDiscoveryException failed = ErrorOf(Ask(_target.PublicKey));
        Assert.That(
            (failed.Error, failed.SendFailure?.Kind),
            Is.EqualTo((DhtDiscoveryError.DiscoverySendFailed, SendFailureKind.FailedToGenerateMessages)));
        Assert.That(_service.InFlight, Is.Zero);
    }

    [Test]
    public async Task An_outbound_graph_that_has_ended_fails_the_question()
    {
        var ended = new OutboundServiceMock(_pool);
        await ended.DisposeAsync();
        _service.Start(ended.Requester);
        Assert.That(ErrorOf(Ask(_target.PublicKey)).Error, Is.EqualTo(DhtDiscoveryError.DhtOutboundError));
    }

    [Test]
    public void A_peer_store_that_has_ended_fails_the_caller()
    {
        Task<Peer> asking = Ask(_target.PublicKey);
        _peers.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Answer(_target);
        Assert.That(ErrorOf(asking).Error, Is.EqualTo(DhtDiscoveryError.PeerManagerError));
    }

    [Test]
    public void A_question_whose_caller_is_gone_is_not_sent()
    {
        using var leaving = new CancellationTokenSource();
        Task<Peer> asking = _service.CreateRequester()
            .DiscoverPeerAsync(_target.PublicKey, NodeDestination.Unknown, leaving.Token).AsTask();
        leaving.Cancel();
        _scheduler.RunAll();
        Assert.That(asking.IsCanceled);
        Assert.That((_outbound.State.CallCount, _service.InFlight), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Questions_do_not_wait_for_each_other()
    {
        _outbound.State.Behaviour = new MockBehaviour { Broadcast = ResponseType.QueuedSuccessDelay(TimeSpan.FromHours(1)) };
        Task<Peer> first = Ask(_target.PublicKey);
        Task<Peer> second = Ask(_other.PublicKey, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(ErrorOf(second).IsTimeout, "the mock is still busy with the first one");
        Answer(_target);
        Assert.That(first.Result.PublicKey, Is.EqualTo(_target.PublicKey));
    }

    [Test]
    public void As_many_questions_as_allowed_are_under_way_and_abandoned_ones_make_room()
    {
        _service = Create(new DhtDiscoveryOptions { MaxInFlight = 2 });
        _service.Start(_outbound.Requester);
        Task<Peer> first = Ask(_target.PublicKey, TimeSpan.FromSeconds(1));
        Ask(_target.PublicKey, TimeSpan.FromSeconds(100));
        Assert.That(ErrorOf(Ask(_other.PublicKey)).Error, Is.EqualTo(DhtDiscoveryError.TooManyRequests));

        _clock.Advance(TimeSpan.FromSeconds(1));
        _scheduler.RunAll();
        Assert.That(ErrorOf(first).IsTimeout);
        Assert.That(Ask(_other.PublicKey).IsCompleted, Is.False);
        Assert.That(_service.InFlight, Is.EqualTo(2));
    }

    [Test]
    public void The_end_of_discovery_ends_every_question_in_every_state()
    {
        _outbound.State.Behaviour = new MockBehaviour { Broadcast = ResponseType.QueuedSuccessDelay(TimeSpan.FromHours(1)) };
        Task<Peer> sent = Ask(_target.PublicKey);
        Task<Peer> unanswered = Ask(_target.PublicKey);
        Task<Peer> notStarted = _service.CreateRequester().DiscoverPeerAsync(_target.PublicKey, NodeDestination.Unknown).AsTask();

        _service.Stop();
        _service.Stop();
        _scheduler.RunAll();

        Assert.That(ErrorOf(sent).Error, Is.EqualTo(DhtDiscoveryError.ReplyCanceled));
        Assert.That(ErrorOf(unanswered).Error, Is.EqualTo(DhtDiscoveryError.ReplyCanceled));
        Assert.That(ErrorOf(notStarted).Error, Is.EqualTo(DhtDiscoveryError.ChannelDisconnected));
        Assert.That(ErrorOf(Ask(_target.PublicKey)).Error, Is.EqualTo(DhtDiscoveryError.ChannelDisconnected));
        Assert.That(_service.Notify(DiscoveryResponses.Of(_target, 1)), Is.False);
    }

    [Test]
    public void Before_its_start_discovery_takes_no_questions()
    {
        _service = Create(new DhtDiscoveryOptions());
        Assert.That(ErrorOf(Ask(_target.PublicKey)).Error, Is.EqualTo(DhtDiscoveryError.ChannelDisconnected));
    }

    [Test]
    public void Options_and_timeouts_are_checked()
    {
        Assert.That(() => Create(new DhtDiscoveryOptions { MaxInFlight = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => Create(new DhtDiscoveryOptions { RequestTimeout = TimeSpan.FromDays(50) }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _service.CreateRequester(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(_service.CreateRequester().Timeout, Is.EqualTo(TimeSpan.FromMinutes(2)));
    }

    [Test]
    public void The_same_seed_asks_the_same_questions()
    {
        ulong[] nonces = new ulong[2];
        for (int i = 0; i < nonces.Length; i++)
        {
            _service = Create(new DhtDiscoveryOptions());
            _service.Start(_outbound.Requester);
            Ask(_target.PublicKey);
            nonces[i] = NonceOf(_outbound.State.PopCall()!);
            _service.Stop();
            _scheduler.RunAll();
        }

        Assert.That(nonces[0], Is.EqualTo(nonces[1]));
    }

    private static ulong NonceOf(MockCall call)
    {
        Assert.That(EnvelopeBody.Decode(call.Body, out EnvelopeBody body), Is.EqualTo(EnvelopeBodyStatus.Ok));
        Assert.That(PeerClaimMessage.TryDecode(body[0].Span, out PeerClaimMessage message), Is.True);
        return message.Nonce;
    }

    private static DhtDiscoveryException ErrorOf(Task<Peer> asking)
    {
        Assert.That(asking.IsFaulted, "the question has failed");
        return (DhtDiscoveryException)asking.Exception!.InnerException!;
    }

    private ReceivedDiscoveryResponse ResponseOf(PeerIdentityClaim claim) => new(
        _target.PublicKey, NonceOf(_outbound.State.PopCall()!), PeerClaimError.None, new UnvalidatedPeerInfo(_target.PublicKey, [claim]));

    private DhtDiscoveryService Create(DhtDiscoveryOptions options) => new(
        _node,
        _peers,
        new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: _clock),
        _offences,
        options with { TimeProvider = _clock, TaskScheduler = _scheduler, Random = new Random(1) });

    private Task<Peer> Ask(CommsPublicKey key, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        Task<Peer> asking = _service.CreateRequester(timeout).DiscoverPeerAsync(key, new NodeDestination(key), cancellationToken).AsTask();
        _scheduler.RunAll();
        return asking;
    }

    private bool Answer(NodeIdentity identity)
    {
        bool taken = _service.Notify(DiscoveryResponses.Of(identity, NonceOf(_outbound.State.PopCall()!)));
        _scheduler.RunAll();
        return taken;
    }
}
