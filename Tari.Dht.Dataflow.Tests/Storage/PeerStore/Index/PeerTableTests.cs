using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class PeerTableTests
{
    [Test]
    public void Records_keep_their_slots_while_others_come_and_go([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        var table = new PeerTable();
        Dictionary<int, (int Slot, Peer Peer)> model = [];
        for (int step = 0; step < 20_000; step++)
        {
            int number = random.Next(300);
            Peer peer = IndexPeers.Node(number);
            if (!model.TryGetValue(number, out (int Slot, Peer Peer) known))
            {
                model[number] = (table.Add(peer), peer);
            }
            else if (random.Next(2) == 0)
            {
                table.Replace(known.Slot, peer);
                model[number] = (known.Slot, peer);
            }
            else
            {
                table.Remove(known.Slot);
                model.Remove(number);
            }

            int other = random.Next(300);
            Peer asked = IndexPeers.Node(other);
            bool isThere = model.TryGetValue(other, out known);
            Assert.That(table.SlotOf(asked.NodeId), Is.EqualTo(isThere ? known.Slot : -1));
            Assert.That(table.SlotOf(asked.PublicKey), Is.EqualTo(isThere ? known.Slot : -1));
            Assert.That(table.Find(asked.NodeId), Is.SameAs(known.Peer));
            Assert.That(table.Find(asked.PublicKey), Is.SameAs(known.Peer));
            Assert.That(table.Count, Is.EqualTo(model.Count));
        }

        Assert.That(model.Values.Select(entry => entry.Slot), Is.Unique.And.All.LessThan(table.End));
        Assert.That(model.Values, Is.All.Matches<(int Slot, Peer Peer)>(entry => ReferenceEquals(table[entry.Slot], entry.Peer)));
    }

    [Test]
    public async Task Searches_beside_a_writer_always_find_what_stays_and_never_another_record()
    {
        // The first ten stay, though they are replaced; the others come and go, and the table grows and is made anew meanwhile.
        const int Staying = 10;
        Peer[] peers = [.. Enumerable.Range(0, 2000).Select(number => IndexPeers.Node(number))];
        var table = new PeerTable();
        int[] slots = [.. peers.Take(Staying).Select(table.Add)];
        bool isDone = false;
        Task<int>[] readers = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() => CountMistakes(seed)))];
        for (int round = 0; round < 40; round++)
        {
            int count = Math.Min(peers.Length, 100 * (round + 1));
            int[] passing = [.. peers[Staying..count].Select(table.Add)];
            foreach (int slot in slots)
            {
                table.Replace(slot, table[slot]! with { UserAgent = $"{round}" });
            }

            foreach (int slot in passing)
            {
                table.Remove(slot);
            }
        }

        Volatile.Write(ref isDone, true);
        Assert.That(await Task.WhenAll(readers), Is.All.Zero);

        int CountMistakes(int seed)
        {
            var random = new Random(seed);
            int mistakes = 0;
            while (!Volatile.Read(ref isDone))
            {
                int number = random.Next(3) == 0 ? random.Next(Staying) : random.Next(peers.Length);
                Peer? byId = table.Find(peers[number].NodeId);
                Peer? byKey = table.Find(peers[number].PublicKey);
                bool isRight = number < Staying ? byId is not null && byKey is not null : true;
                isRight &= byId is null || byId.NodeId == peers[number].NodeId;
                isRight &= byKey is null || byKey.PublicKey == peers[number].PublicKey;
                mistakes += isRight ? 0 : 1;
            }

            return mistakes;
        }
    }
}
