using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>Rows on their way to or from a store, at most a page of them. Made once and used again.</summary>
internal sealed class DedupRowBatch
{
    public const int Capacity = DedupPage.Size;

    public readonly int[] Slots = new int[Capacity];
    public readonly PaddedKey[] Keys = new PaddedKey[Capacity];
    public readonly CommsPublicKey[] Senders = new CommsPublicKey[Capacity];
    public readonly uint[] Hits = new uint[Capacity];
    public readonly long[] StoredAt = new long[Capacity];
    public readonly long[] LastHitAt = new long[Capacity];
    public readonly long[] KeepUntil = new long[Capacity];

    /// <summary>As <see cref="DedupPage.Flags"/>; a row that is not live is one to delete, and only its slot counts.</summary>
    public readonly byte[] Flags = new byte[Capacity];

    /// <summary>Rows in use.</summary>
    public int Count { get; set; }
}
