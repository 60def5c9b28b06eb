using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Picks, of any number of items with a node id, those closest to a target.</summary>
/// <typeparam name="T">What is picked, for instance a <see cref="Peer"/>.</typeparam>
/// <remarks>
/// Holds no more than it picks: offering one of N items costs O(log capacity). Of two items with one id the first offered is the closer.
/// Not thread safe.
/// </remarks>
public sealed class ClosestNodes<T>
{
    // The farthest is at the head, the first to go.
    private readonly PriorityQueue<T, Rank> _picked = new(Rank.FarthestFirst);
    private readonly NodeId _target;
    private long _offered;

    /// <summary>Picks nothing yet.</summary>
    /// <param name="target">The id that the distances are measured to.</param>
    /// <param name="capacity">How many to pick at most, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    public ClosestNodes(in NodeId target, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _target = target;
        Capacity = capacity;
    }

    /// <summary>How many are picked at most.</summary>
    public int Capacity { get; }

    /// <summary>How many are picked now.</summary>
    public int Count => _picked.Count;

    /// <summary>Offers an item.</summary>
    /// <param name="id">Its node id.</param>
    /// <param name="item">The item.</param>
    public void Offer(in NodeId id, T item)
    {
        var rank = new Rank(XorDistance.Between(id, _target), _offered++);
        if (_picked.Count < Capacity)
        {
            _picked.Enqueue(item, rank);
        }
        else if (Capacity > 0)
        {
            _picked.EnqueueDequeue(item, rank);
        }
    }

    /// <summary>The items picked so far and their distances, the closest first.</summary>
    public ImmutableArray<(T Item, XorDistance Distance)> ToImmutableArray()
    {
        (T Item, Rank Rank)[] items = [.. _picked.UnorderedItems];
        Array.Sort(items, static (left, right) => left.Rank.CompareTo(right.Rank));
        var sorted = ImmutableArray.CreateBuilder<(T, XorDistance)>(items.Length);
        foreach ((T item, Rank rank) in items)
        {
            sorted.Add((item, rank.Distance));
        }

        return sorted.MoveToImmutable();
    }

    private readonly record struct Rank(XorDistance Distance, long Offered) : IComparable<Rank>
    {
        public static IComparer<Rank> FarthestFirst { get; } = Comparer<Rank>.Create(static (left, right) => right.CompareTo(left));

        public int CompareTo(Rank other)
        {
            int order = Distance.CompareTo(other.Distance);
            return order != 0 ? order : Offered.CompareTo(other.Offered);
        }
    }
}
