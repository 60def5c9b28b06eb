using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Finds whom a test tells it to and remembers whom it was asked for.</summary>
internal sealed class RecordingDiscoverer : IPeerDiscoverer
{
    private readonly Lock _lock = new();
    private readonly List<(CommsPublicKey PublicKey, NodeDestination Destination)> _asked = [];

    /// <summary>Answers; null finds everybody.</summary>
    public Func<CommsPublicKey, ValueTask<Peer>>? OnDiscover { get; set; }

    public IReadOnlyList<(CommsPublicKey PublicKey, NodeDestination Destination)> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    public ValueTask<Peer> DiscoverPeerAsync(
        CommsPublicKey publicKey, NodeDestination destination, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _asked.Add((publicKey, destination));
        }

        return OnDiscover?.Invoke(publicKey) ?? ValueTask.FromResult(new Peer(publicKey));
    }
}
