using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>
/// One node's whole inbound graph, forward and DHT handler included: with a checking pool, a manual clock, a peer store in memory, and
/// everything that it delivers, sends, reports and hands to discovery.
/// </summary>
/// <remarks>Dispose it at the end of a test: that drains the graph and proves the pool whole.</remarks>
internal sealed class HandlerProbe : IAsyncDisposable
{
    private readonly BufferBlock<DecryptedDhtMessage> _delivered = new();
    private readonly BufferBlock<DhtOutboundRequest>? _requests;
    private ulong _nextTag = 1;

    public HandlerProbe(NodeIdentity node, HandlerProbeOptions? options = null)
    {
        options ??= new HandlerProbeOptions();
        Clock = new ManualTimeProvider(options.Start);
        Cache = options.Cache ?? new ScriptedDedupCache();
        Peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = Clock });
        _requests = options.Outbound is null ? new BufferBlock<DhtOutboundRequest>() : null;
        Services = new InboundServices
        {
            Peers = Peers,
            PeerValidator = new DhtPeerValidator(options.PeerConfig, options.MaxClaims, Clock),
            Outbound = new OutboundMessageRequester(options.Outbound ?? _requests!, Pool, new Random(1)),
            Offences = Offences,
            DiscoveryResponses = Discovery,
            EnableForwarding = options.EnableForwarding,
            Random = new Random(2),
        };
        var inbound = new InboundPipelineOptions { BufferPool = Pool, TimeProvider = Clock, DiscardObserver = Observer };
        Pipeline = new InboundPipeline(node, Services, Cache, options.Configure?.Invoke(inbound) ?? inbound);
        Pipeline.LinkTo(_delivered, new DataflowLinkOptions { PropagateCompletion = true });
    }

    public CheckingArrayPool Pool { get; } = new();

    public ManualTimeProvider Clock { get; }

    public RecordingDiscardObserver Observer { get; } = new();

    public RecordingOffences Offences { get; } = new();

    public RecordingDiscovery Discovery { get; } = new();

    public IDedupCache Cache { get; }

    public PeerManager Peers { get; }

    public InboundServices Services { get; }

    public InboundPipeline Pipeline { get; }

    /// <summary>Makes a peer known, as it has to be to deliver anything.</summary>
    public void Know(params ReadOnlySpan<Peer> peers)
    {
        foreach (Peer peer in peers)
        {
            Peers.AddOrUpdatePeer(peer);
        }
    }

    public Task<bool> SendAsync(NodeId source, byte[] envelope) =>
        Pipeline.SendAsync(new InboundMessage(_nextTag++, source, BufferLease.CopyOf(Pool, envelope)));

    /// <summary>Sends one envelope in and waits for where and why it ends; (Delivery, None) when it was delivered.</summary>
    public async Task<(StageName Stage, DropReason Reason)> RunAsync(NodeIdentity source, byte[] envelope)
    {
        (DecryptedDhtMessage? message, StageName stage, DropReason reason) = await RunOneAsync(source.NodeId, envelope);
        message?.Dispose();
        return (stage, reason);
    }

    /// <summary>As <see cref="RunAsync"/>, with the message if it was delivered, which the caller disposes.</summary>
    public async Task<(DecryptedDhtMessage? Delivered, StageName Stage, DropReason Reason)> RunOneAsync(NodeId source, byte[] envelope)
    {
        ulong tag = _nextTag;
        Assert.That(await SendAsync(source, envelope), "the graph takes the message");
        while (true)
        {
            if (_delivered.TryReceive(out DecryptedDhtMessage? message))
            {
                return (message, StageName.Delivery, DropReason.None);
            }

            foreach (RecordingDiscardObserver.Discard discard in Observer.Discards)
            {
                if (discard.Tag == tag)
                {
                    return (null, discard.Stage, discard.Reason);
                }
            }

            await Task.Yield();
        }
    }

    /// <summary>What was handed to the outbound graph since the last call.</summary>
    public IReadOnlyList<SentRequest> TakeSent()
    {
        var sent = new List<SentRequest>();
        while (_requests!.TryReceive(out DhtOutboundRequest? request))
        {
            using (request)
            {
                sent.Add(new SentRequest(request.Parameters, request.Body.Span.ToArray()));
            }
        }

        return sent;
    }

    /// <summary>Ends the outbound graph: it takes nothing any more.</summary>
    public void EndOutbound() => _requests!.Complete();

    public async ValueTask DisposeAsync()
    {
        Pipeline.Complete();
        await Pipeline.DisposeAsync();
        while (_delivered.TryReceive(out DecryptedDhtMessage? message))
        {
            message.Dispose();
        }

        if (_requests is not null)
        {
            TakeSent();
        }

        await Cache.DisposeAsync();
        await Peers.DisposeAsync();
        Pool.AssertWhole();
    }

    internal readonly record struct SentRequest(FinalSendMessageParams Parameters, byte[] Body);
}

/// <summary>How a <see cref="HandlerProbe"/> is set up.</summary>
internal sealed record HandlerProbeOptions
{
    public bool EnableForwarding { get; init; }

    public DateTimeOffset? Start { get; init; }

    public IDedupCache? Cache { get; init; }

    public PeerValidatorConfig PeerConfig { get; init; } = new();

    public int MaxClaims { get; init; } = DhtPeerValidator.DefaultMaxPermittedPeerClaims;

    /// <summary>Takes the requests in place of the probe.</summary>
    public ITargetBlock<DhtOutboundRequest>? Outbound { get; init; }

    public Func<InboundPipelineOptions, InboundPipelineOptions>? Configure { get; init; }
}
