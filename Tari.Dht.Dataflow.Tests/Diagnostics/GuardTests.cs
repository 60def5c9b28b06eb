using System.Diagnostics.Metrics;
using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Diagnostics;

/// <summary>What watches the graphs may fail without costing them anything.</summary>
[TestFixture]
internal sealed class GuardTests
{
    private NodeIdentity _node = null!;
    private Peer _source = null!;

    [SetUp]
    public void SetUp()
    {
        _node = NodeIdentity.Generate();
        using var source = NodeIdentity.Generate();
        _source = new Peer(source.PublicKey);
    }

    [TearDown]
    public void TearDown() => _node.Dispose();

    [Test]
    public async Task A_logger_that_throws_costs_no_inbound_message_and_no_buffer()
    {
        await using var probe = new InboundProbe(
            _node, new InMemoryPeerLookup(_source), configure: options => options with { Logger = new ThrowingLogger() });

        Assert.That(await probe.RunOneAsync(_source.NodeId, []), Is.Null);
        using DecryptedDhtMessage? message = await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).Build());

        Assert.That(message, Is.Not.Null);
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.EmptyMessage));
    }

    [Test]
    public async Task A_logger_that_throws_costs_no_outbound_message()
    {
        await using var probe = new OutboundProbe(
            _node, new ScriptedPeerSelector(_source.NodeId), configure: options => options with { Logger = new ThrowingLogger() });

        SendMessageResponse response = await probe.Requester.SendRawAsync(new SendMessageParams(), new byte[] { 1 });

        Assert.That(response.Resolve(), Has.Count.EqualTo(1));
        await probe.TakeAsync(1);
    }

    [Test]
    public async Task A_listener_that_throws_costs_no_message_and_no_buffer()
    {
        using var metrics = new DhtMetrics();
        using var listener = new MeterListener();
        int called = 0;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DhtMetrics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw());
        listener.Start();
        await using var probe = new InboundProbe(
            _node, new InMemoryPeerLookup(_source), configure: options => options with { Metrics = metrics });

        Assert.That(await probe.RunOneAsync(_source.NodeId, []), Is.Null);
        using DecryptedDhtMessage? message = await probe.RunOneAsync(_source.NodeId, EnvelopeFactory.ClearText([1]).Build());

        Assert.That(message, Is.Not.Null);
        Assert.That(called, Is.Positive);

        void Throw()
        {
            Interlocked.Increment(ref called);
            throw new IOException("the listener's disk is full");
        }
    }

    [Test]
    public async Task A_logger_that_throws_costs_the_duplicate_cache_nothing()
    {
        await using DedupCache cache = DedupCache.Open(
            new DedupCacheOptions { Capacity = 1, Logger = new ThrowingLogger(), TimeProvider = new ManualTimeProvider() });
        byte[] key = new byte[32];
        for (int i = 0; i < 500; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            Assert.That(cache.RecordHit(key, default, null, isSigned: false), Is.EqualTo(1), "and trims on the way");
        }
    }

    [Test]
    public async Task Graphs_let_go_of_their_own_instruments_and_leave_given_ones_to_their_owner([Values] bool given)
    {
        using DhtMetrics? metrics = given ? new DhtMetrics() : null;
        int queues = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DhtMetrics.MeterName && instrument.Name == "tari.dht.queue.depth")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => Interlocked.Increment(ref queues));
        listener.Start();
        listener.RecordObservableInstruments();
        int before = Interlocked.Exchange(ref queues, 0);
        var inbound = new InboundPipeline(
            _node, new InMemoryPeerLookup(), new ScriptedDedupCache(), new InboundPipelineOptions { Metrics = metrics });
        var outbound = new OutboundPipeline(
            _node, new ScriptedPeerSelector(), new ScriptedDedupCache(), new OutboundPipelineOptions { Metrics = metrics });
        inbound.LinkTo(DataflowBlock.NullTarget<DecryptedDhtMessage>());

        listener.RecordObservableInstruments();
        int during = Interlocked.Exchange(ref queues, 0);
        await inbound.DisposeAsync();
        await outbound.DisposeAsync();
        listener.RecordObservableInstruments();

        Assert.That(during - before, Is.EqualTo(5 + 4), "a depth for each block");
        Assert.That(queues, Is.EqualTo(before));
    }

    [Test]
    public async Task A_listener_that_throws_at_the_end_does_not_fault_the_graph()
    {
        using var listener = new MeterListener();
        int called = 0;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DhtMetrics.MeterName)
            {
                self.EnableMeasurementEvents(instrument, this);
            }
        };
        listener.MeasurementsCompleted = (_, state) =>
        {
            if (state == this)
            {
                called++;
                throw new IOException("the listener's disk is full");
            }
        };
        listener.Start();
        await using var probe = new InboundProbe(_node, new InMemoryPeerLookup(_source));

        probe.Pipeline.Complete();
        await probe.Pipeline.Completion;

        Assert.That(called, Is.Positive);
        listener.MeasurementsCompleted = null;
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new IOException("the log's disk is full");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("the log's disk is full");
    }
}
