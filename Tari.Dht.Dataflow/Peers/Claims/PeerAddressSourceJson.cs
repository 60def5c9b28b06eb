using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Where an address came from, as JSON: <c>"Config"</c>, or an object with one member of the kind's name.</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class PeerAddressSourceJson
{
    private const string Config = nameof(PeerAddressSourceKind.Config);
    private const string Claim = "peer_identity_claim";
    private const string SourcePeer = "source_peer";

    /// <summary>Writes a source.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="source">The source.</param>
    /// <returns>How many addresses of the claim were left out: see <see cref="PeerIdentityClaimJson.Write"/>.</returns>
    public static int Write(Utf8JsonWriter writer, PeerAddressSource source)
    {
        if (source.Claim is null)
        {
            writer.WriteStringValue(Config);
            return 0;
        }

        writer.WriteStartObject();
        writer.WriteStartObject(source.ToString());
        writer.WritePropertyName(Claim);
        int leftOut = PeerIdentityClaimJson.Write(writer, source.Claim);
        if (source.SourcePeer is { } sourcePeer)
        {
            writer.WriteHex(SourcePeer, sourcePeer.Bytes);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        return leftOut;
    }

    /// <summary>Reads a source.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="source">The source; null on failure.</param>
    /// <param name="member">
    /// On failure the member at fault, such as <c>FromDiscovery.peer_identity_claim.features</c>; empty for the whole value.
    /// </param>
    public static bool TryRead(
        JsonElement element, [NotNullWhen(true)] out PeerAddressSource? source, [NotNullWhen(false)] out string? member)
    {
        source = null;
        member = "";
        if (element.TryGetText(out string? text))
        {
            if (text != Config)
            {
                return false;
            }

            source = PeerAddressSource.Config;
            member = null;
            return true;
        }

        if (!TryReadKind(element, out PeerAddressSourceKind kind, out JsonElement parts))
        {
            return false;
        }

        PeerIdentityClaim? claim = null;
        string inner = "";
        if (!parts.TryGetMember(Claim, out JsonElement encoded) || !PeerIdentityClaimJson.TryRead(encoded, out claim, out inner!))
        {
            member = inner.Length == 0 ? $"{kind}.{Claim}" : $"{kind}.{Claim}.{inner}";
            return false;
        }

        Span<byte> key = stackalloc byte[CommsPublicKey.Length];
        if (kind == PeerAddressSourceKind.FromAnotherPeer
            && (!parts.TryGetMember(SourcePeer, out JsonElement keyText) || !keyText.TryReadHex(key)))
        {
            member = $"{kind}.{SourcePeer}";
            return false;
        }

        source = kind switch
        {
            PeerAddressSourceKind.FromNodeIdentity => PeerAddressSource.FromNodeIdentity(claim),
            PeerAddressSourceKind.FromPeerConnection => PeerAddressSource.FromPeerConnection(claim),
            PeerAddressSourceKind.FromDiscovery => PeerAddressSource.FromDiscovery(claim),
            PeerAddressSourceKind.FromAnotherPeer => PeerAddressSource.FromAnotherPeer(claim, new CommsPublicKey(key)),
            _ => PeerAddressSource.FromJoinMessage(claim),
        };
        member = null;
        return true;
    }

    private static bool TryReadKind(JsonElement element, out PeerAddressSourceKind kind, out JsonElement parts)
    {
        // The member's name is the kind, so there can be but one.
        if (element.ValueKind == JsonValueKind.Object && element.GetPropertyCount() == 1)
        {
            for (kind = PeerAddressSourceKind.FromNodeIdentity; kind <= PeerAddressSourceKind.FromJoinMessage; kind++)
            {
                if (element.TryGetMember(kind.ToString(), out parts))
                {
                    return true;
                }
            }
        }

        kind = default;
        parts = default;
        return false;
    }
}
