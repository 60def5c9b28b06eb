using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>Counts the messages of each peer over time, within bounded memory: the data that flood protection judges by.</summary>
/// <remarks>
/// <para>
/// Per peer the newest <c>capacity</c> time stamps are kept, for the whole node the newest 100 000. A peer without a message for longer
/// than the stale age is forgotten, which is looked at every 10 minutes. No timer runs for that: the next call that looks at the samples of
/// a peer makes up for it, as of the time when it was due.
/// </para>
/// <para>
/// Thread safe. Counting takes a lock for some tens of nanoseconds instead of a place in a queue, so no sample is ever lost and a sample is
/// visible at once. Other members copy under the same lock.
/// </para>
/// <para>
/// Samples are times since the start, by the clock that only runs on: setting the wall clock back would make old samples recent and their
/// peers flooders.
/// </para>
/// </remarks>
internal sealed class MetricsCollector
{
    public const int NodeWideCapacity = 100_000;

    public static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _timeProvider;
    private readonly int _capacityPerPeer;
    private readonly long _staleAgeTicks;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, SampleRing> _peers = [];
    private readonly SampleRing _all = new(NodeWideCapacity);
    private long _nextPrune;

    public MetricsCollector(TimeProvider timeProvider, int capacityPerPeer, TimeSpan staleAge)
    {
        _timeProvider = timeProvider;
        _capacityPerPeer = capacityPerPeer;
        _staleAgeTicks = staleAge.Ticks;
        _start = timeProvider.GetTimestamp();
        _nextPrune = PruneInterval.Ticks;
    }

    public void Record(in NodeId peer)
    {
        long now = Now();
        lock (_lock)
        {
            PruneIfDue(now);
            if (!_peers.TryGetValue(peer, out SampleRing? samples))
            {
                samples = new SampleRing(_capacityPerPeer);
                _peers.Add(peer, samples);
            }

            samples.Add(now);
            _all.Add(now);
        }
    }

    public void Clear(in NodeId peer)
    {
        lock (_lock)
        {
            _peers.Remove(peer);
        }
    }

    public void RetainOnly(IReadOnlySet<NodeId> peers)
    {
        lock (_lock)
        {
            foreach (NodeId peer in _peers.Keys)
            {
                if (!peers.Contains(peer))
                {
                    _peers.Remove(peer);
                }
            }
        }
    }

    public DateTimeOffset[] GetTimeSeries(in NodeId peer)
    {
        long[] samples;
        long now = Now();
        lock (_lock)
        {
            PruneIfDue(now);
            samples = _peers.TryGetValue(peer, out SampleRing? ring) ? ring.ToArray() : [];
        }

        DateTimeOffset start = _timeProvider.GetUtcNow().AddTicks(-Now());
        return Array.ConvertAll(samples, start.AddTicks);
    }

    public List<(NodeId Peer, int Count)> GetRatesExceeding(int count, TimeSpan span)
    {
        long now = Now();
        long since = now - span.Ticks;
        var exceeding = new List<(NodeId, int)>();
        lock (_lock)
        {
            PruneIfDue(now);
            foreach ((NodeId peer, SampleRing samples) in _peers)
            {
                int counted = samples.CountSince(since);
                if (counted > count)
                {
                    exceeding.Add((peer, counted));
                }
            }
        }

        return exceeding;
    }

    public bool Exceeds(in NodeId peer, int count, TimeSpan span)
    {
        long since = Since(span);
        lock (_lock)
        {
            return _peers.TryGetValue(peer, out SampleRing? samples) && samples.HasMoreSince(since, count);
        }
    }

    public int GetTotal(TimeSpan span)
    {
        long since = Since(span);
        lock (_lock)
        {
            return _all.CountSince(since);
        }
    }

    private void PruneIfDue(long now)
    {
        if (now < _nextPrune)
        {
            return;
        }

        // Of the looks that were missed, the last one finds whom the others would have found, as nothing was counted in between.
        long due = now - ((now - _nextPrune) % PruneInterval.Ticks);
        _nextPrune = due + PruneInterval.Ticks;
        foreach ((NodeId peer, SampleRing samples) in _peers)
        {
            if (due - samples.Newest > _staleAgeTicks)
            {
                _peers.Remove(peer);
            }
        }
    }

    /// <summary>Ticks since the start.</summary>
    private long Now() => _timeProvider.GetElapsedTime(_start).Ticks;

    private long Since(TimeSpan span) => Now() - span.Ticks;
}
