namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Bytes as text whose first character names the base.</summary>
internal static class Multibase
{
    /// <summary>What stands before base 64 for URLs, the base that is written.</summary>
    public const byte Base64UrlPrefix = (byte)'u';

    private static readonly BaseEncoding s_base2 = new("01"u8);
    private static readonly BaseEncoding s_base8 = new("01234567"u8);
    private static readonly BaseEncoding s_base16Lower = new("0123456789abcdef"u8);
    private static readonly BaseEncoding s_base16Upper = new("0123456789ABCDEF"u8);
    private static readonly BaseEncoding s_base32LowerPadded = new("abcdefghijklmnopqrstuvwxyz234567"u8, padded: true);
    private static readonly BaseEncoding s_base32UpperPadded =
        new("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"u8, padded: true);
    private static readonly BaseEncoding s_base32HexLower = new("0123456789abcdefghijklmnopqrstuv"u8);
    private static readonly BaseEncoding s_base32HexUpper = new("0123456789ABCDEFGHIJKLMNOPQRSTUV"u8);
    private static readonly BaseEncoding s_base32HexLowerPadded = new("0123456789abcdefghijklmnopqrstuv"u8, padded: true);
    private static readonly BaseEncoding s_base32HexUpperPadded = new("0123456789ABCDEFGHIJKLMNOPQRSTUV"u8, padded: true);
    private static readonly BaseEncoding s_base32Z = new("ybndrfg8ejkmcpqxot1uwisza345h769"u8);
    private static readonly BaseEncoding s_base64Padded =
        new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8, padded: true);
    private static readonly BaseEncoding s_base64UrlPadded =
        new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8, padded: true);
    private static readonly PositionalEncoding s_base10 = new("0123456789"u8);
    private static readonly PositionalEncoding s_base36Lower = new("0123456789abcdefghijklmnopqrstuvwxyz"u8);
    private static readonly PositionalEncoding s_base36Upper = new("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);
    private static readonly PositionalEncoding s_base58Flickr = new("123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"u8);

    /// <summary>Reads untrusted text in UTF-8.</summary>
    /// <param name="text">The text with its prefix.</param>
    /// <param name="destination">Room for the bytes; more than fit are an error, which bounds the work.</param>
    /// <param name="length">Bytes read.</param>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int length)
    {
        length = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        ReadOnlySpan<byte> digits = text[1..];
        if (text[0] == 0)
        {
            length = digits.Length;
            return digits.TryCopyTo(destination);
        }

        if (Positional(text[0]) is { } positional)
        {
            return positional.TryDecode(digits, destination, out length);
        }

        // Each byte is eight digits at most, and padding adds less than that.
        if (OfBits(text[0]) is not { } encoding || digits.Length > (8 * destination.Length) + 8 || !encoding.TryUnpad(ref digits))
        {
            return false;
        }

        length = encoding.DecodedLength(digits.Length);
        return length <= destination.Length && encoding.TryDecode(digits, destination[..length]);
    }

    private static PositionalEncoding? Positional(byte prefix) =>
        prefix switch
        {
            (byte)'9' => s_base10,
            (byte)'k' => s_base36Lower,
            (byte)'K' => s_base36Upper,
            (byte)'z' => PositionalEncoding.Base58Btc,
            (byte)'Z' => s_base58Flickr,
            _ => null,
        };

    private static BaseEncoding? OfBits(byte prefix) =>
        prefix switch
        {
            (byte)'0' => s_base2,
            (byte)'7' => s_base8,
            (byte)'f' => s_base16Lower,
            (byte)'F' => s_base16Upper,
            (byte)'b' => BaseEncoding.Base32Lower,
            (byte)'B' => BaseEncoding.Base32Upper,
            (byte)'c' => s_base32LowerPadded,
            (byte)'C' => s_base32UpperPadded,
            (byte)'v' => s_base32HexLower,
            (byte)'V' => s_base32HexUpper,
            (byte)'t' => s_base32HexLowerPadded,
            (byte)'T' => s_base32HexUpperPadded,
            (byte)'h' => s_base32Z,
            (byte)'m' => BaseEncoding.Base64,
            (byte)'M' => s_base64Padded,
            Base64UrlPrefix => BaseEncoding.Base64Url,
            (byte)'U' => s_base64UrlPadded,
            _ => null,
        };
}
