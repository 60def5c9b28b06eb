namespace Tari.Dht.Dataflow.Peers;

/// <summary>The forms of a peer's flags as number and text.</summary>
public static class PeerFlagsExtensions
{
    private static readonly FlagName[] s_names = [new("NONE", 0), new("SEED", (uint)PeerFlags.Seed)];

    /// <summary>Whether every bit has a meaning.</summary>
    /// <param name="flags">The flags.</param>
    public static bool IsDefined(this PeerFlags flags) => (flags & ~PeerFlags.Seed) == 0;

    /// <summary>The flags that bits stand for.</summary>
    /// <param name="bits">Untrusted bits.</param>
    /// <param name="flags">The flags; none when the answer is false.</param>
    /// <returns>False when a bit has no meaning.</returns>
    public static bool TryFromBits(uint bits, out PeerFlags flags)
    {
        bool defined = (bits & ~(uint)PeerFlags.Seed) == 0;
        flags = defined ? (PeerFlags)bits : default;
        return defined;
    }

    /// <summary>The flags as JSON has them: their names joined by <c> | </c>, and empty for none.</summary>
    /// <param name="flags">The flags. Bits without a meaning follow as a hexadecimal number.</param>
    public static string ToText(this PeerFlags flags) => FlagText.Format((uint)flags, s_names);

    /// <summary>Reads flags from the text that JSON has for them.</summary>
    /// <param name="text">Untrusted text: names, and hexadecimal numbers after <c>0x</c>, joined by <c>|</c>; spaces do not count.</param>
    /// <param name="flags">The flags, bits without a meaning included: see <see cref="IsDefined"/>; none when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out PeerFlags flags)
    {
        bool read = FlagText.TryParse(text, s_names, byte.MaxValue, out uint bits);
        flags = (PeerFlags)bits;
        return read;
    }
}
