using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>Records in numbered slots, found by node id and by key without a lock.</summary>
/// <remarks>
/// <para>
/// Two open-addressing tables of slot numbers lead to the one array of records. Hashes are those of the two types, which are seeded by
/// the process, so that nobody can choose ids that meet in one place. A removed number leaves a mark behind, over which searches pass;
/// tables too full of marks are made anew. A search works on the arrays that it found at its start. It compares the record that it meets,
/// so a slot that has another record by now is passed over, and arrays replaced meanwhile only make it answer as of its start.
/// </para>
/// <para><see cref="Find(in NodeId)"/> and <see cref="Find(in CommsPublicKey)"/> are thread safe; all else is for one thread at a
/// time.</para>
/// </remarks>
internal sealed class PeerTable
{
    private const int InitialCapacity = 16;
    private const int Removed = -1;

    private readonly Stack<int> _free = [];
    private Arrays _arrays = new(InitialCapacity);

    // Places that are not empty, marks included.
    private int _usedIds;
    private int _usedKeys;

    /// <summary>Records held.</summary>
    public int Count => End - _free.Count;

    /// <summary>All slots in use are below.</summary>
    public int End { get; private set; }

    /// <summary>The record in a slot; null when the slot is free.</summary>
    public Peer? this[int slot] => _arrays.Peers[slot];

    public Peer? Find(in NodeId id)
    {
        Arrays arrays = Volatile.Read(ref _arrays);
        int slot = SlotOf(arrays, id, out Peer? peer);
        return slot < 0 ? null : peer;
    }

    public Peer? Find(in CommsPublicKey key)
    {
        Arrays arrays = Volatile.Read(ref _arrays);
        int slot = SlotOf(arrays, key, out Peer? peer);
        return slot < 0 ? null : peer;
    }

    /// <summary>The slot of an id; negative when there is none.</summary>
    public int SlotOf(in NodeId id) => SlotOf(_arrays, id, out _);

    /// <summary>The slot of a key; negative when there is none.</summary>
    public int SlotOf(in CommsPublicKey key) => SlotOf(_arrays, key, out _);

    /// <summary>The slots that may have a key, one after the other: without a look at their records.</summary>
    /// <param name="hash">The key's hash.</param>
    /// <param name="probe">How many there were so far; 0 at first.</param>
    /// <param name="slot">The next one; negative where there was one once.</param>
    /// <returns>False when there are no more.</returns>
    public bool TryProbe(int hash, ref int probe, out int slot)
    {
        int[] places = _arrays.Keys;
        int place = places[(hash + probe++) & (places.Length - 1)];
        slot = place > 0 ? place - 1 : -1;
        return place != 0;
    }

    /// <summary>Adds a record whose id and key are not there, and answers its slot.</summary>
    public int Add(Peer peer)
    {
        Reserve();
        if (!_free.TryPop(out int slot))
        {
            slot = End++;
        }

        // The record first: a search that meets the number finds it.
        Volatile.Write(ref _arrays.Peers[slot], peer);
        Enter(_arrays.Ids, peer.NodeId.GetHashCode(), slot);
        Enter(_arrays.Keys, peer.PublicKey.GetHashCode(), slot);
        _usedIds++;
        _usedKeys++;
        return slot;
    }

    /// <summary>Replaces the record in a slot by one with the same id, and the same key or one that is not there.</summary>
    public void Replace(int slot, Peer peer)
    {
        Peer old = _arrays.Peers[slot]!;
        if (old.PublicKey == peer.PublicKey)
        {
            Volatile.Write(ref _arrays.Peers[slot], peer);
            return;
        }

        Reserve();
        Strike(_arrays.Keys, old.PublicKey.GetHashCode(), slot);
        Volatile.Write(ref _arrays.Peers[slot], peer);
        Enter(_arrays.Keys, peer.PublicKey.GetHashCode(), slot);
        _usedKeys++;
    }

    /// <summary>Frees a slot.</summary>
    public void Remove(int slot)
    {
        Peer peer = _arrays.Peers[slot]!;
        Strike(_arrays.Ids, peer.NodeId.GetHashCode(), slot);
        Strike(_arrays.Keys, peer.PublicKey.GetHashCode(), slot);
        Volatile.Write(ref _arrays.Peers[slot], null);
        _free.Push(slot);
    }

    private static int SlotOf(Arrays arrays, in NodeId id, out Peer? peer)
    {
        int[] places = arrays.Ids;
        int mask = places.Length - 1;
        for (int at = id.GetHashCode() & mask; ; at = (at + 1) & mask)
        {
            int place = Volatile.Read(ref places[at]);
            if (place == 0)
            {
                peer = null;
                return -1;
            }

            if (place != Removed)
            {
                peer = Volatile.Read(ref arrays.Peers[place - 1]);
                if (peer is not null && peer.NodeId == id)
                {
                    return place - 1;
                }
            }
        }
    }

    private static int SlotOf(Arrays arrays, in CommsPublicKey key, out Peer? peer)
    {
        int[] places = arrays.Keys;
        int mask = places.Length - 1;
        for (int at = key.GetHashCode() & mask; ; at = (at + 1) & mask)
        {
            int place = Volatile.Read(ref places[at]);
            if (place == 0)
            {
                peer = null;
                return -1;
            }

            if (place != Removed)
            {
                peer = Volatile.Read(ref arrays.Peers[place - 1]);
                if (peer is not null && peer.PublicKey == key)
                {
                    return place - 1;
                }
            }
        }
    }

    private static void Enter(int[] places, int hash, int slot)
    {
        int mask = places.Length - 1;
        int at = hash & mask;
        while (places[at] != 0)
        {
            at = (at + 1) & mask;
        }

        Volatile.Write(ref places[at], slot + 1);
    }

    private static void Strike(int[] places, int hash, int slot)
    {
        int mask = places.Length - 1;
        int at = hash & mask;
        while (places[at] != slot + 1)
        {
            at = (at + 1) & mask;
        }

        Volatile.Write(ref places[at], Removed);
    }

    /// <summary>Makes sure that one more record has a slot, and that at least a quarter of each table stays empty.</summary>
    private void Reserve()
    {
        int capacity = _arrays.Peers.Length;
        bool isFull = _free.Count == 0 && End == capacity;
        int limit = _arrays.Ids.Length / 4 * 3;
        if (!isFull && _usedIds < limit && _usedKeys < limit)
        {
            return;
        }

        var arrays = new Arrays(isFull ? capacity * 2 : capacity);
        for (int slot = 0; slot < End; slot++)
        {
            if (_arrays.Peers[slot] is { } peer)
            {
                arrays.Peers[slot] = peer;
                Enter(arrays.Ids, peer.NodeId.GetHashCode(), slot);
                Enter(arrays.Keys, peer.PublicKey.GetHashCode(), slot);
            }
        }

        _usedIds = _usedKeys = Count;
        Volatile.Write(ref _arrays, arrays);
    }

    private sealed class Arrays(int capacity)
    {
        public readonly Peer?[] Peers = new Peer?[capacity];

        // Slot numbers plus 1; 0 is empty.
        public readonly int[] Ids = new int[capacity * 2];
        public readonly int[] Keys = new int[capacity * 2];
    }
}
