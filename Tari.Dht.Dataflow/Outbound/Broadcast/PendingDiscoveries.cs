using System.Globalization;
using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>The requests whose recipients are being discovered: a bounded set beside the graph.</summary>
/// <remarks>
/// Owns the requests in it. Each leaves for <see cref="Target"/> when its peer is found, and is settled otherwise. Thread safe. Runs on the
/// scheduler of whoever adds.
/// </remarks>
internal sealed class PendingDiscoveries
{
    private readonly IPeerDiscoverer _discoverer;
    private readonly int _capacity;
    private readonly Settlement _settlement;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private int _count;
    private bool _completing;

    public PendingDiscoveries(IPeerDiscoverer discoverer, int capacity, Settlement settlement, ILogger logger)
    {
        _discoverer = discoverer;
        _capacity = capacity;
        _settlement = settlement;
        _logger = logger;
        FullText = string.Create(CultureInfo.InvariantCulture, $"{capacity} requests wait for discoveries already.");
    }

    /// <summary>Where requests go on; set once, before the first one is added.</summary>
    public ITargetBlock<DhtOutboundRequest>? Target { get; set; }

    /// <summary>Why nothing more is taken, where that is so.</summary>
    public string FullText { get; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a request over and starts the discovery of its recipient.</summary>
    /// <param name="request">The request; not to be touched any more when it was taken.</param>
    /// <param name="recipient">Whom to discover.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryAdd(DhtOutboundRequest request, in CommsPublicKey recipient)
    {
        lock (_lock)
        {
            if (_count == _capacity)
            {
                return false;
            }

            _count++;
        }

        request.AnswerPendingDiscovery();
        _ = DiscoverAsync(request, recipient);
        return true;
    }

    /// <summary>Nothing is added any more: when the last one has left, the target is complete.</summary>
    public void Complete()
    {
        bool last;
        lock (_lock)
        {
            _completing = true;
            last = _count == 0;
        }

        if (last)
        {
            Target!.Complete();
        }
    }

    // Never throws.
    private async Task DiscoverAsync(DhtOutboundRequest request, CommsPublicKey recipient)
    {
        DropReason reason = await TryDiscoverAsync(request, recipient);
        if (reason == DropReason.None && (_settlement.Stopping || !await Target!.SendHereAsync(request)))
        {
            reason = DropReason.Stopping;
        }

        if (reason != DropReason.None)
        {
            _settlement.Discard(StageName.Discovery, request, reason);
        }

        Leave();
    }

    private async Task<DropReason> TryDiscoverAsync(DhtOutboundRequest request, CommsPublicKey recipient)
    {
        CancellationToken stopping = _settlement.StoppingToken;
        try
        {
            ValueTask<Peer> discovery = _discoverer.DiscoverPeerAsync(recipient, new NodeDestination(recipient), stopping);

            // The deadline holds also for a discoverer that does not listen.
            Peer peer = discovery.IsCompleted ? await discovery : await discovery.AsTask().WaitHereAsync(stopping);
            request.DiscoveredPeer = peer.NodeId;
            return DropReason.None;
        }
        catch (Exception) when (_settlement.Stopping)
        {
            // Whatever it was, it was because of that, or does not matter any more.
            return DropReason.Stopping;
        }
        catch (Exception error)
        {
            _logger.RecipientNotDiscovered(request.Tag, recipient.ToString(), error);
            return request.Fail(DropReason.DiscoveryFailed, new SendFailure(SendFailureKind.DiscoveryFailed, error.Message));
        }
    }

    private void Leave()
    {
        bool last;
        lock (_lock)
        {
            last = --_count == 0 && _completing;
        }

        if (last)
        {
            Target!.Complete();
        }
    }
}
