using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Judging;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>
/// An inbound graph under one set of settings, with an application behind it that looks at every message and disposes it.
/// </summary>
internal sealed class ReplayLane : IAsyncDisposable
{
    private readonly NodeIdentity _identity;
    private readonly PeerManager _peers;
    private readonly ReplayDedupCache _dedupCache;
    private readonly ActionBlock<DecryptedDhtMessage> _application;

    public ReplayLane(CaptureContext context, CaptureSettings settings, Judge judge, int workers)
    {
        var clock = new StandingClock(context.Now);
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = clock });
        foreach (string name in context.KnownPeers)
        {
            _peers.AddOrUpdatePeer(new Peer(context.Identity(name).PublicKey));
        }

        _identity = new NodeIdentity(CommsSecretKey.FromBytes(context.Identity(settings.Node).SecretKey), context.NodeFeatures);
        _dedupCache = new ReplayDedupCache(settings.Occurrence, clock);
        var options = new InboundPipelineOptions
        {
            TimeProvider = clock,
            DiscardObserver = judge,
            DedupAllowedMessageOccurrences = settings.AllowedOccurrences,
            ShutdownTimeout = TimeSpan.Zero,
        };
        Pipeline = new InboundPipeline(
            _identity,
            _peers,
            _dedupCache,
            options with { DecryptionStage = options.DecryptionStage with { MaxDegreeOfParallelism = workers } });
        _application = new ActionBlock<DecryptedDhtMessage>(
            message =>
            {
                using (message)
                {
                    judge.OnDelivered(message);
                }
            },
            new ExecutionDataflowBlockOptions { BoundedCapacity = 128, SingleProducerConstrained = true });
        Pipeline.LinkTo(_application, new DataflowLinkOptions { PropagateCompletion = true });
    }

    /// <summary>The graph.</summary>
    public InboundPipeline Pipeline { get; }

    /// <summary>
    /// Sends the captures through as fast as they are taken, all of them before each repetition; ends when everything has come out.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(Capture[] captures, int repeat, CancellationToken cancellationToken)
    {
        for (int repetition = 0; repetition < repeat; repetition++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (Capture capture in captures)
            {
                await SendAsync(capture, repetition, cancellationToken);
            }
        }

        Pipeline.Complete();
        await Pipeline.Completion;
        await _application.Completion;
    }

    /// <summary>Stops; discards what is still inside.</summary>
    public async ValueTask DisposeAsync()
    {
        await Pipeline.DisposeAsync();
        _application.Complete();
        await _application.Completion;
        await _dedupCache.DisposeAsync();
        await _peers.DisposeAsync();
        _identity.Dispose();
    }

    private async ValueTask SendAsync(Capture capture, int repetition, CancellationToken cancellationToken)
    {
        var message = InboundMessage.CopyOf(MessageTag.Create(capture.Index, repetition), capture.Source, capture.Envelope);
        bool accepted = false;
        try
        {
            accepted = Pipeline.Post(message) || await Pipeline.SendAsync(message, cancellationToken);
        }
        finally
        {
            // Refused or cancelled: still ours. The judge misses it.
            if (!accepted)
            {
                message.Dispose();
            }
        }
    }
}
