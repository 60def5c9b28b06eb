using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>The entries of the duplicate cache: columns in pages, and a hash index over the keys. Not thread safe.</summary>
/// <remarks>
/// <para>
/// Pages and the index grow piece by piece (linear hashing splits one bucket per new entry), so that nothing is ever copied to a larger
/// place and no single call pays for growth. A slot that became free is used again; a table that has reached its size allocates nothing.
/// </para>
/// <para>An entry's slot is its row's number in the file, so it never changes.</para>
/// </remarks>
internal sealed partial class DedupTable
{
    private const int HeadShift = 14;
    private const int HeadSize = 1 << HeadShift;
    private const int HeadMask = HeadSize - 1;
    private const int FirstBuckets = 1024;

    private readonly bool _tracksChanges;
    private readonly PaddedKey _seed;

    /// <summary>Head of each bucket: slot plus one, 0 if it is empty.</summary>
    private readonly int[][] _heads;

    private DedupPage?[] _pages;
    private int _bucketCount = FirstBuckets;

    /// <summary>The largest power of two up to <see cref="_bucketCount"/>, minus one.</summary>
    private uint _bucketMask = FirstBuckets - 1;

    /// <summary>The first free slot plus one.</summary>
    private int _free;

    private long _lastStoredAt;

    /// <param name="maxEntries">Entries that will never be exceeded once <see cref="EndRestore"/> and a trim are done.</param>
    /// <param name="tracksChanges">Remembers which slots changed, for a store.</param>
    public DedupTable(int maxEntries, bool tracksChanges)
    {
        _tracksChanges = tracksChanges;
        Span<byte> seed = stackalloc byte[PaddedKey.MaxLength];
        RandomNumberGenerator.Fill(seed);
        _seed = new PaddedKey(seed);
        _pages = new DedupPage?[PagesFor(maxEntries)];
        _heads = new int[(Math.Max(maxEntries, FirstBuckets) + HeadSize - 1) / HeadSize][];
        _heads[0] = new int[HeadSize];
    }

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>Slots that changed since they were last collected.</summary>
    public int ChangedCount { get; private set; }

    /// <summary>One more than the highest page that may be in use.</summary>
    public int PageCount => _pages.Length;

    /// <summary>Counts a hit. The caller makes room in time: at most the number of entries given to the constructor.</summary>
    /// <returns>Hits of the key including this one: 1 means that the entry is new.</returns>
    public uint Hit(in PaddedKey key, int length, in CommsPublicKey sender, long now, long keepUntil, bool isSigned)
    {
        uint hash = key.Hash(_seed);
        int slot = Find(key, length, hash);
        if (slot < 0)
        {
            Insert(key, length, hash, sender, now, keepUntil, isSigned);
            return 1;
        }

        DedupPage page = _pages[slot >> DedupPage.Shift]!;
        int i = slot & DedupPage.Mask;
        page.Senders[i] = sender;
        page.LastHitAt[i] = now;
        if (keepUntil > page.KeepUntil[i])
        {
            page.KeepUntil[i] = keepUntil;
        }

        // The highest number stands for a failed cache.
        if (page.Hits[i] < IDedupCache.Unavailable - 1)
        {
            page.Hits[i]++;
        }

        MarkChanged(page, i);
        return page.Hits[i];
    }

    /// <summary>Hits of a key, 0 if it is not in the table.</summary>
    public uint GetHits(in PaddedKey key, int length)
    {
        int slot = Find(key, length, key.Hash(_seed));
        return slot < 0 ? 0 : _pages[slot >> DedupPage.Shift]!.Hits[slot & DedupPage.Mask];
    }

    /// <summary>Takes a row of the store into its slot, before the first hit. Of two rows of one key the one stored later stays.</summary>
    /// <remarks>
    /// Two rows come about when an entry was removed, its key came again into another slot, and a crash fell between the two changes.
    /// </remarks>
    /// <returns>False if the row contradicts another one.</returns>
    public bool TryRestore(DedupRowBatch batch, int row)
    {
        int slot = batch.Slots[row];
        ref readonly PaddedKey key = ref batch.Keys[row];
        int length = batch.Flags[row] & DedupPage.LengthMask;
        uint hash = key.Hash(_seed);
        int other = Find(key, length, hash);
        DedupPage page = PageForRestore(slot);
        int i = slot & DedupPage.Mask;
        if (other >= 0)
        {
            long otherStoredAt = _pages[other >> DedupPage.Shift]!.StoredAt[other & DedupPage.Mask];
            if (otherStoredAt == batch.StoredAt[row])
            {
                return false;
            }

            if (otherStoredAt > batch.StoredAt[row])
            {
                MarkChanged(page, i);
                return true;
            }

            Unlink(other);
            Clear(other);
        }

        page.Keys[i] = key;
        page.Senders[i] = batch.Senders[row];
        page.Hits[i] = batch.Hits[row];
        page.StoredAt[i] = batch.StoredAt[row];
        page.LastHitAt[i] = batch.LastHitAt[row];
        page.KeepUntil[i] = batch.KeepUntil[row];
        page.Hashes[i] = hash;
        page.Flags[i] = batch.Flags[row];
        _lastStoredAt = Math.Max(_lastStoredAt, batch.StoredAt[row]);
        Enter(slot, page, i);
        return true;
    }

    /// <summary>Ends the restoring: every slot without a row is free.</summary>
    public void EndRestore() => Rebuild();

    /// <summary>Copies the changed rows of a page, and counts them as handed over until <see cref="Settle"/>.</summary>
    public void CollectChanged(int pageIndex, DedupRowBatch batch)
    {
        batch.Count = 0;
        if (_pages[pageIndex] is not { ChangedCount: > 0 } page)
        {
            return;
        }

        for (int word = 0; word < page.Changed.Length; word++)
        {
            ulong bits = page.Changed[word];
            page.InFlight[word] = bits;
            page.Changed[word] = 0;
            for (; bits != 0; bits &= bits - 1)
            {
                int i = (word * 64) + BitOperations.TrailingZeroCount(bits);
                int row = batch.Count++;
                batch.Slots[row] = (pageIndex << DedupPage.Shift) + i;
                batch.Flags[row] = page.Flags[i];
                batch.Keys[row] = page.Keys[i];
                batch.Senders[row] = page.Senders[i];
                batch.Hits[row] = page.Hits[i];
                batch.StoredAt[row] = page.StoredAt[i];
                batch.LastHitAt[row] = page.LastHitAt[i];
                batch.KeepUntil[row] = page.KeepUntil[i];
            }
        }

        ChangedCount -= page.ChangedCount;
        page.ChangedCount = 0;
    }

    /// <summary>Ends what <see cref="CollectChanged"/> began: rows that were not written count as changed again.</summary>
    public void Settle(bool written)
    {
        foreach (DedupPage? page in _pages)
        {
            if (page is null)
            {
                continue;
            }

            for (int word = 0; word < page.InFlight.Length; word++)
            {
                if (!written)
                {
                    int added = BitOperations.PopCount(page.InFlight[word] & ~page.Changed[word]);
                    page.Changed[word] |= page.InFlight[word];
                    page.ChangedCount += added;
                    ChangedCount += added;
                }

                page.InFlight[word] = 0;
            }
        }
    }

    private static int PagesFor(int entries) => (entries + DedupPage.Size - 1) >> DedupPage.Shift;

    private void Insert(
        in PaddedKey key, int length, uint hash, in CommsPublicKey sender, long now, long keepUntil, bool isSigned)
    {
        int slot = TakeFreeSlot();
        DedupPage page = _pages[slot >> DedupPage.Shift]!;
        int i = slot & DedupPage.Mask;
        _lastStoredAt = Math.Max(now, _lastStoredAt + 1);
        page.Keys[i] = key;
        page.Senders[i] = sender;
        page.Hits[i] = 1;
        page.StoredAt[i] = _lastStoredAt;
        page.LastHitAt[i] = now;
        page.KeepUntil[i] = keepUntil;
        page.Hashes[i] = hash;
        page.Flags[i] = (byte)(DedupPage.Live | (isSigned ? DedupPage.Signed : 0) | length);
        MarkChanged(page, i);
        Enter(slot, page, i);
    }

    private int Find(in PaddedKey key, int length, uint hash)
    {
        for (int next = Head(Bucket(hash)); next != 0;)
        {
            int slot = next - 1;
            DedupPage page = _pages[slot >> DedupPage.Shift]!;
            int i = slot & DedupPage.Mask;
            if (page.Hashes[i] == hash && (page.Flags[i] & DedupPage.LengthMask) == length && PaddedKey.PaddedEquals(page.Keys[i], key))
            {
                return slot;
            }

            next = page.Next[i];
        }

        return -1;
    }

    private uint Bucket(uint hash)
    {
        uint bucket = hash & ((_bucketMask << 1) | 1);
        return bucket < (uint)_bucketCount ? bucket : bucket & _bucketMask;
    }

    private ref int Head(uint bucket) => ref _heads[bucket >> HeadShift][bucket & HeadMask];

    private void Link(int slot, uint hash)
    {
        ref int head = ref Head(Bucket(hash));
        NextOf(slot) = head;
        head = slot + 1;
    }

    /// <summary>Counts and indexes an entry whose columns are set.</summary>
    private void Enter(int slot, DedupPage page, int i)
    {
        Count++;
        if ((page.Flags[i] & DedupPage.Signed) == 0)
        {
            _unsignedCount++;
        }

        _earliestKeepUntil = Math.Min(_earliestKeepUntil, page.KeepUntil[i]);
        Link(slot, page.Hashes[i]);

        // A file may hold more entries than this table is made for, until the first trim.
        if (Count > _bucketCount && _bucketCount < _heads.Length * HeadSize)
        {
            SplitBucket();
        }
    }

    private void Unlink(int slot)
    {
        ref int link = ref Head(Bucket(_pages[slot >> DedupPage.Shift]!.Hashes[slot & DedupPage.Mask]));
        while (link != slot + 1)
        {
            Debug.Assert(link != 0, "A live entry is in its bucket.");
            link = ref NextOf(link - 1);
        }

        link = NextOf(slot);
    }

    private ref int NextOf(int slot) => ref _pages[slot >> DedupPage.Shift]!.Next[slot & DedupPage.Mask];

    /// <summary>Adds a bucket and moves to it what belongs there from the one bucket that it halves.</summary>
    private void SplitBucket()
    {
        uint added = (uint)_bucketCount++;
        _heads[added >> HeadShift] ??= new int[HeadSize];
        uint source = added & _bucketMask;
        uint mask = (_bucketMask << 1) | 1;
        ref int link = ref Head(source);
        ref int target = ref Head(added);
        while (link != 0)
        {
            int slot = link - 1;
            DedupPage page = _pages[slot >> DedupPage.Shift]!;
            int i = slot & DedupPage.Mask;
            if ((page.Hashes[i] & mask) == added)
            {
                link = page.Next[i];
                page.Next[i] = target;
                target = slot + 1;
            }
            else
            {
                link = ref page.Next[i];
            }
        }

        if ((uint)_bucketCount == mask + 1)
        {
            _bucketMask = mask;
        }
    }

    private int TakeFreeSlot()
    {
        if (_free == 0)
        {
            AddPage();
        }

        int slot = _free - 1;
        _free = NextOf(slot);
        return slot;
    }

    private void AddPage()
    {
        int pageIndex = Array.IndexOf(_pages, null);
        _pages[pageIndex] = new DedupPage(_tracksChanges);
        FreeUnused(pageIndex);
    }

    private DedupPage PageForRestore(int slot)
    {
        int pageIndex = slot >> DedupPage.Shift;
        if (pageIndex >= _pages.Length)
        {
            Array.Resize(ref _pages, pageIndex + 1);
        }

        return _pages[pageIndex] ??= new DedupPage(_tracksChanges);
    }

    /// <summary>Puts all slots of a page that hold no entry in front of the free ones, the lowest first.</summary>
    private void FreeUnused(int pageIndex)
    {
        DedupPage page = _pages[pageIndex]!;
        for (int i = DedupPage.Size - 1; i >= 0; i--)
        {
            if ((page.Flags[i] & DedupPage.Live) == 0)
            {
                page.Next[i] = _free;
                _free = (pageIndex << DedupPage.Shift) + i + 1;
            }
        }
    }

    /// <summary>Makes the index and the list of free slots anew from the columns.</summary>
    private void Rebuild()
    {
        foreach (int[]? heads in _heads)
        {
            if (heads is not null)
            {
                Array.Clear(heads);
            }
        }

        _free = 0;
        for (int pageIndex = _pages.Length - 1; pageIndex >= 0; pageIndex--)
        {
            if (_pages[pageIndex] is not { } page)
            {
                continue;
            }

            FreeUnused(pageIndex);
            for (int i = 0; i < DedupPage.Size; i++)
            {
                if ((page.Flags[i] & DedupPage.Live) != 0)
                {
                    Link((pageIndex << DedupPage.Shift) + i, page.Hashes[i]);
                }
            }
        }
    }

    /// <summary>Empties a slot that is in no bucket any more.</summary>
    private void Clear(int slot)
    {
        DedupPage page = _pages[slot >> DedupPage.Shift]!;
        int i = slot & DedupPage.Mask;
        if ((page.Flags[i] & DedupPage.Signed) == 0)
        {
            _unsignedCount--;
        }

        page.Flags[i] = 0;
        MarkChanged(page, i);
        Count--;
    }

    private void MarkChanged(DedupPage page, int i)
    {
        if (!_tracksChanges)
        {
            return;
        }

        ref ulong word = ref page.Changed[i >> 6];
        ulong bit = 1UL << (i & 63);
        if ((word & bit) == 0)
        {
            word |= bit;
            page.ChangedCount++;
            ChangedCount++;
        }
    }
}
