using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>The questions that are under way, by nonce: a bounded table.</summary>
/// <remarks>
/// Thread safe. A question whose caller has gone stays until the next question has gone out or the next peer is found, so that a late
/// answer still adds its peer, as in the reference; it never keeps a new one out.
/// </remarks>
internal sealed class DiscoveryTable
{
    private readonly Dictionary<ulong, DiscoveryEntry> _entries = [];
    private readonly Lock _lock = new();
    private readonly int _capacity;
    private int _abandoned;

    public DiscoveryTable(int capacity) => _capacity = capacity;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Enters a question.</summary>
    /// <returns>False when there is no room; a nonce that is in use already is the caller's fault.</returns>
    public bool TryAdd(ulong nonce, DiscoveryEntry entry)
    {
        lock (_lock)
        {
            if (_entries.Count == _capacity)
            {
                DropAbandonedLocked();
            }

            if (_entries.Count == _capacity)
            {
                return false;
            }

            _entries.Add(nonce, entry);
            return true;
        }
    }

    public bool Contains(ulong nonce)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(nonce);
        }
    }

    /// <summary>Takes a question out: for its answer, or because it did not go out.</summary>
    /// <returns>The question, or null when it is not there.</returns>
    public DiscoveryEntry? Take(ulong nonce)
    {
        lock (_lock)
        {
            if (!_entries.Remove(nonce, out DiscoveryEntry? entry))
            {
                return null;
            }

            _abandoned -= entry.IsAbandoned ? 1 : 0;
            return entry;
        }
    }

    /// <summary>Notes that nobody waits for a question any more.</summary>
    public void Abandon(ulong nonce)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(nonce, out DiscoveryEntry? entry) && !entry.IsAbandoned)
            {
                entry.IsAbandoned = true;
                _abandoned++;
            }
        }
    }

    /// <summary>Forgets the questions that nobody waits for.</summary>
    public void DropAbandoned()
    {
        lock (_lock)
        {
            DropAbandonedLocked();
        }
    }

    /// <summary>Takes all questions for a key out and forgets those that nobody waits for.</summary>
    /// <returns>Those that somebody waits for.</returns>
    public List<DiscoveryEntry> TakeAll(in CommsPublicKey publicKey)
    {
        var taken = new List<DiscoveryEntry>();
        lock (_lock)
        {
            DropAbandonedLocked();
            foreach ((ulong nonce, DiscoveryEntry entry) in _entries)
            {
                if (entry.PublicKey == publicKey)
                {
                    taken.Add(entry);
                    _entries.Remove(nonce);
                }
            }
        }

        return taken;
    }

    private void DropAbandonedLocked()
    {
        if (_abandoned == 0)
        {
            return;
        }

        foreach ((ulong nonce, DiscoveryEntry entry) in _entries)
        {
            if (entry.IsAbandoned)
            {
                _entries.Remove(nonce);
            }
        }

        _abandoned = 0;
    }
}
