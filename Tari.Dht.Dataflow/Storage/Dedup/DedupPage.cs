using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>The columns of <see cref="Size"/> neighbouring slots. No array reaches the size of the large object heap.</summary>
internal sealed class DedupPage
{
    public const int Shift = 11;

    /// <summary>Slots of a page; the largest column then has 64 KiB.</summary>
    public const int Size = 1 << Shift;

    public const int Mask = Size - 1;

    /// <summary>In <see cref="Flags"/>: the slot holds an entry.</summary>
    public const byte Live = 0x80;

    /// <summary>In <see cref="Flags"/>: the first hit was signed.</summary>
    public const byte Signed = 0x40;

    /// <summary>In <see cref="Flags"/>: bytes of the key, 0 to 32.</summary>
    public const byte LengthMask = 0x3f;

    public readonly PaddedKey[] Keys = new PaddedKey[Size];
    public readonly CommsPublicKey[] Senders = new CommsPublicKey[Size];
    public readonly uint[] Hits = new uint[Size];

    /// <summary>First hit, made unique: also the order of insertion.</summary>
    public readonly long[] StoredAt = new long[Size];

    public readonly long[] LastHitAt = new long[Size];
    public readonly long[] KeepUntil = new long[Size];
    public readonly uint[] Hashes = new uint[Size];

    /// <summary>The next slot plus one, 0 at the end: of the bucket if the slot is live, else of the free slots.</summary>
    public readonly int[] Next = new int[Size];

    public readonly byte[] Flags = new byte[Size];

    /// <summary>A bit per slot that changed since it was last handed to the writer.</summary>
    public readonly ulong[] Changed;

    /// <summary>A bit per slot that the writer has and has not reported yet.</summary>
    public readonly ulong[] InFlight;

    /// <summary>Bits set in <see cref="Changed"/>.</summary>
    public int ChangedCount;

    public DedupPage(bool tracksChanges)
    {
        Changed = tracksChanges ? new ulong[Size / 64] : [];
        InFlight = tracksChanges ? new ulong[Size / 64] : [];
    }
}
