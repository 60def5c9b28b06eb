using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>A whole node's inbound graph, forward and DHT handler included, from prepared traffic to the requests that it makes.</summary>
internal sealed class DhtInboundRun : IAsyncDisposable
{
    private readonly TrafficMessage[] _traffic;
    private readonly RequestSink _requests = new();
    private readonly DedupCache _cache = DedupCache.Open(new DedupCacheOptions());
    private readonly PeerManager _peers = PeerManager.Open(new PeerManagerOptions());
    private readonly InboundPipeline _pipeline;

    /// <param name="kind">What the traffic consists of.</param>
    /// <param name="traffic">What will come, each message once.</param>
    public DhtInboundRun(DhtTrafficKind kind, TrafficMessage[] traffic)
    {
        _traffic = traffic;
        foreach (NodeIdentity sender in Parties.Senders)
        {
            _peers.AddOrUpdatePeer(new Peer(sender.PublicKey));
        }

        var services = new InboundServices
        {
            Peers = _peers,
            PeerValidator = new DhtPeerValidator(new PeerValidatorConfig()),
            Outbound = new OutboundMessageRequester(_requests),
            Offences = _requests,
            DiscoveryResponses = _requests,
            EnableForwarding = true,
        };
        DropReason end = kind == DhtTrafficKind.Forwarded ? DropReason.ForAnotherNode : DropReason.Handled;
        _pipeline = new InboundPipeline(
            Parties.Node, services, _cache, new InboundPipelineOptions { DiscardObserver = new Ends(_requests, end) });
        _pipeline.LinkTo(DataflowBlock.NullTarget<Dataflow.Inbound.Decrypt.DecryptedDhtMessage>());
    }

    /// <summary>Sends everything in; ends when the node has made a request for each message, throws when one ends in another way.</summary>
    public async Task FeedAsync()
    {
        Task requested = _requests.Expect(_traffic.Length);
        for (int i = 0; i < _traffic.Length; i++)
        {
            var message = InboundMessage.CopyOf((ulong)i, _traffic[i].Source, _traffic[i].Envelope, DhtBufferPool.Shared);
            if (!_pipeline.Post(message) && !await _pipeline.SendAsync(message))
            {
                message.Dispose();
                throw new InvalidOperationException("The graph refused a message.");
            }
        }

        await requested;
    }

    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _cache.DisposeAsync();
        await _peers.DisposeAsync();
    }

    /// <summary>Takes the node's requests, and expects no offence and no response.</summary>
    private sealed class RequestSink : NullSink<DhtOutboundRequest>, IOffenceReporter, IDiscoveryResponseTarget
    {
        public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason) =>
            Fault(new InvalidOperationException($"{peer} was reported: {reason}"));

        public ValueTask<bool> NotifyAsync(ReceivedDiscoveryResponse response, CancellationToken cancellationToken) => new(false);

        protected override string? Take(DhtOutboundRequest message) => null;
    }

    /// <summary>Messages that end here end like this; every other end is a fault.</summary>
    private sealed class Ends(RequestSink sink, DropReason expected) : IDiscardObserver
    {
        public void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer)
        {
            if (reason != expected)
            {
                sink.OnDiscarded(stage, reason, tag, peer);
            }
        }
    }
}
