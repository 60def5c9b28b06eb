using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>An own identity as the JSON of the network's nodes, with the secret key in the clear.</summary>
/// <remarks>The secret never becomes a string, and what it passes through is zeroed. Stateless, thread safe.</remarks>
internal static class NodeIdentityJson
{
    public const string NodeIdMember = "node_id";
    public const string PublicKeyMember = "public_key";
    public const string FeaturesMember = "features";
    public const string SecretKeyMember = "secret_key";
    public const string AddressesMember = "public_addresses";
    public const string SignatureMember = "identity_signature";

    // White space and escapes around the digits included.
    private const int MaxSecretText = 512;

    // Addresses have no markup to guard against; other programs read the text as it is.
    private static readonly JsonWriterOptions s_writerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions s_documentOptions = new() { AllowDuplicateProperties = false };

    /// <summary>Writes an identity as of one moment.</summary>
    /// <param name="identity">The identity.</param>
    /// <param name="destination">Where to; the caller's to zero.</param>
    /// <exception cref="ObjectDisposedException">The identity was disposed of.</exception>
    public static void Write(NodeIdentity identity, IBufferWriter<byte> destination)
    {
        PeerIdentityClaim claim = identity.Claim;
        Span<byte> secret = stackalloc byte[CommsSecretKey.Length];
        Span<byte> digits = stackalloc byte[CommsSecretKey.Length * 2];
        try
        {
            identity.SecretKey.ExportTo(secret);
            _ = Convert.TryToHexStringLower(secret, digits, out _);

            using var writer = new Utf8JsonWriter(destination, s_writerOptions);
            writer.WriteStartObject();
            writer.WriteHex(NodeIdMember, identity.NodeId.Bytes);
            writer.WriteHex(PublicKeyMember, identity.PublicKey.Bytes);
            writer.WriteString(FeaturesMember, claim.Features.ToText());
            writer.WriteString(SecretKeyMember, digits);
            writer.WriteStartArray(AddressesMember);
            foreach (Multiaddr address in claim.Addresses)
            {
                writer.WriteStringValue(address.ToString());
            }

            writer.WriteEndArray();
            writer.WritePropertyName(SignatureMember);
            IdentitySignatureJson.Write(writer, claim.Signature);
            writer.WriteEndObject();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(digits);
        }
    }

    /// <summary>Reads an identity; id and public key have to belong to the secret.</summary>
    /// <param name="json">Untrusted bytes, not copied; the caller's to zero.</param>
    /// <param name="timeProvider">The clock that dates signatures, and by which the signature is looked at.</param>
    /// <param name="identity">The identity, the caller's; null when there is a fault.</param>
    /// <param name="isSignedAnew">The signature was missing, or one that peers would refuse, and was made anew.</param>
    /// <returns>What is wrong; null when all is well.</returns>
    public static NodeIdentityFault? TryRead(
        ReadOnlyMemory<byte> json, TimeProvider timeProvider, out NodeIdentity? identity, out bool isSignedAnew)
    {
        identity = null;
        isSignedAnew = false;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, s_documentOptions);
        }
        catch (JsonException exception)
        {
            // The text of the exception may quote the file.
            return NodeIdentityFault.NotJson(exception.LineNumber is { } line ? $"is not JSON: see line {line + 1}" : "is not JSON");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, on which the search for a second member of the name fails.
            return NodeIdentityFault.NotJson("has a member whose name is no text");
        }

        using (document)
        {
            return TryRead(document.RootElement, timeProvider, out identity, out isSignedAnew);
        }
    }

    private static NodeIdentityFault? TryRead(
        JsonElement root, TimeProvider timeProvider, out NodeIdentity? identity, out bool isSignedAnew)
    {
        identity = null;
        isSignedAnew = false;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return NodeIdentityFault.NotJson("is not a JSON object");
        }

        foreach (string member in (ReadOnlySpan<string>)[NodeIdMember, PublicKeyMember, FeaturesMember, SecretKeyMember, AddressesMember])
        {
            if (!root.TryGetMember(member, out _))
            {
                return NodeIdentityFault.Missing(member);
            }
        }

        if (!TryGetText(root, NodeIdMember, out string? text) || !NodeId.TryParse(text, out NodeId id))
        {
            return NodeIdentityFault.BadValue(NodeIdMember, "26 hexadecimal digits");
        }

        if (!TryGetText(root, PublicKeyMember, out text) || !CommsPublicKey.TryParse(text, out CommsPublicKey publicKey))
        {
            return NodeIdentityFault.BadValue(PublicKeyMember, "64 hexadecimal digits");
        }

        if (!TryGetText(root, FeaturesMember, out text)
            || !PeerFeaturesExtensions.TryParse(text, out PeerFeatures features)
            || !features.IsDefined())
        {
            return NodeIdentityFault.BadValue(FeaturesMember, "a list of features");
        }

        if (TryReadAddresses(root, out Multiaddr[] addresses) is { } addressFault)
        {
            return addressFault;
        }

        IdentitySignature? signature = null;
        if (root.TryGetMember(SignatureMember, out JsonElement element) && element.ValueKind != JsonValueKind.Null)
        {
            if (!IdentitySignatureJson.TryRead(element, out IdentitySignature read, out string? part))
            {
                string member = part.Length == 0 ? SignatureMember : $"{SignatureMember}.{part}";
                return NodeIdentityFault.BadValue(member, "as a signature has it");
            }

            signature = read;
        }

        CommsSecretKey? secretKey = null;
        try
        {
            if (!TryReadSecret(root, out secretKey))
            {
                return NodeIdentityFault.BadValue(SecretKeyMember, "64 hexadecimal digits of a secret key");
            }

            if (secretKey.PublicKey != publicKey)
            {
                return NodeIdentityFault.Mismatch(PublicKeyMember);
            }

            if (NodeId.FromPublicKey(publicKey) != id)
            {
                return NodeIdentityFault.Mismatch(NodeIdMember);
            }

            identity = new NodeIdentity(secretKey, addresses, features, signature, timeProvider);
            isSignedAnew = signature is not { } stored || identity.Signature != stored;
            return null;
        }
        finally
        {
            if (identity is null)
            {
                secretKey?.Dispose();
            }
        }
    }

    private static bool TryGetText(JsonElement root, string member, [NotNullWhen(true)] out string? text)
    {
        text = null;
        return root.TryGetMember(member, out JsonElement element) && element.TryGetText(out text);
    }

    private static NodeIdentityFault? TryReadAddresses(JsonElement root, out Multiaddr[] addresses)
    {
        addresses = [];
        if (!root.TryGetMember(AddressesMember, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
        {
            return NodeIdentityFault.BadValue(AddressesMember, "an array");
        }

        addresses = new Multiaddr[array.GetArrayLength()];
        int index = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (!element.TryGetText(out string? text)
                || Multiaddr.TryParse(text, out Multiaddr address) != MultiaddrError.None
                || !address.TextReadsBack)
            {
                return NodeIdentityFault.BadValue($"{AddressesMember}[{index}]", "an address");
            }

            addresses[index++] = address;
        }

        return null;
    }

    private static bool TryReadSecret(JsonElement root, [NotNullWhen(true)] out CommsSecretKey? key)
    {
        key = null;
        if (!root.TryGetMember(SecretKeyMember, out JsonElement element) || element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        ReadOnlySpan<byte> quoted = JsonMarshal.GetRawUtf8Value(element);
        if (quoted.Length > MaxSecretText)
        {
            return false;
        }

        Span<byte> text = stackalloc byte[MaxSecretText];
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            int length = reader.CopyString(text);
            return CommsSecretKey.TryFromHex(text[..length], out key) == KeyFormatError.None && key is not null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8.
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
