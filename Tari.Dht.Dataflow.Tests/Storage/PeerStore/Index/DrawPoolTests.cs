using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class DrawPoolTests
{
    [Test]
    public void A_shuffle_to_the_end_takes_every_slot_once_whatever_came_and_went_before([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        PeerSlot[] slots = new PeerSlot[200];
        var pool = new DrawPool();
        HashSet<int> model = [];
        for (int step = 0; step < 2000; step++)
        {
            int slot = random.Next(slots.Length);
            if (model.Add(slot))
            {
                pool.Add(slots, slot);
            }
            else
            {
                model.Remove(slot);
                pool.Remove(slots, slot);
            }

            List<int> taken = [];
            int count = random.Next(4) == 0 ? pool.Count : random.Next(pool.Count + 1);
            while (taken.Count < count)
            {
                taken.Add(pool.Take(slots, taken.Count, random.Next(pool.Count - taken.Count)));
            }

            Assert.That(pool.Count, Is.EqualTo(model.Count));
            Assert.That(taken, Is.Unique);
            Assert.That(taken, Is.SubsetOf(model));
        }
    }
}
