using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Reads values of untrusted JSON without exceptions, and writes bytes as the files of the network have them.</summary>
internal static class JsonValues
{
    /// <summary>The member of an object; false if it has none of that name, or is no object.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The member's value; of several the last.</param>
    public static bool TryGetMember(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        if (element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        try
        {
            return element.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            // Another member's name is half a surrogate pair, on which the search fails as a whole.
            return false;
        }
    }

    /// <summary>The name of a member; false if it is half a surrogate pair.</summary>
    /// <param name="property">A member of untrusted JSON.</param>
    /// <param name="name">The name.</param>
    public static bool TryGetName(this JsonProperty property, [NotNullWhen(true)] out string? name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = null;
            return false;
        }
    }

    /// <summary>Writes bytes as lower case hexadecimal text.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="name">The member's name.</param>
    /// <param name="bytes">At most 32 bytes.</param>
    public static void WriteHex(this Utf8JsonWriter writer, string name, ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = stackalloc byte[2 * CommsPublicKey.Length];
        _ = Convert.TryToHexStringLower(bytes, digits, out int written);
        writer.WriteString(name, digits[..written]);
    }

    /// <summary>Reads hexadecimal text: either case, white space around it, perhaps a leading <c>0x</c>.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="bytes">As many bytes as the text has to have; undefined on failure.</param>
    public static bool TryReadHex(this JsonElement element, Span<byte> bytes)
    {
        if (element.ValueKind != JsonValueKind.String || !element.TryGetText(out string? text))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.StartsWith("0x", StringComparison.Ordinal))
        {
            digits = digits[2..];
        }

        return digits.Length == 2 * bytes.Length
            && Convert.FromHexString(digits, bytes, out _, out int written) == OperationStatus.Done
            && written == bytes.Length;
    }

    /// <summary>The text of a JSON string; false for any other value, and for one whose escapes are no text.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="text">The text.</param>
    public static bool TryGetText(this JsonElement element, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = element.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8: well formed JSON, and no text.
            return false;
        }

        return text is not null;
    }
}
