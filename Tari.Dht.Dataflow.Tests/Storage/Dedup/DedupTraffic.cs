using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>Keys, senders and hits by number.</summary>
internal static class DedupTraffic
{
    public static byte[] Key(int number)
    {
        byte[] key = new byte[PaddedKey.MaxLength];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(28), unchecked(number * -1640531527));
        return key;
    }

    public static CommsPublicKey Sender(int number)
    {
        Span<byte> bytes = stackalloc byte[CommsPublicKey.Length];
        bytes.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return new CommsPublicKey(bytes);
    }

    public static uint Hit(this DedupCache cache, int key, bool isSigned = true, ulong? expires = null) =>
        cache.RecordHit(Key(key), Sender(key), expires, isSigned);

    public static uint HitCount(this DedupCache cache, int key) => cache.GetHitCount(Key(key));

    /// <summary>A header's expiry some time from now.</summary>
    public static ulong ExpiresIn(this TimeProvider time, TimeSpan span) => (ulong)(time.GetUtcNow() + span).ToUnixTimeSeconds();
}
