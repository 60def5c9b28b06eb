using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>When peers that connect are asked again.</summary>
/// <remarks>Bounded: above <see cref="Capacity"/> whoever may be asked again first is forgotten. Not thread safe.</remarks>
/// <param name="resyncTtl">How long a peer that was asked is left alone (<see cref="NetworkDiscoveryConfig.OnConnectResyncTtl"/>).</param>
internal sealed class OnConnectMemory(TimeSpan resyncTtl)
{
    /// <summary>Peers that are remembered. The reference has no bound.</summary>
    public const int Capacity = 10_000;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromMinutes(5);

    private readonly Dictionary<NodeId, TimeSpan> _resyncFrom = [];
    private readonly PriorityQueue<NodeId, TimeSpan> _order = new();

    /// <summary>Peers that are remembered.</summary>
    public int Count => _order.Count;

    /// <summary>Whether a peer is left alone.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public bool Skips(in NodeId peer, TimeSpan now) => _resyncFrom.TryGetValue(peer, out TimeSpan from) && now < from;

    /// <summary>A peer is asked now.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    public void Asked(in NodeId peer, TimeSpan now) => Mark(peer, now, Min(resyncTtl, s_longest));

    /// <summary>A peer did not answer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time; not before that of an earlier call.</param>
    public void Failed(in NodeId peer, TimeSpan now) => Mark(peer, now, Min(s_afterFailure, resyncTtl));

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private void Mark(in NodeId peer, TimeSpan now, TimeSpan pause)
    {
        // Looks at all of them, but only once for each peer that is asked.
        if (_resyncFrom.Remove(peer))
        {
            _order.Remove(peer, out _, out _);
        }

        TimeSpan from = now + pause;
        _resyncFrom.Add(peer, from);
        _order.Enqueue(peer, from);
        while (_order.TryPeek(out NodeId first, out TimeSpan firstFrom) && (firstFrom <= now || _order.Count > Capacity))
        {
            _order.Dequeue();
            _resyncFrom.Remove(first);
        }
    }
}
