using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>A claim as JSON: the texts of its addresses, the names of its features, its signature.</summary>
/// <remarks>Unknown members are passed over. Stateless, thread safe.</remarks>
internal static class PeerIdentityClaimJson
{
    private const string Addresses = "addresses";
    private const string Features = "features";
    private const string Signature = "signature";

    /// <summary>Writes a claim as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="claim">The claim.</param>
    /// <returns>
    /// How many addresses were left out because their text would read back as others. If any were, what was written does not verify:
    /// the caller warns.
    /// </returns>
    public static int Write(Utf8JsonWriter writer, PeerIdentityClaim claim)
    {
        int leftOut = 0;
        writer.WriteStartObject();
        writer.WriteStartArray(Addresses);
        foreach (ref readonly Multiaddr address in claim.Addresses.AsSpan())
        {
            if (address.TextReadsBack)
            {
                writer.WriteStringValue(address.ToString());
            }
            else
            {
                leftOut++;
            }
        }

        writer.WriteEndArray();
        writer.WriteString(Features, FeatureNames.Format(claim.Features));
        writer.WritePropertyName(Signature);
        IdentitySignatureJson.Write(writer, claim.Signature);
        writer.WriteEndObject();
        return leftOut;
    }

    /// <summary>Reads a claim; whether its signature is right is not asked.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="claim">The claim; null on failure.</param>
    /// <param name="member">On failure the member at fault, such as <c>signature.updated_at</c>; empty for the whole value.</param>
    public static bool TryRead(
        JsonElement element, [NotNullWhen(true)] out PeerIdentityClaim? claim, [NotNullWhen(false)] out string? member)
    {
        claim = null;
        if (element.ValueKind != JsonValueKind.Object)
        {
            member = "";
            return false;
        }

        if (!element.TryGetMember(Addresses, out JsonElement list) || !TryReadAddresses(list, out ImmutableArray<Multiaddr> addresses))
        {
            member = Addresses;
            return false;
        }

        if (!element.TryGetMember(Features, out JsonElement names)
            || !names.TryGetText(out string? text)
            || !FeatureNames.TryParse(text, out PeerFeatures features))
        {
            member = Features;
            return false;
        }

        if (!element.TryGetMember(Signature, out JsonElement signed))
        {
            member = Signature;
            return false;
        }

        if (!IdentitySignatureJson.TryRead(signed, out IdentitySignature signature, out string? inner))
        {
            member = inner.Length == 0 ? Signature : Signature + "." + inner;
            return false;
        }

        claim = new PeerIdentityClaim(addresses, features, signature);
        member = null;
        return true;
    }

    private static bool TryReadAddresses(JsonElement list, out ImmutableArray<Multiaddr> addresses)
    {
        addresses = [];
        if (list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        var read = new Multiaddr[list.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (!item.TryGetText(out string? text) || Multiaddr.TryParse(text, out read[count++]) != MultiaddrError.None)
            {
                return false;
            }
        }

        addresses = ImmutableCollectionsMarshal.AsImmutableArray(read);
        return true;
    }
}
