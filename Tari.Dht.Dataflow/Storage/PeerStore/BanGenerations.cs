using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>Tells whoever retries a ban whether the peer was unbanned in the meantime: its number is then another one.</summary>
/// <remarks>
/// Numbers are never used twice, so what was forgotten never looks unchanged. At most <see cref="MaxTracked"/> ids are remembered; above
/// that, those that nobody asked about for an hour go, and of the rest the oldest, down to <see cref="KeptTracked"/>. Thread safe.
/// </remarks>
internal sealed class BanGenerations
{
    public const int MaxTracked = 1024;

    public const int KeptTracked = 512;

    private static readonly TimeSpan s_maxAge = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;

    /// <summary>From the one touched longest ago to the latest.</summary>
    private readonly LinkedList<Entry> _byAge = new();

    private readonly Dictionary<NodeId, LinkedListNode<Entry>> _entries = [];
    private long _last;

    public BanGenerations(TimeProvider time) => _time = time;

    /// <summary>Ids remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The number of an id, which is remembered from now on.</summary>
    public long Get(in NodeId id)
    {
        lock (_gate)
        {
            LinkedListNode<Entry> entry = Touch(id);
            Prune();
            return entry.Value.Generation;
        }
    }

    /// <summary>The number of an id if it is remembered.</summary>
    public bool TryGet(in NodeId id, out long generation)
    {
        lock (_gate)
        {
            bool found = _entries.TryGetValue(id, out LinkedListNode<Entry>? entry);
            generation = found ? entry!.Value.Generation : 0;
            return found;
        }
    }

    /// <summary>Gives an id another number.</summary>
    public void Renew(in NodeId id)
    {
        lock (_gate)
        {
            Touch(id).ValueRef.Generation = ++_last;
            Prune();
        }
    }

    /// <summary>Gives every id that is remembered another number.</summary>
    public void RenewAll()
    {
        lock (_gate)
        {
            for (LinkedListNode<Entry>? entry = _byAge.First; entry is not null; entry = entry.Next)
            {
                entry.ValueRef.Generation = ++_last;
            }
        }
    }

    private LinkedListNode<Entry> Touch(in NodeId id)
    {
        if (_entries.TryGetValue(id, out LinkedListNode<Entry>? entry))
        {
            _byAge.Remove(entry);
        }
        else
        {
            entry = new LinkedListNode<Entry>(new Entry { Id = id, Generation = ++_last });
            _entries.Add(id, entry);
        }

        entry.ValueRef.TouchedAt = _time.GetTimestamp();
        _byAge.AddLast(entry);
        return entry;
    }

    private void Prune()
    {
        if (_entries.Count <= MaxTracked)
        {
            return;
        }

        long now = _time.GetTimestamp();
        while (_byAge.First is { } oldest
            && (_entries.Count > KeptTracked || _time.GetElapsedTime(oldest.ValueRef.TouchedAt, now) >= s_maxAge))
        {
            _entries.Remove(oldest.ValueRef.Id);
            _byAge.RemoveFirst();
        }
    }

    private struct Entry
    {
        public NodeId Id;
        public long Generation;
        public long TouchedAt;
    }
}
