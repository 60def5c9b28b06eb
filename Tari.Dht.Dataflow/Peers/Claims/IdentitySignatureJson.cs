using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>An identity signature as JSON: version, nonce and scalar as hexadecimal text, and the date with its nanoseconds.</summary>
/// <remarks>Unknown members are passed over. Stateless, thread safe.</remarks>
internal static class IdentitySignatureJson
{
    private const string Version = "version";
    private const string Signature = "signature";
    private const string PublicNonce = "public_nonce";
    private const string UpdatedAt = "updated_at";

    // As long as a time with many fraction digits may reasonably be; a longer text is none.
    private const int MaxTimeLength = 64;

    /// <summary>Writes a signature as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="signature">The signature.</param>
    public static void Write(Utf8JsonWriter writer, in IdentitySignature signature)
    {
        Span<byte> time = stackalloc byte[Rfc3339.MaxLength];
        int length = Rfc3339.Write(
            Math.Clamp(signature.UpdatedAt, IdentitySignature.MinUpdatedAt, IdentitySignature.MaxUpdatedAt),
            signature.UpdatedAtNanoseconds,
            time);
        writer.WriteStartObject();
        writer.WriteNumber(Version, signature.Version);
        writer.WriteStartObject(Signature);
        writer.WriteHex(PublicNonce, signature.PublicNonce.Bytes);
        writer.WriteHex(Signature, signature.Scalar);
        writer.WriteEndObject();
        writer.WriteString(UpdatedAt, time[..length]);
        writer.WriteEndObject();
    }

    /// <summary>Reads a signature; whether it is right is not asked.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="member">On failure the member at fault, such as <c>signature.public_nonce</c>; empty for the whole value.</param>
    public static bool TryRead(JsonElement element, out IdentitySignature signature, [NotNullWhen(false)] out string? member)
    {
        signature = default;
        if (element.ValueKind != JsonValueKind.Object)
        {
            member = "";
            return false;
        }

        if (!element.TryGetMember(Version, out JsonElement version)
            || version.ValueKind != JsonValueKind.Number
            || !version.TryGetByte(out byte versionNumber))
        {
            member = Version;
            return false;
        }

        if (!element.TryGetMember(Signature, out JsonElement pair) || pair.ValueKind != JsonValueKind.Object)
        {
            member = Signature;
            return false;
        }

        Span<byte> nonce = stackalloc byte[CommsPublicKey.Length];
        Span<byte> scalar = stackalloc byte[RistrettoScalar.Length];
        if (!pair.TryGetMember(PublicNonce, out JsonElement nonceText) || !nonceText.TryReadHex(nonce))
        {
            member = Signature + "." + PublicNonce;
            return false;
        }

        if (!pair.TryGetMember(Signature, out JsonElement scalarText)
            || !scalarText.TryReadHex(scalar)
            || !RistrettoScalar.IsCanonical(scalar))
        {
            member = Signature + "." + Signature;
            return false;
        }

        if (!element.TryGetMember(UpdatedAt, out JsonElement time) || !TryReadTime(time, out long seconds, out int nanoseconds))
        {
            member = UpdatedAt;
            return false;
        }

        signature = new IdentitySignature(versionNumber, new CommsPublicKey(nonce), scalar, seconds, nanoseconds);
        member = null;
        return true;
    }

    private static bool TryReadTime(JsonElement element, out long seconds, out int nanoseconds)
    {
        seconds = 0;
        nanoseconds = 0;
        if (!element.TryGetText(out string? text) || text.Length > MaxTimeLength)
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[MaxTimeLength];
        return Ascii.FromUtf16(text, ascii, out int length) == OperationStatus.Done
            && Rfc3339.TryParse(ascii[..length], out seconds, out nanoseconds);
    }
}
