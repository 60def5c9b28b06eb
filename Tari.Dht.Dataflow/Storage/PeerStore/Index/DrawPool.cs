namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>Slots in no order, packed, each of which knows its position: what a draw of equally likely ones takes them from.</summary>
/// <remarks>
/// A draw is as much of a Fisher-Yates shuffle as it needs. The order in which a draw leaves the slots does not matter to the next one,
/// so nothing has to be undone or remembered, and a draw that finds no more than unsuitable slots has looked at each of them once. Not
/// thread safe.
/// </remarks>
internal sealed class DrawPool
{
    private const int InitialCapacity = 16;

    private int[] _slots = new int[InitialCapacity];

    public int Count { get; private set; }

    public void Add(PeerSlot[] slots, int slot)
    {
        if (Count == _slots.Length)
        {
            Array.Resize(ref _slots, Count * 2);
        }

        slots[slot].Position = Count;
        _slots[Count++] = slot;
    }

    public void Remove(PeerSlot[] slots, int slot)
    {
        int position = slots[slot].Position;
        int last = _slots[--Count];
        _slots[position] = last;
        slots[last].Position = position;
    }

    /// <summary>Takes the next slot of a shuffle.</summary>
    /// <param name="slots">What the slots know.</param>
    /// <param name="taken">How many this draw took before.</param>
    /// <param name="choice">A random number below <see cref="Count"/> less <paramref name="taken"/>.</param>
    public int Take(PeerSlot[] slots, int taken, int choice)
    {
        int position = taken + choice;
        int slot = _slots[position];
        int other = _slots[taken];
        _slots[taken] = slot;
        _slots[position] = other;
        slots[other].Position = position;
        slots[slot].Position = taken;
        return slot;
    }
}
