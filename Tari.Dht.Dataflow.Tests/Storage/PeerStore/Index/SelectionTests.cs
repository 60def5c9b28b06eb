using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class SelectionTests
{
    [Test]
    public void Smallest_is_what_a_sort_puts_at_the_index()
    {
        var random = new Random(1);
        for (int length = 1; length <= 300; length++)
        {
            ulong[] sorted = [.. Enumerable.Range(0, length).Select(number => (ulong)number * 3 + 1)];
            int index = random.Next(length);
            ulong[] shuffled = [.. sorted];
            random.Shuffle(shuffled);
            ulong[] fallsAndRises = [.. sorted.Reverse().Where(number => number % 2 == 0), .. sorted.Where(number => number % 2 == 1)];
            foreach (ulong[] numbers in new[] { shuffled, [.. sorted], [.. sorted.Reverse()], fallsAndRises })
            {
                Assert.That(Selection.Smallest(numbers, index), Is.EqualTo(sorted[index]), $"index {index} of {length}");
            }
        }
    }
}
