using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>The bans that this node has decided, until they end or are lifted in the store. Not thread safe.</summary>
/// <remarks>
/// A ban holds here whatever becomes of its way to the store. It is lifted when the number that the store gives the peer is another one
/// than when it was banned, or is gone; as the store remembers few numbers, no more bans than these are in force here.
/// </remarks>
internal sealed class BanTable(PeerManager peers)
{
    private readonly Dictionary<NodeId, Ban> _bans = [];
    private readonly List<NodeId> _ended = [];

    /// <summary>Bans remembered.</summary>
    public int Count => _bans.Count;

    /// <summary>The number of a peer, for a ban that begins now.</summary>
    public long GenerationOf(in NodeId peer)
    {
        try
        {
            return peers.BanGeneration(peer);
        }
        catch (ObjectDisposedException)
        {
            // The store has ended before the node: the ban lasts as long as the node does.
            return 0;
        }
    }

    /// <summary>Remembers a ban in place of an earlier one.</summary>
    public void Set(in NodeId peer, DateTimeOffset until, long generation) => _bans[peer] = new Ban(until, generation);

    /// <summary>Whether a peer is banned.</summary>
    public bool IsInForce(in NodeId peer, DateTimeOffset now) =>
        _bans.TryGetValue(peer, out Ban ban) && now < ban.Until && IsCurrent(peer, ban.Generation);

    /// <summary>Whether a peer was not unbanned since it had a number.</summary>
    public bool IsCurrent(in NodeId peer, long generation)
    {
        try
        {
            return peers.TryGetBanGeneration(peer, out long current) && current == generation;
        }
        catch (ObjectDisposedException)
        {
            // Nobody can lift it any more.
            return true;
        }
    }

    /// <summary>Forgets bans that are not in force any more.</summary>
    public void Prune(DateTimeOffset now)
    {
        foreach ((NodeId peer, Ban ban) in _bans)
        {
            if (now >= ban.Until || !IsCurrent(peer, ban.Generation))
            {
                _ended.Add(peer);
            }
        }

        foreach (NodeId peer in _ended)
        {
            _bans.Remove(peer);
        }

        _ended.Clear();
    }

    private readonly record struct Ban(DateTimeOffset Until, long Generation);
}
