using System.CommandLine.Parsing;
using System.Globalization;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>How long a ban lasts, as a text: <c>forever</c>, or a number with <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c> or <c>w</c>.</summary>
internal static class BanDuration
{
    private const string Forever = "forever";

    /// <summary>Reads an option's value as seconds.</summary>
    public static ulong Parse(ArgumentResult result)
    {
        string text = result.Tokens is [{ Value: var value }] ? value : "";
        if (TryParse(text, out ulong seconds))
        {
            return seconds;
        }

        result.AddError($"'{text}' is no duration: write '{Forever}', or a number and s, m, h, d or w, such as 2h.");
        return 0;
    }

    /// <summary>Reads a text as seconds; those of a duration without end are more than any calendar has.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong seconds)
    {
        seconds = 0;
        if (text.SequenceEqual(Forever))
        {
            seconds = ulong.MaxValue;
            return true;
        }

        if (text.Length < 2 || !uint.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out uint count))
        {
            return false;
        }

        uint unit = text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            'w' => 7 * 24 * 60 * 60,
            _ => 0,
        };
        seconds = (ulong)count * unit;
        return seconds > 0;
    }
}
