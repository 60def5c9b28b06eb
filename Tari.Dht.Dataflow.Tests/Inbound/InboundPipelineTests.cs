using System.Diagnostics.Metrics;
using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;
using DedupKey = Tari.Dht.Dataflow.Protocol.Envelopes.DedupKey;

namespace Tari.Dht.Dataflow.Tests.Inbound;

/// <summary>The whole graph with a real duplicate cache. (That nobody is banned shows in that the graph has no means to ban.)</summary>
[TestFixture]
internal sealed class InboundPipelineTests
{
    private static readonly byte[] s_secret = "a payload that must not leak"u8.ToArray();

    private NodeIdentity _node = null!;
    private NodeIdentity _sender = null!;
    private NodeIdentity _other = null!;
    private Peer _source = null!;

    [SetUp]
    public void SetUp()
    {
        _node = NodeIdentity.Generate();
        _sender = NodeIdentity.Generate();
        _other = NodeIdentity.Generate();
        _source = new Peer(_sender.PublicKey);
    }

    [TearDown]
    public void TearDown()
    {
        _node.Dispose();
        _sender.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task Unsigned_clear_text_reaches_the_application()
    {
        await using InboundProbe probe = Probe();
        using DecryptedDhtMessage? message = await probe.RunOneAsync(
            _source.NodeId, EnvelopeFactory.ClearText("secret"u8.ToArray()).Build());
        Assert.That(message, Is.Not.Null);
        Assert.That(message.Body[0].ToArray(), Is.EqualTo("secret"u8.ToArray()));
        Assert.That(message.DedupHitCount, Is.EqualTo(1));
        Assert.That(message.AuthenticatedOrigin, Is.Null);
    }

    [Test]
    public async Task What_is_encrypted_for_this_node_reaches_the_application()
    {
        await using InboundProbe probe = Probe();
        using DecryptedDhtMessage? message =
            await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.Encrypted(_node, _node.PublicKey, "secret"u8.ToArray()).Build());
        Assert.That(message, Is.Not.Null);
        Assert.That(message.Body[0].ToArray(), Is.EqualTo("secret"u8.ToArray()));
        Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_node.PublicKey));
    }

    [Test]
    public async Task Signed_clear_text_is_delivered_and_its_copy_with_a_longer_signature_is_not_and_the_one_without_signature_is()
    {
        await using InboundProbe probe = Probe();
        EnvelopeFactory envelope = EnvelopeFactory.ClearText([1]).SignedBy(_other);
        using DecryptedDhtMessage? signed = await probe.RunOneAsync(_source.NodeId, envelope.Build());
        byte[] signature = envelope.Signature;
        using DecryptedDhtMessage? longer = await probe.RunOneAsync(
            _source.NodeId, envelope.With(f => f.Signature = [.. signature, .. WireBytes.UnknownField]).Build());
        using DecryptedDhtMessage? stripped = await probe.RunOneAsync(_source.NodeId, envelope.With(f => f.Signature = []).Build());
        Assert.That(signed?.AuthenticatedOrigin, Is.EqualTo(_other.PublicKey));
        Assert.That(longer, Is.Null);
        Assert.That(stripped, Is.Not.Null);
        Assert.That(stripped.AuthenticatedOrigin, Is.Null);
        Assert.That(
            probe.Observer.Discards,
            Is.EqualTo((RecordingDiscardObserver.Discard[])[new(StageName.Decryption, DropReason.InvalidSignature, 2, _source.NodeId)]));
    }

    [Test]
    public async Task Unsigned_clear_text_is_delivered_and_its_copy_with_a_longer_body_is_not()
    {
        await using InboundProbe probe = Probe();
        EnvelopeFactory envelope = EnvelopeFactory.ClearText([1]);
        using DecryptedDhtMessage? first = await probe.RunOneAsync(_source.NodeId, envelope.Build());
        using DecryptedDhtMessage? longer = await probe.RunOneAsync(
            _source.NodeId, envelope.With(f => f.Body = [.. f.Body, .. WireBytes.UnknownField]).Build());
        Assert.That(first, Is.Not.Null);
        Assert.That(longer, Is.Null);
        Assert.That(
            probe.Observer.Discards,
            Is.EqualTo((RecordingDiscardObserver.Discard[])[new(StageName.Dedup, DropReason.Duplicate, 2, _source.NodeId)]));
    }

    [Test]
    public async Task The_echo_of_an_own_flood_with_a_trailing_unknown_field_is_not_delivered()
    {
        await using InboundProbe probe = Probe();
        byte[] body = EnvelopeFactory.EncodeBody([1, 2, 3]);
        byte[] flooded = [.. body, .. WireBytes.UnknownField];
        byte[] onTheWire;
        await using (var outbound = new OutboundPipeline(
            _node,
            new OnePeer(_source.NodeId),
            probe.Cache,
            new OutboundPipelineOptions { BufferPool = probe.Pool, TimeProvider = probe.Clock }))
        {
            var sent = new BufferBlock<OutboundMessage>();
            outbound.LinkTo(sent);
            var requester = new OutboundMessageRequester(outbound, probe.Pool, new Random(1));
            Assert.That((await requester.SendRawAsync(new SendMessageParams().Flood([]), flooded)).Failure, Is.Null);
            using OutboundMessage message = await sent.ReceiveAsync();
            onTheWire = message.Body.ToArray();
        }

        Assert.That(EnvelopeBody.Decode(body, out EnvelopeBody canonical), Is.EqualTo(EnvelopeBodyStatus.Ok));
        DedupKey key = DedupKey.ComputeUnsigned(canonical);
        Assert.That(probe.Cache.GetHitCount(key.Bytes), Is.EqualTo(1));
        Assert.That(onTheWire.AsSpan().IndexOf(flooded), Is.Positive, "sent as it is");

        using DecryptedDhtMessage? echo = await probe.RunOneAsync(_source.NodeId, onTheWire);
        Assert.That(echo, Is.Null);
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.Duplicate));
        Assert.That(probe.Cache.GetHitCount(key.Bytes), Is.EqualTo(2));
    }

    [Test]
    public async Task A_valid_signature_over_an_ephemeral_key_that_is_no_point_is_an_error_of_the_header()
    {
        await using InboundProbe probe = Probe();
        byte[] envelope = EnvelopeFactory.Encrypted(_other, _node.PublicKey, [1])
            .With(f => f.EphemeralPublicKey = [.. Enumerable.Repeat((byte)0xff, 32)]).SignedBy(_other).Build();
        using DecryptedDhtMessage? message = await probe.RunOneAsync(_source.NodeId, envelope);
        Assert.That(message, Is.Null);
        RecordingDiscardObserver.Discard discard = probe.Observer.Discards.Single();
        var expected = new RecordingDiscardObserver.Discard(
            StageName.Deserialize, DropReason.InvalidEphemeralPublicKey, 1, _source.NodeId);
        Assert.That(discard, Is.EqualTo(expected));
        Assert.That(discard.Reason.IsError());
    }

    [Test]
    public async Task Six_messages_through_a_graph_with_room_for_one_at_each_stage_all_arrive_and_the_graph_ends()
    {
        var narrow = new StageOptions { BoundedCapacity = 1, MaxDegreeOfParallelism = 1, MaxBatchSize = 1 };
        await using InboundProbe probe = Probe(options => options with
        {
            MetricsStage = narrow, DeserializeStage = narrow, DecryptionStage = narrow, DedupStage = narrow, LoggingStage = narrow,
        });
        for (byte i = 0; i < 6; i++)
        {
            Assert.That(await probe.SendAsync(_source.NodeId, EnvelopeFactory.ClearText([i]).Build()));
        }

        IReadOnlyList<DecryptedDhtMessage> delivered = await probe.DrainAsync();
        Assert.That(delivered.Select(message => message.Body[0].Span[0]), Is.EqualTo(new byte[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(probe.Pipeline.Completion.IsCompletedSuccessfully);
        foreach (DecryptedDhtMessage message in delivered)
        {
            message.Dispose();
        }
    }

    [Test]
    public async Task A_rejected_copy_does_not_shadow_the_genuine_message()
    {
        await using InboundProbe probe = Probe();
        byte[] genuine = EnvelopeFactory.ClearText([1]).SignedBy(_other).Build();
        byte[] altered = [.. genuine];
        altered[^1] ^= 1;
        using DecryptedDhtMessage? first = await probe.RunOneAsync(_source.NodeId, altered);
        using DecryptedDhtMessage? second = await probe.RunOneAsync(_source.NodeId, genuine);
        Assert.That(first, Is.Null);
        Assert.That(second, Is.Not.Null);
    }

    [Test]
    public async Task A_permitted_duplicate_comes_out_again_only_if_it_may_be_propagated()
    {
        await using InboundProbe probe = Probe(options => options with { DedupAllowedMessageOccurrences = 2 });
        byte[] forAll = EnvelopeFactory.ClearText([1]).Build();
        byte[] forOne = EnvelopeFactory.ClearText([2]).With(f => f.Destination = new NodeDestination(_node.PublicKey)).Build();
        Assert.That(await Counts(forAll), Is.EqualTo((uint?[])[1, 2, null]));
        Assert.That(await Counts(forOne), Is.EqualTo((uint?[])[1, null, null]));
        Assert.That(
            probe.Observer.Discards.Select(discard => (discard.Stage, discard.Reason)),
            Is.EqualTo(((StageName, DropReason)[])
            [
                (StageName.Dedup, DropReason.Duplicate),
                (StageName.RebroadcastFilter, DropReason.NotRebroadcastable),
                (StageName.Dedup, DropReason.Duplicate),
            ]));

        async Task<uint?[]> Counts(byte[] envelope)
        {
            var counts = new uint?[3];
            for (int i = 0; i < counts.Length; i++)
            {
                using DecryptedDhtMessage? message = await probe.RunOneAsync(_source.NodeId, envelope);
                counts[i] = message?.DedupHitCount;
            }

            return counts;
        }
    }

    [Test]
    public async Task Every_frame_counts_for_its_source_even_what_is_dropped_at_once()
    {
        await using InboundProbe probe = Probe();
        NodeId stranger = _other.NodeId;
        await probe.RunOneAsync(stranger, []);
        await probe.RunOneAsync(stranger, [0xff]);
        (await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).Build()))!.Dispose();
        MetricsCollectorHandle collector = probe.Pipeline.MetricsCollector;
        Assert.That(collector.GetMessagesReceivedTimeSeries(stranger), Has.Count.EqualTo(2));
        Assert.That(collector.GetMessagesReceivedTimeSeries(_source.NodeId), Has.Count.EqualTo(1));
        Assert.That(collector.GetTotalMessageCountInTimeSpan(TimeSpan.FromSeconds(1)), Is.EqualTo(3));
    }

    [Test]
    public async Task Each_delivered_message_is_one_line_of_debug_with_its_fields_and_nothing_of_its_content()
    {
        var log = new FieldLog(LogLevel.Debug);
        await using InboundProbe probe = Probe(options => options with { Logger = log });
        EnvelopeFactory opened = EnvelopeFactory.Encrypted(_other, _node.PublicKey, s_secret).With(f => f.Tag = 4711);
        EnvelopeFactory forAnother = EnvelopeFactory.Encrypted(_sender, _other.PublicKey, s_secret).With(f => f.Tag = 4712);
        (await probe.RunOneAsync(_source.NodeId, opened.Build()))!.Dispose();
        (await probe.RunOneAsync(_source.NodeId, forAnother.Build()))!.Dispose();
        (await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText(s_secret).Build()))!.Dispose();
        Assert.That(await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText(s_secret).Build()), Is.Null, "a duplicate");

        FieldLog.Entry[] lines = [.. log.Entries.Where(entry => entry.Id == DhtEventId.InboundMessage)];
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines.Select(line => line.Level), Has.All.EqualTo(LogLevel.Debug));
        Assert.That(
            lines.Select(line => line.Fields),
            Is.EqualTo((Dictionary<string, object?>[])
            [
                Fields(1, 4711, encrypted: true, signed: true, decrypted: true, s_secret.Length),
                Fields(2, 4712, encrypted: true, signed: true, decrypted: false, 6016),
                Fields(3, 1, encrypted: false, signed: false, decrypted: true, s_secret.Length),
            ]));
        Assert.That(
            lines[0].Text,
            Does.StartWith($"Inbound [{Convert.ToHexStringLower(_node.NodeId.Bytes[..8])}] message 1 (trace 4711) from {_source.NodeId}"));
        AssertNoSecretIn(log);

        Dictionary<string, object?> Fields(ulong tag, ulong messageTag, bool encrypted, bool signed, bool decrypted, int length) => new()
        {
            ["Node"] = _node.NodeId.ToShortString(),
            ["Tag"] = tag,
            ["MessageTag"] = messageTag,
            ["Peer"] = _source.NodeId,
            ["Type"] = DhtMessageType.None,
            ["Encrypted"] = encrypted,
            ["Signed"] = signed,
            ["Hits"] = 1u,
            ["Decrypted"] = decrypted,
            ["Length"] = length,
        };
    }

    [Test]
    public async Task Without_debug_nothing_is_written_about_messages()
    {
        var log = new FieldLog(LogLevel.Information);
        await using (InboundProbe probe = Probe(options => options with { Logger = log }))
        {
            (await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).Build()))!.Dispose();
            Assert.That(await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).Build()), Is.Null);
        }

        Assert.That(log.Entries, Is.Empty);
    }

    [Test]
    public async Task Received_delivered_and_discarded_messages_are_counted_by_stage_and_reason()
    {
        using var meters = new ListenedMeters(durations: false);
        using var metrics = new DhtMetrics(meters);
        await using (InboundProbe probe = Probe(options => options with { Metrics = metrics }))
        {
            byte[] good = EnvelopeFactory.ClearText([1]).Build();
            (await probe.RunOneAsync(_source.NodeId, good))!.Dispose();
            (await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.Encrypted(_other, _other.PublicKey, [1]).Build()))!.Dispose();
            await probe.RunOneAsync(_source.NodeId, good);
            await probe.RunOneAsync(_source.NodeId, good);
            await probe.RunOneAsync(_source.NodeId, []);
            await probe.RunOneAsync(_other.NodeId, good);
            await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).With(f => f.Expires = 1).Build());
            Assert.That(probe.Pipeline.GetDiscardCount(DropReason.Duplicate), Is.EqualTo(2));
            Assert.That(probe.Pipeline.GetDiscardCount(DropReason.Expired), Is.EqualTo(1));
        }

        Assert.That(
            meters.Totals,
            Is.EquivalentTo(new Dictionary<string, double>
            {
                ["tari.dht.inbound.received"] = 7,
                ["tari.dht.inbound.delivered"] = 2,
                ["tari.dht.discarded stage=Dedup reason=Duplicate"] = 2,
                ["tari.dht.discarded stage=Deserialize reason=EmptyMessage"] = 1,
                ["tari.dht.discarded stage=Deserialize reason=PeerNotFound"] = 1,
                ["tari.dht.discarded stage=ExpiryFilter reason=Expired"] = 1,
            }));
    }

    [Test]
    public async Task A_stages_time_is_recorded_once_for_each_message_and_only_if_somebody_listens()
    {
        using var meters = new ListenedMeters(durations: true);
        using var metrics = new DhtMetrics(meters);
        await using (InboundProbe probe = Probe(options => options with { Metrics = metrics }))
        {
            for (byte i = 0; i < 5; i++)
            {
                (await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([i]).Build()))!.Dispose();
            }

            await probe.RunOneAsync(_source.NodeId, []);
        }

        Assert.That(
            meters.Measurements.Where(entry => entry.Key.StartsWith("tari.dht.stage.duration", StringComparison.Ordinal)),
            Is.EquivalentTo(new Dictionary<string, int>
            {
                ["tari.dht.stage.duration stage=Metrics"] = 6,
                ["tari.dht.stage.duration stage=Deserialize"] = 6,
                ["tari.dht.stage.duration stage=Decryption"] = 5,
                ["tari.dht.stage.duration stage=Dedup"] = 5,
                ["tari.dht.stage.duration stage=InboundLogging"] = 5,
            }));
    }

    [Test]
    public async Task Queue_depths_show_what_waits_at_each_stage()
    {
        // With nobody at the end, messages wait where they can't get further.
        using var meters = new ListenedMeters(durations: false);
        using var metrics = new DhtMetrics(meters);
        var scheduler = new QueuedTaskScheduler();
        var forms = new InboundForms();
        var pipeline = new InboundPipeline(_node, new InMemoryPeerLookup(forms.Source), new ScriptedDedupCache(), new InboundPipelineOptions
        {
            TaskScheduler = scheduler,
            Metrics = metrics,
            BufferPool = forms.Pool,
            TimeProvider = new ManualTimeProvider(),
            DecryptionStage = new StageOptions(),
            LoggingStage = new StageOptions { BoundedCapacity = 2 },
        });
        for (byte i = 0; i < 5; i++)
        {
            Assert.That(pipeline.Post(forms.Received(EnvelopeFactory.ClearText([i]).Build())));
        }

        // Some of a graph's housekeeping is on the thread pool; the end is sure, the moment is not.
        (StageName, int)[] expected =
        [
            (StageName.Metrics, 0), (StageName.Deserialize, 0), (StageName.Decryption, 0), (StageName.Dedup, 3), (
                StageName.InboundLogging, 2),
        ];
        while (!pipeline.GetQueueDepths().SequenceEqual(expected))
        {
            scheduler.RunAll();
            await Task.Yield();
        }

        meters.Observe();
        Assert.That(
            meters.Totals.Where(entry => entry.Key.StartsWith("tari.dht.queue.depth", StringComparison.Ordinal)),
            Is.EquivalentTo(expected.ToDictionary(entry => $"tari.dht.queue.depth stage={entry.Item1}", entry => (double)entry.Item2)));

        Task<long> stopping = pipeline.StopAsync(TimeSpan.Zero);
        while (!stopping.IsCompleted)
        {
            scheduler.RunAll();
            await Task.Yield();
        }

        Assert.That(await stopping, Is.EqualTo(5));
        forms.Pool.AssertWhole();
    }

    [Test]
    public async Task A_pipeline_lets_go_of_the_instruments_that_are_its_own()
    {
        var published = new List<Instrument>();
        var completed = new List<Instrument>();
        using var listener = new MeterListener();
        bool mine = false;
        listener.InstrumentPublished = (instrument, owner) =>
        {
            if (mine && instrument.Meter.Name == DhtMetrics.MeterName)
            {
                published.Add(instrument);
                owner.EnableMeasurementEvents(instrument);
            }
        };
        listener.MeasurementsCompleted = (instrument, _) => completed.Add(instrument);
        listener.Start();
        mine = true;
        var pipeline = new InboundPipeline(_node, new InMemoryPeerLookup(), new ScriptedDedupCache());
        mine = false;
        Assert.That(published, Is.Not.Empty);
        await pipeline.DisposeAsync();
        Assert.That(completed, Is.EquivalentTo(published));
    }

    [Test]
    public async Task Instruments_that_were_given_stay_with_their_owner()
    {
        using var meters = new ListenedMeters(durations: false);
        using var metrics = new DhtMetrics(meters);
        await using (Probe(options => options with { Metrics = metrics }))
        {
        }

        metrics.Received();
        Assert.That(meters.Totals["tari.dht.inbound.received"], Is.EqualTo(1));
    }

    [Test]
    public async Task Of_2000_mixed_messages_through_a_narrow_graph_every_one_ends_exactly_once([Values(1, 2, 3)] int seed)
    {
        const int Count = 2000;
        var random = new Random(seed);
        var narrow = new StageOptions { BoundedCapacity = 2, MaxDegreeOfParallelism = 2, MaxBatchSize = 3 };
        var expected = new List<(int Group, DropReason Reason, NodeId Source)>();
        var envelopes = new List<byte[]>();
        for (int group = 0; envelopes.Count < Count; group++)
        {
            (byte[] envelope, DropReason reason, bool stranger) = Make(random, group);
            for (int copies = random.Next(4) == 0 ? 3 : 1; copies > 0 && envelopes.Count < Count; copies--)
            {
                envelopes.Add(envelope);
                expected.Add((group, reason, stranger ? _other.NodeId : _source.NodeId));
            }
        }

        int[] order = [.. Enumerable.Range(0, Count)];
        random.Shuffle(order);
        await using InboundProbe probe = Probe(options => options with
        {
            MetricsStage = narrow,
            DeserializeStage = narrow,
            DecryptionStage = narrow,
            DedupStage = narrow,
            LoggingStage = narrow,
        });
        foreach (int index in order)
        {
            Assert.That(await probe.SendAsync(expected[index].Source, envelopes[index]));
        }

        var ends = new Dictionary<ulong, DropReason>();
        foreach (DecryptedDhtMessage message in await probe.DrainAsync())
        {
            ends.Add(message.Tag, DropReason.None);
            message.Dispose();
        }

        foreach (RecordingDiscardObserver.Discard discard in probe.Observer.Discards)
        {
            ends.Add(discard.Tag, discard.Reason);
        }

        Assert.That(ends.Keys.Order(), Is.EqualTo(Enumerable.Range(1, Count).Select(tag => (ulong)tag)), "every message ends exactly once");
        for (int group = 0; group <= expected[^1].Group; group++)
        {
            DropReason reason = expected.First(entry => entry.Group == group).Reason;
            DropReason[] found =
                [.. Enumerable.Range(0, Count).Where(i => expected[order[i]].Group == group).Select(i => ends[(ulong)i + 1]).Order()];
            DropReason[] right = reason == DropReason.None
                ? [DropReason.None, .. Enumerable.Repeat(DropReason.Duplicate, found.Length - 1)]
                : [.. Enumerable.Repeat(reason, found.Length)];
            Assert.That(found, Is.EqualTo(right), $"group {group}");
        }
    }

    private (byte[] Envelope, DropReason Reason, bool Stranger) Make(Random random, int group)
    {
        byte[] text = new byte[random.Next(4, 200)];
        random.NextBytes(text);
        BitConverter.TryWriteBytes(text, group);
        return random.Next(16) switch
        {
            0 => (EnvelopeFactory.Encrypted(_other, _node.PublicKey, text).Build(), DropReason.None, false),
            1 => (EnvelopeFactory.Encrypted(_other, _other.PublicKey, text).Build(), DropReason.None, false),
            2 => (EnvelopeFactory.ClearText(text).SignedBy(_other).Build(), DropReason.None, false),
            3 => (
                EnvelopeFactory.EncryptedPlaintext(_other, _node.PublicKey, EnvelopeFactory.EncodeBody(text), DhtMessageType.Join).Build(),
                DropReason.None, false),
            4 => (EnvelopeFactory.ClearText(text).SignedBy(_other).With(f => f.Body[^1] ^= 1).Build(), DropReason.InvalidSignature, false),
            5 => (EnvelopeFactory.Encrypted(_other, _node.PublicKey, text).With(f => f.Body = f.Body[..^1]).SignedBy(_other).Build(),
                DropReason.MessageRejectDecryptionFailed, false),
            6 => (
                new EnvelopeFactory { Body = [0x08, 0xff, .. text] }.With(f => f.Body[^1] = 0xff).Build(),
                DropReason.EnvelopeBodyDecodeFailed,
                false),
            7 => (
                EnvelopeFactory.ClearText(text).With(f => f.Flags = DhtMessageFlags.Encrypted).Build(),
                DropReason.BadEncryptedMessageSemantics,
                false),
            8 => (EnvelopeFactory.ClearText(text).With(f => f.Expires = 1 + (ulong)group).Build(), DropReason.Expired, false),
            9 => (EnvelopeFactory.ClearText(text).With(f => f.MessageType = DhtMessageType.SafRequestMessages).Build(),
                DropReason.StoreAndForwardRequest, false),
            10 => ([.. EnvelopeFactory.ClearText(text).Build(), .. WireBytes.UnknownField], DropReason.NonCanonical, false),
            11 => (EnvelopeFactory.ClearText(text).Build()[..^1], DropReason.DecodeError, false),
            12 => (EnvelopeFactory.ClearText(text).Build(), DropReason.PeerNotFound, true),
            13 => ([], DropReason.EmptyMessage, false),
            _ => (EnvelopeFactory.ClearText(text).Build(), DropReason.None, false),
        };
    }

    private InboundProbe Probe(Func<InboundPipelineOptions, InboundPipelineOptions>? configure = null) => new(
        _node,
        new InMemoryPeerLookup(_source),
        DedupCache.Open(new DedupCacheOptions { Capacity = 1000, TimeProvider = new ManualTimeProvider() }),
        configure);

    private void AssertNoSecretIn(FieldLog log)
    {
        byte[] key = new byte[32];
        _node.SecretKey.ExportTo(key);
        string[] secrets =
        [
            System.Text.Encoding.UTF8.GetString(s_secret),
            Convert.ToHexStringLower(s_secret),
            Convert.ToBase64String(s_secret),
            Convert.ToHexStringLower(key),
        ];
        foreach (string secret in secrets)
        {
            Assert.That(log.Entries.Select(entry => entry.Text), Has.None.Contain(secret).IgnoreCase);
        }
    }

    private sealed class OnePeer(NodeId peer) : IPeerSelector
    {
        public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<NodeId>>([peer]);
    }

    private sealed class FieldLog(LogLevel least) : ILogger
    {
        private readonly Lock _lock = new();
        private readonly List<Entry> _entries = [];

        public IReadOnlyList<Entry> Entries
        {
            get
            {
                lock (_lock)
                {
                    return [.. _entries];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Also what comes below the level, so that a missing check shows.
            var fields = ((IEnumerable<KeyValuePair<string, object?>>)state!)
                .Where(field => field.Key != "{OriginalFormat}").ToDictionary(field => field.Key, field => field.Value);
            lock (_lock)
            {
                _entries.Add(new Entry(logLevel, eventId.Id, formatter(state, exception), fields));
            }
        }

        internal sealed record Entry(LogLevel Level, int Id, string Text, Dictionary<string, object?> Fields);
    }

    /// <summary>Makes meters and adds up what their instruments measure, by name and tags.</summary>
    private sealed class ListenedMeters : IMeterFactory
    {
        private readonly MeterListener _listener = new();
        private readonly List<Meter> _meters = [];
        private readonly Lock _lock = new();

        public ListenedMeters(bool durations)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (_meters.Contains(instrument.Meter) && (durations || instrument is not Histogram<double>))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public Dictionary<string, double> Totals { get; } = [];

        public Dictionary<string, int> Measurements { get; } = [];

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Observe() => _listener.RecordObservableInstruments();

        public void Dispose()
        {
            _listener.Dispose();
            _meters.ForEach(meter => meter.Dispose());
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string name = instrument.Name;
            foreach ((string key, object? tag) in tags)
            {
                name += $" {key}={tag}";
            }

            lock (_lock)
            {
                Totals[name] = Totals.GetValueOrDefault(name) + value;
                Measurements[name] = Measurements.GetValueOrDefault(name) + 1;
            }
        }
    }
}
