using System.Globalization;
using System.Text;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Rpc;

namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>Makes a status of what a server says about a failure.</summary>
/// <remarks>Stateless, thread safe. However long the text is, only a bounded part of it is looked at.</remarks>
internal static class RpcStatusReader
{
    /// <summary>The bytes of a server's text that are kept.</summary>
    public const int MaxDetailBytes = 512;

    /// <summary>The status of a response.</summary>
    /// <param name="response">The response. What it carries is a text if its status is an error.</param>
    public static RpcStatus Read(in RpcResponseMessage response) =>
        response.Status == 0
            ? RpcStatus.Ok
            : new RpcStatus((RpcStatusCode)unchecked((int)response.Status), Clean(response.Payload.Span));

    // One line that shows all it has: a control character is a space, one that hides or reorders others is not there. What is no UTF-8
    // becomes U+FFFD, also half a character at the cut.
    private static string Clean(ReadOnlySpan<byte> text)
    {
        // No byte is worth more than one char.
        Span<char> clean = stackalloc char[MaxDetailBytes];
        int length = 0;
        ReadOnlySpan<byte> rest = text[..Math.Min(text.Length, MaxDetailBytes)];
        while (!rest.IsEmpty)
        {
            Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed);
            rest = rest[consumed..];
            if (Rune.IsControl(rune))
            {
                clean[length++] = ' ';
            }
            else if (!PeerText.IsUnfit(rune))
            {
                length += rune.EncodeToUtf16(clean[length..]);
            }
        }

        clean = clean[..length];
        return text.Length <= MaxDetailBytes
            ? new string(clean)
            : string.Create(CultureInfo.InvariantCulture, $"{clean}… (truncated, {text.Length} bytes)");
    }
}
