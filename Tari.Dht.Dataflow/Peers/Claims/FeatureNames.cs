using System.Globalization;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Features as the text that the JSON of a claim has: names joined by <c> | </c>.</summary>
internal static class FeatureNames
{
    /// <summary>The names; bits without one follow as a hexadecimal number. Empty for no features.</summary>
    /// <param name="features">The features, any bits.</param>
    public static string Format(PeerFeatures features)
    {
        string known = (features & PeerFeatures.CommunicationNode) switch
        {
            PeerFeatures.CommunicationNode => "MESSAGE_PROPAGATION | DHT_STORE_FORWARD",
            PeerFeatures.MessagePropagation => "MESSAGE_PROPAGATION",
            PeerFeatures.DhtStoreForward => "DHT_STORE_FORWARD",
            _ => "",
        };
        uint unknown = (uint)(features & ~PeerFeatures.CommunicationNode);
        return unknown == 0 ? known
            : string.Create(CultureInfo.InvariantCulture, $"{known}{(known.Length == 0 ? "" : " | ")}0x{unknown:x}");
    }

    /// <summary>Reads names and hexadecimal numbers, whose bits need no name; spaces do not count, and empty text is no features.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="features">The features, any bits; none on failure.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out PeerFeatures features)
    {
        features = default;
        if (text.IsWhiteSpace())
        {
            return true;
        }

        uint all = 0;
        foreach (Range range in text.Split('|'))
        {
            if (!TryParseOne(text[range].Trim(), out uint bits))
            {
                return false;
            }

            all |= bits;
        }

        features = (PeerFeatures)all;
        return true;
    }

    private static bool TryParseOne(ReadOnlySpan<char> name, out uint bits)
    {
        if (name.StartsWith("0x"))
        {
            return uint.TryParse(name[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits);
        }

        (bool known, PeerFeatures features) = name switch
        {
            "NONE" or "COMMUNICATION_CLIENT" => (true, PeerFeatures.CommunicationClient),
            "MESSAGE_PROPAGATION" => (true, PeerFeatures.MessagePropagation),
            "DHT_STORE_FORWARD" => (true, PeerFeatures.DhtStoreForward),
            "COMMUNICATION_NODE" => (true, PeerFeatures.CommunicationNode),
            _ => (false, default),
        };
        bits = (uint)features;
        return known;
    }
}
