using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>
/// Identity signatures that verified lately, for the whole process, so that a claim that comes from many peers is verified once.
/// </summary>
/// <remarks>
/// <para>
/// Whether a signature verifies depends on nothing but its challenge, which covers the key, the nonce and the claim, and its scalar; a good
/// one stays good. Only good ones are remembered: 4096 of them, in sets of four of which the oldest makes room. That takes 256 kB. Whoever
/// fills it has to make as many good signatures, each of which costs this process what it would cost without.
/// </para>
/// <para>Thread safe. Allocates nothing after its first use.</para>
/// </remarks>
internal static class VerifiedSignatures
{
    private const int Ways = 4;
    private const int Sets = 1024;
    private const int LockCount = 64;

    // An empty place is all zeros, and so is no digest that anybody has found.
    private static readonly Entry[] s_entries = new Entry[Sets * Ways];
    private static readonly byte[] s_oldest = new byte[Sets];
    private static readonly Lock[] s_locks = CreateLocks();

    /// <summary>Whether a signature is known to be good.</summary>
    /// <param name="challenge">The challenge before its reduction, 64 bytes.</param>
    /// <param name="scalar">The scalar, 32 bytes.</param>
    public static bool Contains(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> scalar)
    {
        var entry = new Entry(challenge, scalar);
        int set = entry.Set;
        lock (s_locks[set % LockCount])
        {
            return s_entries.AsSpan(set * Ways, Ways).Contains(entry);
        }
    }

    /// <summary>Remembers a signature that verified.</summary>
    /// <param name="challenge">The challenge before its reduction, 64 bytes.</param>
    /// <param name="scalar">The scalar, 32 bytes.</param>
    public static void Add(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> scalar)
    {
        var entry = new Entry(challenge, scalar);
        int set = entry.Set;
        lock (s_locks[set % LockCount])
        {
            Span<Entry> ways = s_entries.AsSpan(set * Ways, Ways);
            if (!ways.Contains(entry))
            {
                ways[s_oldest[set]] = entry;
                s_oldest[set] = (byte)((s_oldest[set] + 1) % Ways);
            }
        }
    }

    private static Lock[] CreateLocks()
    {
        var locks = new Lock[LockCount];
        for (int i = 0; i < locks.Length; i++)
        {
            locks[i] = new Lock();
        }

        return locks;
    }

    /// <summary>Half of the challenge, which is a digest, and the scalar.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Entry : IEquatable<Entry>
    {
        private readonly UInt128 _challengeLow;
        private readonly UInt128 _challengeHigh;
        private readonly UInt128 _scalarLow;
        private readonly UInt128 _scalarHigh;

        public Entry(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> scalar)
        {
            _challengeLow = MemoryMarshal.Read<UInt128>(challenge);
            _challengeHigh = MemoryMarshal.Read<UInt128>(challenge[16..]);
            _scalarLow = MemoryMarshal.Read<UInt128>(scalar);
            _scalarHigh = MemoryMarshal.Read<UInt128>(scalar[16..]);
        }

        public int Set => (int)((ulong)_challengeLow % Sets);

        public bool Equals(Entry other) =>
            _challengeLow == other._challengeLow
            && _challengeHigh == other._challengeHigh
            && _scalarLow == other._scalarLow
            && _scalarHigh == other._scalarHigh;

        public override bool Equals(object? obj) => obj is Entry other && Equals(other);

        public override int GetHashCode() => _challengeLow.GetHashCode();
    }
}
