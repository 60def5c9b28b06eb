using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>A source of chances that takes 8 bytes: SplitMix64. For simulations and for drawing peers, not for keys.</summary>
internal struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A source for what happens between two nodes.</summary>
    public static SeededRandom Of(ulong seed, in NodeId from, in NodeId to, long number)
    {
        var random = new SeededRandom(seed);
        Mix(ref random, from);
        Mix(ref random, to);
        random._state ^= (ulong)number;
        random.Next();
        return random;
    }

    public ulong Next()
    {
        ulong value = _state += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// <summary>At least 0 and below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>At least 0 and below a bound.</summary>
    public int Next(int bound) => (int)(((UInt128)Next() * (uint)bound) >> 64);

    /// <summary>Whether something of a probability happens. Draws nothing for what never does.</summary>
    public bool Happens(double probability) => probability > 0 && NextDouble() < probability;

    private static void Mix(ref SeededRandom random, in NodeId id)
    {
        foreach (byte value in id.Bytes)
        {
            random._state = (random._state ^ value) * 0x100000001b3;
        }

        random.Next();
    }
}
