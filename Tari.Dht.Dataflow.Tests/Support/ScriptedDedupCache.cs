using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A duplicate cache that answers what a test tells it to and remembers what it was asked.</summary>
internal sealed class ScriptedDedupCache : IDedupCache
{
    private readonly Lock _lock = new();
    private readonly List<Hit> _hits = [];

    /// <summary>The answer to every hit; null counts.</summary>
    public uint? Answer { get; set; }

    public IReadOnlyList<Hit> Hits
    {
        get
        {
            lock (_lock)
            {
                return [.. _hits];
            }
        }
    }

    public uint RecordHit(ReadOnlySpan<byte> key, in CommsPublicKey receivedFrom, ulong? expires, bool isSigned)
    {
        lock (_lock)
        {
            _hits.Add(new Hit(Convert.ToHexStringLower(key), receivedFrom, expires, isSigned));
            return Answer ?? CountOf(key);
        }
    }

    public uint GetHitCount(ReadOnlySpan<byte> key)
    {
        lock (_lock)
        {
            return CountOf(key);
        }
    }

    public int Trim() => 0;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private uint CountOf(ReadOnlySpan<byte> key)
    {
        string hex = Convert.ToHexStringLower(key);
        return (uint)_hits.Count(hit => hit.Key == hex);
    }

    internal readonly record struct Hit(string Key, CommsPublicKey ReceivedFrom, ulong? Expires, bool IsSigned);
}
