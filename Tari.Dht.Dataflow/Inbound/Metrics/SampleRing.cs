namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>The newest time stamps of a series, in the order they came; the oldest make room.</summary>
/// <remarks>
/// Grows with its samples, in pages that stay off the large object heap. Not thread safe.
/// </remarks>
internal sealed class SampleRing
{
    private const int PageLength = 1024;

    private readonly int _capacity;
    private readonly List<long[]> _pages = [];
    private int _start;

    public SampleRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
    }

    public int Count { get; private set; }

    /// <summary>Samples for which memory is held now.</summary>
    public int Allocated => _pages.Count == 0 ? 0 : ((_pages.Count - 1) * PageLength) + _pages[^1].Length;

    public long Newest => this[Count - 1];

    private long this[int index] => At((_start + index) % _capacity);

    public void Add(long timestamp)
    {
        if (Count == _capacity)
        {
            At(_start) = timestamp;
            _start = (_start + 1) % _capacity;
            return;
        }

        EnsureAllocated(Count + 1);
        At(Count++) = timestamp;
    }

    /// <summary>Samples at or after <paramref name="since"/>; samples are counted from the newest back to the first older one.</summary>
    public int CountSince(long since)
    {
        int count = 0;
        while (count < Count && this[Count - 1 - count] >= since)
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether <see cref="CountSince"/> is above a count, zero or more; looks at one sample only.</summary>
    public bool HasMoreSince(long since, int count) => Count > count && this[Count - 1 - count] >= since;

    public long[] ToArray()
    {
        long[] samples = new long[Count];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = this[i];
        }

        return samples;
    }

    private ref long At(int position) => ref _pages[position / PageLength][position % PageLength];

    private void EnsureAllocated(int count)
    {
        int allocated = Allocated;
        if (count <= allocated)
        {
            return;
        }

        int inLastPage = allocated % PageLength;
        if (allocated == 0 || inLastPage == 0)
        {
            _pages.Add(new long[Math.Min(16, _capacity - allocated)]);
            return;
        }

        long[] page = _pages[^1];
        int room = _capacity - ((_pages.Count - 1) * PageLength);
        Array.Resize(ref page, Math.Min(Math.Min(inLastPage * 4, PageLength), room));
        _pages[^1] = page;
    }
}
