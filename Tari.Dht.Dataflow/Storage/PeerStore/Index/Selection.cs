namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>Finds the number that a sort would put at an index, without sorting all.</summary>
internal static class Selection
{
    private const int SortBelow = 16;

    /// <summary>The number with a given count of smaller ones.</summary>
    /// <param name="numbers">Different numbers, which are left in another order.</param>
    /// <param name="index">Index of the number in their sorted order.</param>
    public static ulong Smallest(Span<ulong> numbers, int index)
    {
        // Halves on average. Should the middle be a bad choice time and again, sorting bounds the cost.
        for (int rounds = 2 * int.Log2(numbers.Length | 1); rounds > 0 && numbers.Length > SortBelow; rounds--)
        {
            int border = Partition(numbers);
            if (index < border)
            {
                numbers = numbers[..border];
            }
            else
            {
                numbers = numbers[border..];
                index -= border;
            }
        }

        numbers.Sort();
        return numbers[index];
    }

    /// <summary>Moves smaller numbers to the front.</summary>
    /// <returns>Where the larger ones begin. The middle of three is neither the first nor the last, so neither side is empty.</returns>
    private static int Partition(Span<ulong> numbers)
    {
        ulong pivot = MiddleOf(numbers[0], numbers[numbers.Length / 2], numbers[^1]);
        int low = -1;
        int high = numbers.Length;
        while (true)
        {
            while (numbers[++low] < pivot)
            {
            }

            while (numbers[--high] > pivot)
            {
            }

            if (low >= high)
            {
                return low;
            }

            (numbers[low], numbers[high]) = (numbers[high], numbers[low]);
        }
    }

    private static ulong MiddleOf(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
