using System.Buffers;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>An inbound graph between a feeder of prepared traffic and a null sink.</summary>
/// <remarks>
/// The feeder copies each envelope into a pooled buffer, as the transport does, and waits where the graph is full: the copy, the message
/// object and the waiting are part of what is measured. The prepared envelopes come from main memory, not from the processor's cache.
/// </remarks>
internal sealed class InboundRun : IAsyncDisposable
{
    private readonly Traffic _traffic;
    private readonly InboundSink _sink;
    private readonly DedupCache _cache;
    private readonly InboundPipeline _pipeline;
    private readonly TemporaryFolder? _folder;
    private readonly TaskScheduler _scheduler;
    private readonly InFlightWindow? _window;
    private int _next;

    /// <param name="traffic">What will come.</param>
    /// <param name="workers">Batches that the decryption stage works on at the same time.</param>
    /// <param name="withFile">Whether hits are written to a file; every call of <see cref="FeedAsync"/> then ends with a flush.</param>
    /// <param name="oneThread">Whether everything, feeding included, runs on one thread at a time.</param>
    /// <param name="inFlight">
    /// Messages between their receipt and the end of their life, as sessions bound them; 0 to fill the graph's queues.
    /// </param>
    /// <param name="node">Who receives; null for <see cref="Parties.Node"/>.</param>
    /// <param name="tune">Turns other knobs; null for the defaults.</param>
    public InboundRun(
        Traffic traffic,
        int workers,
        bool withFile,
        bool oneThread = false,
        int inFlight = 0,
        NodeIdentity? node = null,
        Func<InboundPipelineOptions, InboundPipelineOptions>? tune = null)
    {
        _window = inFlight > 0 ? new InFlightWindow(inFlight) : null;
        _traffic = traffic;
        _sink = new InboundSink(traffic);
        _folder = withFile ? new TemporaryFolder() : null;
        _scheduler = oneThread
            ? new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 1).ConcurrentScheduler
            : TaskScheduler.Default;
        _cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _folder?["dedup.db"], TaskScheduler = _scheduler });
        var defaults = new InboundPipelineOptions();
        InboundPipelineOptions options = defaults with
        {
            TaskScheduler = _scheduler,
            DiscardObserver = _sink,
            DecryptionStage = defaults.DecryptionStage with { MaxDegreeOfParallelism = workers },
        };
        _pipeline = new InboundPipeline(node ?? Parties.Node, Parties.KnownPeers, _cache, tune?.Invoke(options) ?? options);
        _pipeline.LinkTo(_sink);
    }

    /// <summary>Sends the next messages of the traffic through the graph, and their hits to the file.</summary>
    /// <param name="count">How many; the traffic has to have so many left.</param>
    public Task FeedAsync(int count) => Task.Factory.StartNew(
        () => FeedCoreAsync(count), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();

    /// <summary>Sends everything through a graph of its own: throws unless all arrives as expected.</summary>
    public static async Task CheckAsync(Traffic traffic, NodeIdentity? node = null)
    {
        await using var run = new InboundRun(traffic, workers: 1, withFile: false, node: node);
        await run.FeedAsync(traffic.Messages.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _cache.DisposeAsync();
        _folder?.Dispose();
    }

    private async Task FeedCoreAsync(int count)
    {
        Task arrived = _sink.Expect(count);
        for (int end = _next + count; _next < end; _next++)
        {
            if (_window is not null)
            {
                await _window.EnterAsync(CancellationToken.None);
            }

            TrafficMessage sent = _traffic.Messages[_next];
            var message = InboundMessage.CopyOf(
                (ulong)_next, sent.Source, new ReadOnlySequence<byte>(sent.Envelope), DhtBufferPool.Shared, _window);
            if (!_pipeline.Post(message) && !await _pipeline.SendAsync(message))
            {
                message.Dispose();
                throw new InvalidOperationException("The graph refused a message.");
            }
        }

        await arrived;
        await _cache.FlushAsync();
    }
}
