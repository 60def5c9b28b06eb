using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>
/// The peers that a rebootstrap brought, which are dialled before others, and the rule that at most about a quarter of them are such that
/// only peers who had dialled this node told of.
/// </summary>
/// <remarks>
/// The rule counts those that were taken from here, or admitted, and that are in the pool and connected or being dialled. A selection
/// changes nothing until it is taken. Times are since some fixed moment. Not thread safe.
/// </remarks>
/// <param name="pool">The pool that they are for.</param>
/// <param name="backoff">Who has to wait.</param>
internal sealed class LearnedPeers(ConnectionPool pool, DialBackoff backoff)
{
    /// <summary>Peers that wait at most.</summary>
    public const int MaxQueued = 200;

    private const int ShareDivisor = 4;

    private readonly SuggestedPeers _suggested = new();

    // Taken or admitted ones, and of these the ones that were taken; who is neither connected nor being dialled goes at the next look.
    private readonly HashSet<NodeId> _taken = [];
    private readonly HashSet<NodeId> _dialled = [];
    private List<NodeId> _queue = [];

    /// <summary>Those that wait, in the order in which they were learned.</summary>
    public IReadOnlyList<NodeId> Queue => _queue;

    /// <summary>Replaces those that wait.</summary>
    /// <param name="learned">The peers, best first; those above <see cref="MaxQueued"/> are left out.</param>
    /// <param name="fromInbound">Those that only peers who had dialled this node told of; remembered for hours.</param>
    /// <param name="now">The time.</param>
    public void Store(IReadOnlyList<NodeId> learned, ReadOnlySpan<NodeId> fromInbound, TimeSpan now)
    {
        _queue = [];
        for (int i = 0; i < learned.Count && i < MaxQueued; i++)
        {
            _queue.Add(learned[i]);
        }

        _suggested.Add(fromInbound, At(now));
        Prune(now);
    }

    /// <summary>Drops those that wait: there is nothing to dial them for.</summary>
    /// <param name="now">The time.</param>
    public void Clear(TimeSpan now)
    {
        _queue = [];
        Prune(now);
    }

    /// <summary>Whether only peers who had dialled this node told of a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public bool IsSuggested(in NodeId peer, TimeSpan now) => _suggested.Contains(peer, At(now));

    /// <summary>How many that were taken from here are being dialled.</summary>
    /// <param name="now">The time.</param>
    public int CountDialling(TimeSpan now)
    {
        int count = 0;
        foreach (NodeId peer in _dialled)
        {
            count += pool.Find(peer)?.IsPending(now) == true ? 1 : 0;
        }

        return count;
    }

    /// <summary>Chooses peers to dial, in order.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="excluded">
    /// Whom not; null for nobody. Those and members of the pool do not wait any longer once the choice is taken.
    /// </param>
    /// <param name="now">The time.</param>
    public LearnedSelection Select(int count, IReadOnlySet<NodeId>? excluded, TimeSpan now)
    {
        if (count <= 0 || _queue.Count == 0)
        {
            return new LearnedSelection([], _queue);
        }

        Prune(now);
        List<NodeId> selected = [];
        List<NodeId> kept = [];
        (int taken, int suggested) = (_taken.Count, CountSuggested(now));
        foreach (NodeId peer in _queue)
        {
            if (excluded?.Contains(peer) == true || pool.Contains(peer))
            {
                continue;
            }

            bool isSuggested = IsSuggested(peer, now);
            if (selected.Count < count && !backoff.IsBackedOff(peer, now) && (!isSuggested || Fits(taken, suggested)))
            {
                selected.Add(peer);
                taken++;
                suggested += isSuggested ? 1 : 0;
            }
            else
            {
                kept.Add(peer);
            }
        }

        return new LearnedSelection(selected, kept);
    }

    /// <summary>Takes the peers of a selection, which have become members of the pool.</summary>
    /// <param name="selection">Made of what waits now.</param>
    public void Take(LearnedSelection selection)
    {
        _queue = selection.Kept;
        foreach (NodeId peer in selection.Peers)
        {
            _taken.Add(peer);
            _dialled.Add(peer);
        }
    }

    /// <summary>Whether a peer that is not in the pool may join it; one that the rule is about is counted if so.</summary>
    /// <param name="peer">The peer, which joins when the answer is yes.</param>
    /// <param name="now">The time.</param>
    public bool TryAdmit(in NodeId peer, TimeSpan now)
    {
        if (!IsSuggested(peer, now))
        {
            return true;
        }

        Prune(now);
        if (!_taken.Contains(peer) && !Fits(_taken.Count, CountSuggested(now)))
        {
            return false;
        }

        _taken.Add(peer);
        return true;
    }

    /// <summary>A member of the pool is connected; it counts if the rule is about it.</summary>
    /// <param name="peer">The member.</param>
    /// <param name="now">The time.</param>
    public void CountMember(in NodeId peer, TimeSpan now)
    {
        if (IsSuggested(peer, now))
        {
            _taken.Add(peer);
        }
    }

    private static DateTimeOffset At(TimeSpan now) => DateTimeOffset.UnixEpoch + now;

    private static bool Fits(int taken, int suggested) => suggested < (taken + ShareDivisor) / ShareDivisor;

    private int CountSuggested(TimeSpan now)
    {
        int count = 0;
        foreach (NodeId peer in _taken)
        {
            count += IsSuggested(peer, now) ? 1 : 0;
        }

        return count;
    }

    private void Prune(TimeSpan now)
    {
        foreach (NodeId peer in _taken)
        {
            PoolMember? member = pool.Find(peer);
            bool isPending = member?.IsPending(now) == true;
            if (!isPending)
            {
                _dialled.Remove(peer);
                if (member?.IsLive != true)
                {
                    _taken.Remove(peer);
                }
            }
        }
    }
}
