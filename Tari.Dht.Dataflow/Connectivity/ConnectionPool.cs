using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>
/// The peers that a node wants to be connected to: each once, in the order in which they came, with the handles of their connections.
/// </summary>
/// <remarks>
/// <para>
/// A handle belongs to a member, so none is held for a peer that is not in the pool. A member that leaves gives its handle to the caller,
/// who closes it. A refresh is a plan first (<see cref="Plan"/>), for which peers are looked for, and changes the pool at once when all is
/// known (<see cref="Apply"/>); what fails on the way leaves the pool as it was.
/// </para>
/// <para>Knows no clock: times are since some fixed moment. Not thread safe; connections may end at any time on other threads.</para>
/// </remarks>
internal sealed class ConnectionPool : IDisposable
{
    // Peers dialled for each that is missing, as many of them don't answer.
    private const int Oversubscription = 3;

    private readonly OrderedDictionary<NodeId, PoolMember> _members = [];
    private readonly float _starvedRatio;
    private readonly int _keptByChurn;
    private readonly Random _random;

    /// <param name="config">The size of the pool, the churn and the ratio of starvation.</param>
    /// <param name="random">Chooses who is exchanged.</param>
    public ConnectionPool(DhtConfig config, Random random)
    {
        Size = config.NumNeighbouringNodes + config.NumRandomNodes;
        _starvedRatio = config.Connectivity.PoolStarvedThresholdRatio;
        _keptByChurn = (int)Math.Max(0, Size - Math.Max(Size * (long)config.Connectivity.ChurnRate / 100, 1));
        _random = random;
    }

    /// <summary>Connections wanted.</summary>
    public int Size { get; }

    /// <summary>Dials that may be in flight for peers of the store.</summary>
    public int MaxDials => 2 * Size;

    /// <summary>How many members there are.</summary>
    public int Count => _members.Count;

    /// <summary>Changes with every change of who is in the pool.</summary>
    public int Version { get; private set; }

    /// <summary>The members' ids in order.</summary>
    public IReadOnlyCollection<NodeId> Peers => _members.Keys;

    /// <summary>The members in order.</summary>
    public OrderedDictionary<NodeId, PoolMember>.ValueCollection Members => _members.Values;

    /// <summary>Whether a peer is a member.</summary>
    /// <param name="peer">The peer.</param>
    public bool Contains(in NodeId peer) => _members.ContainsKey(peer);

    /// <summary>The member that a peer is; null if it is none.</summary>
    /// <param name="peer">The peer.</param>
    public PoolMember? Find(in NodeId peer) => _members.GetValueOrDefault(peer);

    /// <summary>Counts the members; those that are neither connected nor being dialled are left out.</summary>
    /// <param name="now">The time.</param>
    public PoolCounts CountMembers(TimeSpan now)
    {
        int outbound = 0, inbound = 0, pending = 0;
        foreach (PoolMember member in _members.Values)
        {
            if (member.IsLiveOutbound)
            {
                outbound++;
            }
            else if (member.IsLive)
            {
                inbound++;
            }
            else if (member.IsPending(now))
            {
                pending++;
            }
        }

        return new PoolCounts(outbound, inbound, pending);
    }

    /// <summary>Whether so few connections that this node dialled are too few. A pool of nobody never starves.</summary>
    /// <param name="outbound">How many there are.</param>
    public bool IsStarved(int outbound) => outbound < _starvedRatio * Size;

    /// <summary>Works out a refresh: who stays, who goes, and how many to dial.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isChurnDue">Whether members may be exchanged, if the pool is well.</param>
    public PoolPlan Plan(TimeSpan now, bool isChurnDue)
    {
        PoolPlan plan = Split(now);
        if (plan.Connected.Count > Size)
        {
            ReleaseSurplus(plan);
        }

        plan.IsChurn = isChurnDue && !plan.IsStarved && plan.Connected.Count > _keptByChurn;
        if (plan.IsChurn)
        {
            Churn(plan);
        }

        plan.Shortfall = Math.Max(0, Size - (plan.IsStarved ? plan.Outbound : plan.Connected.Count));
        plan.Target = (int)Math.Min((long)plan.Shortfall * Oversubscription, MaxDials);
        return plan;
    }

    /// <summary>Works out a new pool of everybody who is connected or being dialled now, and as many others as may be dialled.</summary>
    /// <param name="now">The time.</param>
    public PoolPlan PlanAnew(TimeSpan now)
    {
        PoolPlan plan = Split(now);
        plan.Target = Math.Max(0, MaxDials - plan.Connected.Count);
        return plan;
    }

    /// <summary>Carries a plan out.</summary>
    /// <param name="plan">The plan of this pool as it is.</param>
    /// <param name="dialled">Who joins, and is dialled now. Who is in already is skipped.</param>
    /// <param name="now">The time.</param>
    /// <param name="released">Gets the handles of those who go; the caller's from here on.</param>
    public void Apply(PoolPlan plan, IReadOnlyList<NodeId> dialled, TimeSpan now, List<PeerConnectionHandle> released)
    {
        foreach (PoolMember member in plan.Released)
        {
            TakeHandle(member, released);
        }

        _members.Clear();
        foreach (PoolMember member in plan.Connected)
        {
            _members.Add(member.Peer, member);
        }

        foreach (PoolMember member in plan.Pending)
        {
            _members.Add(member.Peer, member);
        }

        foreach (NodeId peer in dialled)
        {
            _members.TryAdd(peer, new PoolMember(peer) { DialledAt = now });
        }

        Version++;
    }

    /// <summary>Takes a peer in that is dialled now. Nothing happens if it is in already.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="now">The time.</param>
    public void AddDialled(in NodeId peer, TimeSpan now)
    {
        if (_members.TryAdd(peer, new PoolMember(peer) { DialledAt = now }))
        {
            Version++;
        }
    }

    /// <summary>Holds a peer's connection; the peer joins if it is not in.</summary>
    /// <param name="handle">A weak handle; the pool's from here on.</param>
    /// <param name="released">Gets the handle of the connection before, if there was another; the caller's from here on.</param>
    public void Hold(PeerConnectionHandle handle, List<PeerConnectionHandle> released)
    {
        NodeId peer = handle.Connection.Peer;
        if (!_members.TryGetValue(peer, out PoolMember? member))
        {
            member = new PoolMember(peer);
            _members.Add(peer, member);
            Version++;
        }

        if (member.Handle is { } older && older.Connection.Id == handle.Connection.Id)
        {
            older.Dispose();
            member.Handle = null;
        }

        TakeHandle(member, released);
        member.Handle = handle;
        member.DialledAt = null;
    }

    /// <summary>Takes a peer out.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="handle">Its handle, if there is one; the caller's from here on.</param>
    /// <returns>Whether it was in.</returns>
    public bool Remove(in NodeId peer, out PeerConnectionHandle? handle)
    {
        handle = null;
        if (!_members.Remove(peer, out PoolMember? member))
        {
            return false;
        }

        (handle, member.Handle) = (member.Handle, null);
        Version++;
        return true;
    }

    /// <summary>Gives all handles up.</summary>
    public void Dispose()
    {
        foreach (PoolMember member in _members.Values)
        {
            member.Handle?.Dispose();
            member.Handle = null;
        }

        _members.Clear();
        Version++;
    }

    private static void TakeHandle(PoolMember member, List<PeerConnectionHandle> released)
    {
        if (member.Handle is { } handle)
        {
            member.Handle = null;
            released.Add(handle);
        }
    }

    private PoolPlan Split(TimeSpan now)
    {
        var plan = new PoolPlan();
        foreach (PoolMember member in _members.Values)
        {
            if (member.IsLive)
            {
                plan.Connected.Add(member);
                plan.Outbound += member.Handle!.Connection.Direction == ConnectionDirection.Outbound ? 1 : 0;
            }
            else
            {
                (member.IsPending(now) ? plan.Pending : plan.Released).Add(member);
            }
        }

        plan.IsStarved = IsStarved(plan.Outbound);
        return plan;
    }

    /// <summary>Keeps those first that somebody needs, then those that this node dialled, then those that came first.</summary>
    private void ReleaseSurplus(PoolPlan plan)
    {
        // A connection may end while this runs, so each is looked at once.
        var ranked = new List<(int Rank, PoolMember Member)>(plan.Connected.Count);
        foreach (PoolMember member in plan.Connected)
        {
            IPeerConnection connection = member.Handle!.Connection;
            ranked.Add((
                (connection.IsStronglyHeld ? 0 : 2) + (connection.Direction == ConnectionDirection.Outbound ? 0 : 1), member));
        }

        plan.Connected.Clear();
        for (int rank = 0; rank < 4; rank++)
        {
            foreach ((int itsRank, PoolMember member) in ranked)
            {
                if (itsRank == rank)
                {
                    (plan.Connected.Count < Size ? plan.Connected : plan.Released).Add(member);
                }
            }
        }
    }

    /// <summary>Lets some go that nobody else needs.</summary>
    private void Churn(PoolPlan plan)
    {
        List<PoolMember> connected = plan.Connected;
        for (int attempts = connected.Count / 2; attempts > 0 && connected.Count > _keptByChurn; attempts--)
        {
            int choice = _random.Next(connected.Count);
            PoolMember member = connected[choice];
            if (!member.Handle!.Connection.IsStronglyHeld)
            {
                connected[choice] = connected[^1];
                connected.RemoveAt(connected.Count - 1);
                plan.Released.Add(member);
            }
        }
    }
}
