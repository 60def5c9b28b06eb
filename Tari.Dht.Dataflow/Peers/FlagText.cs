using System.Globalization;
using System.Text;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Sets of flags as the text that JSON has for them: names joined by <c> | </c>.</summary>
internal static class FlagText
{
    /// <summary>Writes the names that add bits, in the order of the names, and the bits without a name as a hexadecimal number.</summary>
    public static string Format(uint bits, ReadOnlySpan<FlagName> names)
    {
        var text = new StringBuilder();
        uint remaining = bits;
        foreach (ref readonly FlagName name in names)
        {
            if ((bits & name.Bits) == name.Bits && (remaining & name.Bits) != 0)
            {
                Append(text, name.Name);
                remaining &= ~name.Bits;
            }
        }

        if (remaining != 0)
        {
            Append(text, string.Create(CultureInfo.InvariantCulture, $"0x{remaining:x}"));
        }

        return text.ToString();

        static void Append(StringBuilder text, string part) => text.Append(text.Length == 0 ? "" : " | ").Append(part);
    }

    /// <summary>Reads names and hexadecimal numbers, whose bits need no name. Empty text is no flag.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="names">The names.</param>
    /// <param name="allBits">The bits that a number can have.</param>
    /// <param name="bits">The bits; 0 when the answer is false.</param>
    public static bool TryParse(ReadOnlySpan<char> text, ReadOnlySpan<FlagName> names, uint allBits, out uint bits)
    {
        bits = 0;
        if (text.IsWhiteSpace())
        {
            return true;
        }

        uint all = 0;
        foreach (Range range in text.Split('|'))
        {
            if (!TryParseOne(text[range].Trim(), names, allBits, out uint one))
            {
                return false;
            }

            all |= one;
        }

        bits = all;
        return true;
    }

    private static bool TryParseOne(ReadOnlySpan<char> part, ReadOnlySpan<FlagName> names, uint allBits, out uint bits)
    {
        if (part.StartsWith("0x"))
        {
            // What parses numbers passes over U+0000 at their end.
            return uint.TryParse(part[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits)
                && bits <= allBits
                && part[^1] != '\0';
        }

        foreach (ref readonly FlagName name in names)
        {
            if (part.SequenceEqual(name.Name))
            {
                bits = name.Bits;
                return true;
            }
        }

        bits = 0;
        return false;
    }
}
