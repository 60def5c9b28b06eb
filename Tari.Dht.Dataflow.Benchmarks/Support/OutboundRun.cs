using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>An outbound graph between an application that makes requests and a transport that takes everything.</summary>
internal sealed class OutboundRun : IAsyncDisposable
{
    private const int SelfCheckRequests = 4;

    private readonly OutboundKind _kind;
    private readonly int _peers;
    private readonly OutboundSink _sink = new() { KeptFor = Parties.Recipients[0].NodeId };
    private readonly DedupCache _cache;
    private readonly TemporaryFolder? _folder;
    private readonly OutboundPipeline _pipeline;
    private readonly Application _application;

    /// <param name="kind">How messages are protected.</param>
    /// <param name="payloadLength">Bytes of the application's message; at least 8.</param>
    /// <param name="peers">Recipients of a request: one is a direct send by key, more are selected peers.</param>
    /// <param name="workers">Requests that the broadcast stage works on at the same time.</param>
    /// <param name="withFile">Whether the dedup cache has a file.</param>
    /// <param name="amongConnected">Instead of given recipients: a broadcast to so many of 100 connected nodes.</param>
    /// <param name="withRelayLimit">Whether messages are counted for each recipient, as a whole node does.</param>
    public OutboundRun(
        OutboundKind kind,
        int payloadLength,
        int peers,
        int workers,
        bool withFile = false,
        bool amongConnected = false,
        bool withRelayLimit = false)
    {
        _kind = kind;
        _peers = peers;
        _folder = withFile ? new TemporaryFolder() : null;
        _cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _folder?["dedup.db"] });
        var defaults = new OutboundPipelineOptions();
        _pipeline = new OutboundPipeline(Parties.Node, Selector(peers, amongConnected), _cache, defaults with
        {
            DiscardObserver = _sink,
            RelayLimit = withRelayLimit ? new RelayLimit { MaxMessageCount = 900, TimeSpan = TimeSpan.FromSeconds(60) } : null,
            BroadcastStage = defaults.BroadcastStage with { MaxDegreeOfParallelism = workers },
        });
        _pipeline.LinkTo(_sink);
        _application = new Application(_pipeline, kind, payloadLength, peers, amongConnected);
    }

    private static IPeerSelector Selector(int peers, bool amongConnected) => amongConnected
        ? new PeerSelector(
            Parties.KnownPeers,
            new ConnectedNodes(Array.ConvertAll(Parties.Recipients, static identity => identity.NodeId)),
            new DhtConfig { BroadcastFactor = peers })
        : new KnownPeerSelector(Parties.KnownPeers);

    /// <summary>Sends requests; ends when the transport has every message, and the file every hit.</summary>
    /// <param name="count">How many, a multiple of <paramref name="atOnce"/>.</param>
    /// <param name="atOnce">Callers at the same time; each makes its next request when its last message is with the transport.</param>
    public async Task SendAsync(int count, int atOnce)
    {
        Task arrived = _sink.Expect(count * _peers);
        await _application.SendAsync(count, atOnce);
        await arrived;
        await _cache.FlushAsync();
    }

    /// <summary>Sends a few requests and has a recipient read them: throws unless it proves this node as their origin.</summary>
    public async Task CheckAsync()
    {
        _sink.Kept = [];
        await SendAsync(SelfCheckRequests, atOnce: 1);
        List<byte[]> kept = _sink.Kept;
        _sink.Kept = null;
        if (kept.Count != SelfCheckRequests)
        {
            throw new InvalidOperationException($"{kept.Count} messages of {SelfCheckRequests} came to the peer.");
        }

        TrafficMessage[] messages = [.. kept.Select(envelope => new TrafficMessage(
            envelope,
            Parties.Node.NodeId,
            _kind == OutboundKind.ClearUnsigned ? null : Parties.Node.PublicKey,
            IsReadable: true,
            BodyLength: null))];
        await InboundRun.CheckAsync(Traffic.Of(messages), Parties.Recipients[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _cache.DisposeAsync();
        _folder?.Dispose();
    }
}
