using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>Peers that could not be reached, and until when each is not chosen from the store again.</summary>
/// <remarks>
/// The pause doubles with every failure in a row, from 30 s to 10 min. A failure is remembered for another 10 minutes after its pause, so
/// that a peer which fails at each attempt is asked less and less often; connecting clears it. At most <see cref="Capacity"/> peers are
/// remembered, and those whose pause ends first are forgotten first. Times are since some fixed moment. Not thread safe.
/// </remarks>
internal sealed class DialBackoff
{
    /// <summary>Peers that are remembered at most.</summary>
    public const int Capacity = 500;

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    private readonly Dictionary<NodeId, (int Failures, TimeSpan RetryAt)> _entries = [];

    /// <summary>How many are remembered, those included whose pause is over.</summary>
    public int Count => _entries.Count;

    /// <summary>A dial of a peer has failed.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public void Fail(in NodeId peer, TimeSpan now)
    {
        int failures = 1;
        if (_entries.TryGetValue(peer, out var entry) && !IsForgotten(entry.RetryAt, now))
        {
            failures = entry.Failures < int.MaxValue ? entry.Failures + 1 : int.MaxValue;
        }

        // 30 s * 2^5 is beyond the longest pause.
        TimeSpan pause = failures > 5 ? s_longest : s_first * (1 << (failures - 1));
        _entries[peer] = (failures, now + pause);
        if (_entries.Count > Capacity)
        {
            DropSoonest();
        }
    }

    /// <summary>A peer is connected.</summary>
    /// <param name="peer">The peer.</param>
    public void Forget(in NodeId peer) => _entries.Remove(peer);

    /// <summary>Whether a peer has to wait.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public bool IsBackedOff(in NodeId peer, TimeSpan now) => _entries.TryGetValue(peer, out var entry) && entry.RetryAt > now;

    /// <summary>A peer's failures in a row, and when it may be chosen again; null if nothing is remembered.</summary>
    /// <param name="peer">The peer.</param>
    public (int Failures, TimeSpan RetryAt)? Find(in NodeId peer) => _entries.TryGetValue(peer, out var entry) ? entry : null;

    /// <summary>How many peers have to wait.</summary>
    /// <param name="now">The time.</param>
    public int CountBackedOff(TimeSpan now)
    {
        int count = 0;
        foreach ((_, TimeSpan retryAt) in _entries.Values)
        {
            count += retryAt > now ? 1 : 0;
        }

        return count;
    }

    /// <summary>Adds those that have to wait to a set, and forgets what is over.</summary>
    /// <param name="peers">The set.</param>
    /// <param name="now">The time.</param>
    public void AddTo(HashSet<NodeId> peers, TimeSpan now)
    {
        foreach ((NodeId peer, (_, TimeSpan retryAt)) in _entries)
        {
            if (retryAt > now)
            {
                peers.Add(peer);
            }
            else if (IsForgotten(retryAt, now))
            {
                _entries.Remove(peer);
            }
        }
    }

    private static bool IsForgotten(TimeSpan retryAt, TimeSpan now) => now - retryAt >= s_longest;

    private void DropSoonest()
    {
        NodeId soonest = default;
        TimeSpan earliest = TimeSpan.MaxValue;
        foreach ((NodeId peer, (_, TimeSpan retryAt)) in _entries)
        {
            if (retryAt < earliest)
            {
                (soonest, earliest) = (peer, retryAt);
            }
        }

        _entries.Remove(soonest);
    }
}
