using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Storage.Dedup;

/// <summary>Counts how often each message was seen, within bounded memory.</summary>
/// <remarks>
/// Thread safe. All members answer from memory and never wait for a disk. An implementation that cannot record a hit fails closed:
/// it answers <see cref="Unavailable"/>, which is above every limit, so that the message is discarded as a duplicate.
/// </remarks>
public interface IDedupCache : IAsyncDisposable
{
    /// <summary>The count that stands for a cache that failed.</summary>
    const uint Unavailable = uint.MaxValue;

    /// <summary>Records a hit and counts it.</summary>
    /// <param name="key">The message's dedup key, 0 to 32 bytes.</param>
    /// <param name="receivedFrom">The directly connected peer that delivered the message, or the own key for an own message.</param>
    /// <param name="expires">The header's expiry in seconds since 1970, if it has one.</param>
    /// <param name="isSigned">The header carries a signature; only then is its expiry trusted.</param>
    /// <returns>Hits including this one, or <see cref="Unavailable"/>. Concurrent hits on one key get distinct counts.</returns>
    uint RecordHit(ReadOnlySpan<byte> key, in CommsPublicKey receivedFrom, ulong? expires, bool isSigned);

    /// <summary>Hits of <paramref name="key"/> so far; 0 if it is not in the cache.</summary>
    /// <param name="key">0 to 32 bytes.</param>
    uint GetHitCount(ReadOnlySpan<byte> key);

    /// <summary>Removes expired entries above the capacity, then any above the ceiling.</summary>
    /// <returns>Entries removed; 0 at once when a trim is running, which then makes another pass.</returns>
    int Trim();
}
