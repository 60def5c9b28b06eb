using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>A real duplicate cache that sees every replayed message for the same, given time.</summary>
/// <remarks>
/// Repetitions, and cases with the same key, must not count for each other. So each receipt gets a key of its own, the message's
/// key with a running number in it, and earlier receipts are entered before the one that counts. Thread safe.
/// </remarks>
internal sealed class ReplayDedupCache : IDedupCache
{
    // Nothing expires while the clock stands still. The cache then keeps ten times as many and forgets the oldest: soon full, as in a node
    // that has run for long, after which it does not allocate.
    private const int Capacity = 1000;

    private readonly DedupCache _cache;
    private readonly uint _occurrence;
    private long _receipts;

    /// <param name="occurrence">The answer to every hit: 1 for messages never seen before.</param>
    /// <param name="clock">The time of all hits.</param>
    public ReplayDedupCache(uint occurrence, TimeProvider clock)
    {
        _occurrence = occurrence;
        _cache = DedupCache.Open(new DedupCacheOptions { Capacity = Capacity, TimeProvider = clock });
    }

    /// <inheritdoc/>
    public uint RecordHit(ReadOnlySpan<byte> key, in CommsPublicKey receivedFrom, ulong? expires, bool isSigned)
    {
        Span<byte> numbered = stackalloc byte[DedupKey.Length];
        key.CopyTo(numbered);
        Span<byte> end = numbered[^sizeof(long)..];
        long number = Interlocked.Increment(ref _receipts);
        BinaryPrimitives.WriteInt64LittleEndian(end, BinaryPrimitives.ReadInt64LittleEndian(end) ^ number);

        // Counted by the answers: between two hits a full cache may forget the first.
        uint hits;
        do
        {
            hits = _cache.RecordHit(numbered, receivedFrom, expires, isSigned);
        }
        while (hits < _occurrence);
        return hits;
    }

    /// <inheritdoc/>
    public uint GetHitCount(ReadOnlySpan<byte> key) => _cache.GetHitCount(key);

    /// <inheritdoc/>
    public int Trim() => _cache.Trim();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cache.DisposeAsync();
}
