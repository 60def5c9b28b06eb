using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Peers kept in memory alone.</summary>
/// <remarks>Thread safe. Holds what it is given; the caller bounds it.</remarks>
internal sealed class InMemoryPeerLookup : IPeerLookup
{
    private readonly ConcurrentDictionary<NodeId, Peer> _peers = new();

    /// <summary>Starts with the given peers.</summary>
    /// <param name="peers">Peers to add.</param>
    public InMemoryPeerLookup(params ReadOnlySpan<Peer> peers)
    {
        foreach (Peer peer in peers)
        {
            AddOrUpdate(peer);
        }
    }

    /// <summary>Peers held.</summary>
    public int Count => _peers.Count;

    /// <summary>Adds a peer, or replaces its record.</summary>
    /// <param name="peer">The peer.</param>
    public void AddOrUpdate(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _peers[peer.NodeId] = peer;
    }

    /// <summary>Forgets a peer.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>False when it was not known.</returns>
    public bool Remove(in NodeId id) => _peers.TryRemove(id, out _);

    /// <inheritdoc/>
    public Peer? Find(in NodeId id) => _peers.GetValueOrDefault(id);
}
