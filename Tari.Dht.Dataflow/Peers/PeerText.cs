using System.Text;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Text from elsewhere, made fit for a line of a log.</summary>
public static class PeerText
{
    /// <summary>UTF-8 bytes of a stored ban's reason.</summary>
    public const int MaxReasonBytes = 256;

    /// <summary>
    /// Removes control characters, line and paragraph separators, and format characters that hide or reorder text; then ends before the
    /// first character that would pass the limit.
    /// </summary>
    /// <param name="text">The text. Half a surrogate pair becomes U+FFFD, which is what it would be in UTF-8.</param>
    /// <param name="maxBytes">The limit in UTF-8 bytes, not negative.</param>
    /// <returns>The text itself when nothing is to be done.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static string Sanitize(string text, int maxBytes = MaxReasonBytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        int clean = CleanLength(text, maxBytes, out long bytes);
        if (clean == text.Length)
        {
            return text;
        }

        StringBuilder kept = new StringBuilder().Append(text, 0, clean);
        foreach (Rune rune in text.AsSpan(clean).EnumerateRunes())
        {
            if (IsUnfit(rune))
            {
                continue;
            }

            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.ToString();
    }

    /// <summary>Whether a character is removed: one that moves the cursor, breaks the line, or hides or reorders its neighbours.</summary>
    internal static bool IsUnfit(Rune rune) =>
        Rune.IsControl(rune)
        || rune.Value is 0x00AD
            or (>= 0x0600 and <= 0x0605) or 0x061C or 0x06DD or 0x070F or 0x0890 or 0x0891 or 0x08E2
            or 0x180E
            or (>= 0x200B and <= 0x200F) or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x2064) or (>= 0x2066 and <= 0x206F)
            or 0xFEFF or (>= 0xFFF9 and <= 0xFFFB)
            or 0x110BD or 0x110CD
            or (>= 0x13430 and <= 0x1343F)
            or (>= 0x1BCA0 and <= 0x1BCA3)
            or (>= 0x1D173 and <= 0x1D17A)
            or 0xE0001 or (>= 0xE0020 and <= 0xE007F);

    // Characters at the start that stay as they are: all of them in nearly every text.
    private static int CleanLength(string text, int maxBytes, out long bytes)
    {
        bytes = 0;
        int length = 0;
        while (length < text.Length
            && Rune.TryGetRuneAt(text, length, out Rune rune)
            && !IsUnfit(rune)
            && bytes + rune.Utf8SequenceLength <= maxBytes)
        {
            bytes += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return length;
    }
}
