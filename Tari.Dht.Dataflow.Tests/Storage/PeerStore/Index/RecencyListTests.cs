using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class RecencyListTests
{
    [Test]
    public void Slots_come_by_falling_time_whatever_was_added_and_removed([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        PeerSlot[] slots = new PeerSlot[3000];
        var list = new RecencyList();
        SortedSet<(long Time, int Slot)> model = [];
        for (int step = 0; step < 30_000; step++)
        {
            // Fills up first, then drains.
            int slot = random.Next(slots.Length);
            bool isThere = model.Contains((slots[slot].LastSeen, slot));
            if (isThere && random.Next(step < 15_000 ? 4 : 1) == 0)
            {
                list.Remove(slots, slot);
                model.Remove((slots[slot].LastSeen, slot));
            }
            else if (!isThere && random.Next(step < 15_000 ? 1 : 4) == 0)
            {
                // Times that rise, that are equal, and that are anywhere.
                slots[slot].LastSeen = random.Next(3) switch { 0 => step, 1 => 10_000, _ => random.Next(40_000) };
                list.Add(slots, slot);
                model.Add((slots[slot].LastSeen, slot));
            }

            if (step % 500 == 0)
            {
                Assert.That(list.Count, Is.EqualTo(model.Count));
                Assert.That(Walk(list, 1), Is.EqualTo(model.Reverse().Select(entry => entry.Slot)));
            }
        }

        foreach ((_, int slot) in model)
        {
            list.Remove(slots, slot);
        }

        Assert.That(list.Latest().IsValid, Is.False);
    }

    [Test]
    public void A_cursor_passes_over_any_number_of_slots()
    {
        const int Count = (RecencyList.PieceLength * 5) + 3;
        PeerSlot[] slots = new PeerSlot[Count];
        var list = new RecencyList();
        for (int slot = 0; slot < Count; slot++)
        {
            slots[slot].LastSeen = slot * 3 % Count;
            list.Add(slots, slot);
        }

        List<int> all = Walk(list, 1);
        Assert.That(all, Has.Count.EqualTo(Count));
        for (int step = 2; step <= Count + 1; step++)
        {
            Assert.That(Walk(list, step), Is.EqualTo(all.Where((_, index) => index % step == 0)), $"steps of {step}");
        }

        RecencyList.Cursor cursor = list.Latest();
        cursor.Advance(long.MaxValue);
        Assert.That(cursor.IsValid, Is.False);
    }

    private static List<int> Walk(RecencyList list, long step)
    {
        List<int> slots = [];
        for (RecencyList.Cursor cursor = list.Latest(); cursor.IsValid; cursor.Advance(step))
        {
            slots.Add(cursor.Slot);
        }

        return slots;
    }
}
