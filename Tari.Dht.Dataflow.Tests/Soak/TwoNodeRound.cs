using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Framing;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Soak;

/// <summary>Alice sends to Bob over a pipe until something happens to one of them.</summary>
/// <remarks>What happens and to whom comes from the seed; when exactly, among threads, does not.</remarks>
internal sealed class TwoNodeRound : IDisposable
{
    private const int Requests = 60;

    private readonly NodeIdentity _alice;
    private readonly NodeIdentity _bob;
    private readonly NodeIdentity _carol;
    private readonly int _seed;
    private readonly bool _disturbed;
    private readonly Random _random;
    private readonly CheckingArrayPool _pool = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly StepObserver _aliceSaw;
    private readonly StepObserver _bobSaw;
    private readonly SoakRequest[] _requests;
    private readonly TagSource _tags;
    private readonly ConcurrentQueue<(ulong Tag, int Number)> _delivered = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly ConcurrentQueue<Task> _background = new();
    private readonly Dictionary<int, (string Name, Action Act)> _disturbances = [];
    private readonly CancellationTokenSource _sending = new();
    private readonly CancellationTokenSource _reading = new();
    private OutboundPipeline _outbound = null!;
    private InboundPipeline _inbound = null!;
    private OutboundFrameSink _sink = null!;
    private InboundFrameSource _source = null!;
    private FrameSourceResult? _readingResult;
    private int _steps;
    private string _phase = "its start";

    public TwoNodeRound(NodeIdentity alice, NodeIdentity bob, NodeIdentity carol, int seed, bool disturbed)
    {
        _alice = alice;
        _bob = bob;
        _carol = carol;
        _seed = seed;
        _disturbed = disturbed;
        _random = new Random(seed);
        _tags = new TagSource(seed);
        _aliceSaw = new StepObserver(Step);
        _bobSaw = new StepObserver(Step);
        _requests = [.. Enumerable.Range(0, Requests).Select(number => new SoakRequest(number, _random))];
    }

    /// <summary>Where the round stands, for one that does not end.</summary>
    public override string ToString() =>
        $"waits for {_phase}; {_steps} steps of "
        + $"[{string.Join(", ", _disturbances.Select(planned => $"{planned.Key}: {planned.Value.Name}"))}], "
        + $"{_pool.Outstanding} buffers out, {_source.InFlight} in flight; "
        + $"alice {_outbound.Completion.Status} [{string.Join(", ", _outbound.GetQueueDepths())}], "
        + $"sink {_sink.Completion.Status}, bob {_inbound.Completion.Status} [{string.Join(", ", _inbound.GetQueueDepths())}]";

    public async Task RunAsync()
    {
        await using DedupCache aliceCache = DedupCache.Open(new DedupCacheOptions());
        await using DedupCache bobCache = DedupCache.Open(new DedupCacheOptions());
        int window = _random.Next(1, 9);
        _outbound = new OutboundPipeline(
            _alice, new Selector(this, _random.Next()), aliceCache, OutboundOptions(), new Discoverer(this, _random.Next()));
        _inbound = new InboundPipeline(_bob, new Lookup(this, _random.Next()), bobCache, InboundOptions());
        int pause = _random.Next(1, 20_000);
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: pause, resumeWriterThreshold: Math.Max(1, pause / 2), useSynchronizationContext: false));
        _sink = new OutboundFrameSink(
            pipe.Writer, new FrameSinkOptions { BoundedCapacity = _random.Next(1, 20), FlushThreshold = _random.Next(1, 10_000) });
        _outbound.LinkTo(_sink, new DataflowLinkOptions { PropagateCompletion = true });
        _source = new InboundFrameSource(
            pipe.Reader, _alice.NodeId, _inbound, new FrameSourceOptions { BufferPool = _pool, Random = _tags, MaxInFlight = window });

        // Bob's application is slow now and then, and holds on to some messages, but never to so many that the session stands still.
        var application = new Application(this, _random.Next(), held: _random.Next(window));
        var consumer = new ActionBlock<DecryptedDhtMessage>(
            application.TakeAsync, new ExecutionDataflowBlockOptions { BoundedCapacity = _random.Next(1, 6) });
        _inbound.LinkTo(consumer);
        PlanDisturbances();

        Task reading = ReadAsync(pipe.Reader);
        Task ending = StopWithoutSinkAsync();
        var requester = new OutboundMessageRequester(_outbound, _pool, new Random(_seed));
        int senders = _random.Next(1, 5);
        _phase = "senders";
        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => SendAsync(requester, sender, senders, _random.Next())));

        _outbound.Complete();
        _clock.Advance(TimeSpan.FromSeconds(2));
        _phase = "alice";
        await EndOf(_outbound);
        _phase = "sink";
        await _sink.Completion;
        await ending;
        await pipe.Writer.CompleteAsync();
        _phase = "reading";
        await reading;
        _inbound.Complete();
        _phase = "bob";
        await EndOf(_inbound);
        consumer.Complete();
        _phase = "consumer";
        await consumer.Completion;
        application.LetGo();
        _phase = "stops";
        await Task.WhenAll(_background);
    }

    public void Dispose()
    {
        _sending.Dispose();
        _reading.Dispose();
    }

    /// <summary>Fails unless every message ended exactly once, every caller knows how, and every buffer is back.</summary>
    public void AssertAccounts()
    {
        Assert.Multiple(() =>
        {
            Assert.That(_wrong, Is.Empty, $"seed {_seed}");
            ILookup<ulong, RecordingDiscardObserver.Discard> discards = _aliceSaw.Discards.ToLookup(discard => discard.Tag);
            foreach (SoakRequest request in _requests)
            {
                AssertEndedOnce(request, [.. discards[request.Tag]]);
            }

            AssertReceivedEndedOnce();
            Assert.That(_source.InFlight, Is.Zero, $"seed {_seed}: the session's window");
            _pool.AssertWhole();
        });
    }

    private void AssertEndedOnce(SoakRequest request, RecordingDiscardObserver.Discard[] discards)
    {
        string name = $"seed {_seed}, request {request.Number} ({request.Kind}, {request.Outcome})";
        int before = discards.Count(discard => discard.Stage != StageName.Delivery);
        int behind = discards.Length - before;
        switch (request.Outcome)
        {
            case SoakOutcome.Refused:
                Assert.That(discards, Is.Empty, name);
                break;
            case SoakOutcome.Unanswered:
                Assert.That((before, behind), Is.EqualTo((1, 0)), name);
                Assert.That(discards[0].Reason, Is.EqualTo(DropReason.Stopping), name);
                break;
            case SoakOutcome.Cancelled:
                Assert.That(_disturbed, name);
                Assert.That(before + (behind > 0 ? 1 : 0), Is.LessThanOrEqualTo(1), name);
                Assert.That(behind, Is.LessThanOrEqualTo(request.Recipients), name);
                break;
            case SoakOutcome.Answered when request.Response!.States is { Count: > 0 } states:
                Assert.That(states, Has.Count.EqualTo(request.Recipients), name);
                Assert.That(states.All(state => state.Result.IsCompletedSuccessfully), $"{name}: every state ends");
                int dropped = states.Count(state => state.Result.Result == MessageSendResult.Dropped);
                Assert.That((before, behind), Is.EqualTo(before == 0 ? (0, dropped) : (1, 0)), name);
                Assert.That(dropped, Is.EqualTo(before == 0 ? behind : states.Count), name);
                Assert.That(_disturbed || states.All(state => state.Result.Result == MessageSendResult.Sent), name);
                break;
            case SoakOutcome.Answered:
                Assert.That((before, behind), Is.EqualTo((1, 0)), name);
                Assert.That(discards[0].Reason, Is.EqualTo(ExpectedReason(request)), name);
                break;
            default:
                Assert.Fail($"{name}: the call did not end");
                break;
        }
    }

    private void AssertReceivedEndedOnce()
    {
        var ends = _bobSaw.Discards.Select(discard => discard.Tag).Concat(_delivered.Select(delivery => delivery.Tag))
            .GroupBy(tag => tag).ToDictionary(group => group.Key, group => group.Count());
        ulong[] tags = _tags.Drawn;

        // The last one may have been refused, or cancelled while it waited for room.
        int accepted = tags.Length - (tags.Length > 0 && !ends.ContainsKey(tags[^1]) ? 1 : 0);
        Assert.That(tags.Take(accepted).All(tag => ends.GetValueOrDefault(tag) == 1), $"seed {_seed}: every frame ends once");
        Assert.That(ends, Has.Count.EqualTo(accepted), $"seed {_seed}: nothing else ends");
        if (_readingResult is { } result)
        {
            Assert.That(result.Messages, Is.EqualTo(accepted), $"seed {_seed}");
            Assert.That(accepted == tags.Length || result.End == FrameSourceEnd.TargetCompleted, $"seed {_seed}");
        }

        int[] numbers = [.. _delivered.Select(delivery => delivery.Number)];
        Assert.That(numbers, Is.Unique, $"seed {_seed}: duplicates");
        if (!_disturbed)
        {
            Assert.That(_readingResult?.End, Is.EqualTo(FrameSourceEnd.EndOfStream), $"seed {_seed}");
            Assert.That(
                numbers,
                Is.EquivalentTo(_requests.Where(request => request.IsDeliverable).Select(request => request.Number)),
                $"seed {_seed}");
            Assert.That(accepted, Is.EqualTo(_requests.Sum(request => request.Response!.States?.Count ?? 0)), $"seed {_seed}");
        }
    }

    private static DropReason ExpectedReason(SoakRequest request) => request.Response!.Failure?.Kind switch
    {
        null => DropReason.NoRecipients,
        SendFailureKind.SendToOurselves => DropReason.SendToOurselves,
        SendFailureKind.General => DropReason.PeerSelectionFailed,
        SendFailureKind.FailedToGenerateMessages => DropReason.GenerationFailed,
        SendFailureKind.DiscoveryFailed => DropReason.DiscoveryFailed,
        _ => DropReason.None,
    };

    private void PlanDisturbances()
    {
        if (!_disturbed)
        {
            return;
        }

        (string Name, Action Act)[] possible =
        [
            ("cancel sending", _sending.Cancel),
            ("cancel reading", _reading.Cancel),
            ("fault alice", () => _outbound.Fault(new InvalidOperationException("soak"))),
            ("stop alice", () => _background.Enqueue(_outbound.StopAsync(TimeSpan.Zero))),
            ("stop alice within 1 s", () => _background.Enqueue(_outbound.StopAsync(TimeSpan.FromSeconds(1)))),
            ("let 2 s pass", () => _clock.Advance(TimeSpan.FromSeconds(2))),
            ("complete alice", () => _outbound.Complete()),
            ("fault sink", () => _sink.Fault(new InvalidOperationException("soak"))),
            ("fault bob", () => _inbound.Fault(new InvalidOperationException("soak"))),
            ("stop bob", () => _background.Enqueue(_inbound.StopAsync(TimeSpan.Zero))),
            ("stop bob within 1 s", () => _background.Enqueue(_inbound.StopAsync(TimeSpan.FromSeconds(1)))),
            ("complete bob", () => _inbound.Complete()),
        ];
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            _disturbances[_random.Next(1, 4 * Requests)] = possible[_random.Next(possible.Length)];
        }
    }

    /// <summary>Something went on somewhere; perhaps it is time for a disturbance, then and there.</summary>
    private void Step()
    {
        if (_disturbances.TryGetValue(Interlocked.Increment(ref _steps), out (string Name, Action Act) disturbance))
        {
            disturbance.Act();
        }
    }

    private async Task SendAsync(OutboundMessageRequester requester, int first, int senders, int seed)
    {
        var random = new Random(seed);
        for (int number = first; number < Requests; number += senders)
        {
            SoakRequest request = _requests[number];
            Step();
            await YieldAsync(random, 8);
            try
            {
                CancellationToken token = random.Next(4) == 0 ? _sending.Token : default;
                request.Response = await FinalOfAsync(await SendAsync(requester, request, token), token);
                request.Outcome = SoakOutcome.Answered;
            }
            catch (OperationCanceledException)
            {
                request.Outcome = SoakOutcome.Cancelled;
            }
            catch (DhtOutboundException error)
            {
                request.Outcome = error.Error == DhtOutboundError.SendError && error.InnerException is null
                    ? SoakOutcome.Refused
                    : SoakOutcome.Unanswered;
            }
        }
    }

    private static async Task<SendMessageResponse> FinalOfAsync(SendMessageResponse response, CancellationToken cancellationToken)
    {
        if (response.PendingDiscovery is not { } pending)
        {
            return response;
        }

        try
        {
            return await pending.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (pending.IsCanceled)
        {
            throw new DhtOutboundException("The request ended without its final answer.", new OperationCanceledException());
        }
    }

    private async Task<SendMessageResponse> SendAsync(
        OutboundMessageRequester requester, SoakRequest request, CancellationToken cancellationToken)
    {
        SendMessageParams parameters = new SendMessageParams().WithTag(request.Tag);
        _ = request.Kind switch
        {
            SoakRequestKind.ToOurselves => parameters.DirectPublicKey(_alice.PublicKey),
            _ when request.IsDiscovered => parameters.DirectPublicKey(_carol.PublicKey).WithDiscovery(true),
            _ when request.Number % 2 == 0 => parameters.Random(request.Recipients),
            _ => parameters.SelectedPeers([.. Enumerable.Repeat(_bob.NodeId, request.Recipients)]),
        };
        _ = request.Kind switch
        {
            SoakRequestKind.Signed => parameters.ForceOrigin(),
            SoakRequestKind.ForBob => EncryptFor(_bob.PublicKey),
            SoakRequestKind.ForCarol => EncryptFor(_carol.PublicKey),
            SoakRequestKind.BadKey => EncryptFor(new CommsPublicKey(Enumerable.Repeat((byte)0xff, 32).ToArray())),
            _ => parameters,
        };
        return request.Kind == SoakRequestKind.NoBody
            ? await requester.SendRawAsync(parameters, new byte[] { 0x0a, 0xff }, cancellationToken)
            : await requester.SendMessageNoHeaderAsync(parameters, new OutboundDomainMessage(0, request.Payload), cancellationToken);

        SendMessageParams EncryptFor(CommsPublicKey key) =>
            parameters.WithEncryption(OutboundEncryption.EncryptFor(key)).WithDestination(new NodeDestination(key));
    }

    private async Task ReadAsync(PipeReader reader)
    {
        try
        {
            _readingResult = await _source.RunAsync(_reading.Token);
        }
        catch (OperationCanceledException)
        {
            // A disturbance.
        }

        await reader.CompleteAsync();
    }

    private async Task StopWithoutSinkAsync()
    {
        // Nobody takes messages any more; without this, a graph waits for somebody who will.
        await _sink.Completion;
        await _outbound.StopAsync(TimeSpan.Zero);
    }

    private void Deliver(DecryptedDhtMessage message)
    {
        Step();
        int number = (int)message.Header.MessageTag - 1;
        SoakRequest request = _requests[number];
        bool right = request.Kind switch
        {
            SoakRequestKind.ForCarol =>
                message.DecryptionFailed && message.AuthenticatedOrigin is null && message.RawBody.Length % 6000 == 16,
            SoakRequestKind.Clear => message.DecryptionSucceeded && message.AuthenticatedOrigin is null,
            SoakRequestKind.Signed or SoakRequestKind.ForBob =>
                message.DecryptionSucceeded && message.AuthenticatedOrigin == _alice.PublicKey,
            _ => false,
        };
        if (!right || (message.DecryptionSucceeded && !message.Body[0].Span.SequenceEqual(request.Payload)))
        {
            _wrong.Enqueue($"request {number} ({request.Kind}) arrived altered");
        }

        _delivered.Enqueue((message.Tag, number));
    }

    private OutboundPipelineOptions OutboundOptions() => new()
    {
        BufferPool = _pool,
        TimeProvider = _clock,
        DiscardObserver = _aliceSaw,
        TaskScheduler = Scheduler(),
        RequestLoggingStage = Stage(),
        BroadcastStage = Stage(),
        DiscoveryStage = Stage(),
        MaxPendingDiscoveries = _disturbed ? _random.Next(1, 5) : 1000,
        LoggingStage = Stage(),
        SerializeStage = Stage(),
    };

    private InboundPipelineOptions InboundOptions() => new()
    {
        BufferPool = _pool,
        TimeProvider = _clock,
        DiscardObserver = _bobSaw,
        TaskScheduler = Scheduler(),
        MetricsStage = Stage(),
        DeserializeStage = Stage(),
        DecryptionStage = Stage(),
        DedupStage = Stage(),
        LoggingStage = Stage(),
    };

    private StageOptions Stage()
    {
        int capacity = _random.Next(1, 12);
        return new StageOptions
        {
            BoundedCapacity = capacity,
            MaxDegreeOfParallelism = _random.Next(1, Math.Min(capacity, 3) + 1),
            EnsureOrdered = _random.Next(2) == 0,
            MaxBatchSize = _random.Next(1, 9),
        };
    }

    private TaskScheduler Scheduler() =>
        _random.Next(3) == 0 ? new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler : TaskScheduler.Default;

    private static Task EndOf(IDataflowBlock block) =>
        block.Completion.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static async Task YieldAsync(Random random, int most)
    {
        for (int i = random.Next(most); i > 0; i--)
        {
            await Task.Yield();
        }
    }

    private sealed class StepObserver(Action step) : IDiscardObserver
    {
        private readonly RecordingDiscardObserver _inner = new();

        public IReadOnlyList<RecordingDiscardObserver.Discard> Discards => _inner.Discards;

        public void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer)
        {
            _inner.OnDiscarded(stage, reason, tag, peer);
            step();
        }
    }

    /// <summary>Remembers the tags that the frame source drew.</summary>
    private sealed class TagSource(int seed) : Random(seed)
    {
        private readonly List<ulong> _drawn = [];

        public ulong[] Drawn => [.. _drawn];

        public override void NextBytes(Span<byte> buffer)
        {
            base.NextBytes(buffer);
            _drawn.Add(BitConverter.ToUInt64(buffer));
        }
    }

    /// <summary>Answers at once or later, and fails now and then.</summary>
    private sealed class Selector(TwoNodeRound round, int seed) : IPeerSelector
    {
        public async ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
        {
            round.Step();
            var random = new Random(seed ^ round._steps);
            await YieldAsync(random, 4);
            if (round._disturbed && random.Next(20) == 0)
            {
                throw new InvalidOperationException("nobody answers");
            }

            return strategy switch
            {
                BroadcastStrategy.ToPublicKey => [],
                BroadcastStrategy.Random some => [.. Enumerable.Repeat(round._bob.NodeId, some.Count)],
                _ => ((BroadcastStrategy.SelectedPeers)strategy).Peers,
            };
        }
    }

    /// <summary>Finds Bob at once or later, listens to the token or not, and fails now and then.</summary>
    private sealed class Discoverer(TwoNodeRound round, int seed) : IPeerDiscoverer
    {
        private readonly Peer _peer = new(round._bob.PublicKey);
        private int _asked;

        public async ValueTask<Peer> DiscoverPeerAsync(
            CommsPublicKey publicKey, NodeDestination destination, CancellationToken cancellationToken = default)
        {
            round.Step();
            var random = new Random(seed ^ Interlocked.Increment(ref _asked));
            bool listens = random.Next(2) == 0;
            for (int i = random.Next(2) == 0 ? 0 : random.Next(300); i > 0; i--)
            {
                if (listens)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                await Task.Yield();
            }

            round.Step();
            return round._disturbed && random.Next(10) == 0 ? throw new InvalidOperationException("nobody answers") : _peer;
        }
    }

    /// <summary>Knows Alice, and fails now and then.</summary>
    private sealed class Lookup(TwoNodeRound round, int seed) : IPeerLookup
    {
        private readonly Peer _peer = new(round._alice.PublicKey);
        private int _asked;

        public Peer? Find(in NodeId id) => (round._disturbed ? new Random(seed ^ Interlocked.Increment(ref _asked)).Next(30) : 2) switch
        {
            0 => throw new PeerManagerException(PeerManagerError.StorageError, "no answer today"),
            1 => throw new InvalidOperationException("a bug in the store"),
            _ => _peer,
        };
    }

    /// <summary>Takes what is delivered, in its own time, and lets go of it in another order.</summary>
    private sealed class Application(TwoNodeRound round, int seed, int held)
    {
        private readonly Random _random = new(seed);
        private readonly List<DecryptedDhtMessage> _held = [];

        public async Task TakeAsync(DecryptedDhtMessage message)
        {
            await YieldAsync(_random, _random.Next(10) == 0 ? 300 : 3);
            round.Deliver(message);
            _held.Add(message);
            while (_held.Count > held)
            {
                int index = _random.Next(_held.Count);
                _held[index].Dispose();
                _held.RemoveAt(index);
            }
        }

        public void LetGo() => _held.ForEach(message => message.Dispose());
    }
}
