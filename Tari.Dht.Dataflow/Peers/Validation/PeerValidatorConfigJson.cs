using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>A <see cref="PeerValidatorConfig"/> as JSON, with the names that the settings have in a node's configuration.</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class PeerValidatorConfigJson
{
    private const string MaxUserAgentByteLength = "max_user_agent_byte_length";
    private const string MaxAddressesPerClaim = "max_permitted_peer_addresses_per_claim";
    private const string MaxSupportedProtocols = "max_supported_protocols";
    private const string MaxProtocolIdLength = "max_protocol_id_length";
    private const string AllowTestAddresses = "allow_test_addresses";

    // A setting of former versions. Files that still have it keep working.
    private const string MinPeerVersion = "min_peer_version";

    /// <summary>Writes the settings as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="config">The settings.</param>
    public static void Write(Utf8JsonWriter writer, PeerValidatorConfig config)
    {
        writer.WriteStartObject();
        writer.WriteNumber(MaxUserAgentByteLength, config.MaxUserAgentByteLength);
        writer.WriteNumber(MaxAddressesPerClaim, config.MaxPermittedPeerAddressesPerClaim);
        writer.WriteNumber(MaxSupportedProtocols, config.MaxSupportedProtocols);
        writer.WriteNumber(MaxProtocolIdLength, config.MaxProtocolIdLength);
        writer.WriteBoolean(AllowTestAddresses, config.AllowTestAddresses);
        writer.WriteEndObject();
    }

    /// <summary>Reads settings; one that is not known fails, so that a misspelt one does not go unnoticed.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="defaults">Values of the settings that are missing; null when none may be.</param>
    /// <param name="config">The settings; null on failure.</param>
    /// <param name="hasMinPeerVersion">
    /// Whether the former setting <c>min_peer_version</c> is there, which is ignored: the caller warns.
    /// </param>
    /// <param name="member">On failure the setting at fault; empty for the whole value.</param>
    public static bool TryRead(
        JsonElement element,
        PeerValidatorConfig? defaults,
        [NotNullWhen(true)] out PeerValidatorConfig? config,
        out bool hasMinPeerVersion,
        [NotNullWhen(false)] out string? member)
    {
        config = null;
        hasMinPeerVersion = false;
        member = "";
        if (element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        PeerValidatorConfig read = defaults ?? new PeerValidatorConfig();
        int seen = 0;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!property.TryGetName(out string? name))
            {
                return false;
            }

            member = name;
            JsonElement value = property.Value;
            int flag;
            switch (name)
            {
                case MaxUserAgentByteLength when TryReadLimit(value, out int limit):
                    (read, flag) = (read with { MaxUserAgentByteLength = limit }, 1);
                    break;
                case MaxAddressesPerClaim when TryReadLimit(value, out int limit):
                    (read, flag) = (read with { MaxPermittedPeerAddressesPerClaim = limit }, 2);
                    break;
                case MaxSupportedProtocols when TryReadLimit(value, out int limit):
                    (read, flag) = (read with { MaxSupportedProtocols = limit }, 4);
                    break;
                case MaxProtocolIdLength when TryReadLimit(value, out int limit):
                    (read, flag) = (read with { MaxProtocolIdLength = limit }, 8);
                    break;
                case AllowTestAddresses when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    (read, flag) = (read with { AllowTestAddresses = value.GetBoolean() }, 16);
                    break;
                case MinPeerVersion when value.ValueKind is JsonValueKind.String or JsonValueKind.Number:
                    (hasMinPeerVersion, flag) = (true, 32);
                    break;
                default:
                    return false;
            }

            if ((seen & flag) != 0)
            {
                return false;
            }

            seen |= flag;
        }

        member = defaults is null ? FirstMissing(seen) : null;
        if (member is not null)
        {
            return false;
        }

        config = read;
        return true;
    }

    private static bool TryReadLimit(JsonElement value, out int limit)
    {
        limit = 0;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt64(out ulong number))
        {
            return false;
        }

        // What is beyond an int is beyond any message too.
        limit = (int)Math.Min(number, int.MaxValue);
        return true;
    }

    private static string? FirstMissing(int seen) =>
        (seen & 1) == 0 ? MaxUserAgentByteLength
        : (seen & 2) == 0 ? MaxAddressesPerClaim
        : (seen & 4) == 0 ? MaxSupportedProtocols
        : (seen & 8) == 0 ? MaxProtocolIdLength
        : (seen & 16) == 0 ? AllowTestAddresses
        : null;
}
