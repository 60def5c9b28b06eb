using System.Buffers;
using System.Text;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Keys and ids as hexadecimal text of either case; white space around it and a leading <c>0x</c> do not count.</summary>
internal static class HexText
{
    /// <summary>
    /// Reads exactly as many bytes as fit into <paramref name="destination"/>, which is undefined when the answer is false.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination) =>
        TryDecode(text, destination, out int written) && written == destination.Length;

    /// <summary>
    /// Reads exactly as many bytes as fit into <paramref name="destination"/>, which is undefined when the answer is false.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> utf8Text, Span<byte> destination)
    {
        ReadOnlySpan<byte> digits = Trim(utf8Text);
        if (digits.StartsWith("0x"u8))
        {
            digits = digits[2..];
        }

        return digits.Length == destination.Length * 2
            && Convert.FromHexString(digits, destination, out _, out _) == OperationStatus.Done;
    }

    /// <summary>Reads at most as many bytes as fit into <paramref name="destination"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        ReadOnlySpan<char> digits = text.Trim();
        if (digits.StartsWith("0x"))
        {
            digits = digits[2..];
        }

        return digits.Length % 2 == 0
            && digits.Length <= destination.Length * 2
            && Convert.FromHexString(digits, destination, out _, out written) == OperationStatus.Done;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeFromUtf8(text, out Rune first, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
        {
            text = text[length..];
        }

        while (Rune.DecodeLastFromUtf8(text, out Rune last, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
        {
            text = text[..^length];
        }

        return text;
    }
}
