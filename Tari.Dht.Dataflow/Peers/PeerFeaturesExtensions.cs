namespace Tari.Dht.Dataflow.Peers;

/// <summary>What features mean, and their forms as number and text.</summary>
public static class PeerFeaturesExtensions
{
    private static readonly FlagName[] s_names =
    [
        new("NONE", 0),
        new("MESSAGE_PROPAGATION", (uint)PeerFeatures.MessagePropagation),
        new("DHT_STORE_FORWARD", (uint)PeerFeatures.DhtStoreForward),
        new("COMMUNICATION_NODE", (uint)PeerFeatures.CommunicationNode),
        new("COMMUNICATION_CLIENT", (uint)PeerFeatures.CommunicationClient),
    ];

    /// <summary>Whether this is a node: exactly both features.</summary>
    /// <param name="features">The features.</param>
    public static bool IsNode(this PeerFeatures features) => features == PeerFeatures.CommunicationNode;

    /// <summary>Whether this is a client: no feature at all.</summary>
    /// <param name="features">The features.</param>
    public static bool IsClient(this PeerFeatures features) => features == PeerFeatures.CommunicationClient;

    /// <summary>Whether all of <paramref name="others"/> are among the features.</summary>
    /// <param name="features">The features.</param>
    /// <param name="others">The features to look for; none are among any.</param>
    public static bool Contains(this PeerFeatures features, PeerFeatures others) => (features & others) == others;

    /// <summary>Whether every bit has a meaning. Bits from a peer that have none are refused.</summary>
    /// <param name="features">The features.</param>
    public static bool IsDefined(this PeerFeatures features) => (features & ~PeerFeatures.CommunicationNode) == 0;

    /// <summary>The features that bits stand for.</summary>
    /// <param name="bits">Untrusted bits.</param>
    /// <param name="features">The features; none when the answer is false.</param>
    /// <returns>False when a bit has no meaning.</returns>
    public static bool TryFromBits(uint bits, out PeerFeatures features)
    {
        bool defined = ((PeerFeatures)bits).IsDefined();
        features = defined ? (PeerFeatures)bits : default;
        return defined;
    }

    /// <summary>The number that a peer store keeps: 0 to 3, and −1 when a bit has no meaning.</summary>
    /// <param name="features">The features.</param>
    public static int ToStoreValue(this PeerFeatures features) => features.IsDefined() ? (int)features : -1;

    /// <summary>The role in one word: <c>node</c>, <c>client</c>, or <c>unknown</c> for what is neither.</summary>
    /// <param name="features">The features.</param>
    public static string ToRoleText(this PeerFeatures features) =>
        features.IsNode() ? "node" : features.IsClient() ? "client" : "unknown";

    /// <summary>The features as JSON has them: their names joined by <c> | </c>, and empty for none.</summary>
    /// <param name="features">The features. Bits without a meaning follow as a hexadecimal number.</param>
    public static string ToText(this PeerFeatures features) => features switch
    {
        PeerFeatures.CommunicationClient => "",
        PeerFeatures.MessagePropagation => "MESSAGE_PROPAGATION",
        PeerFeatures.DhtStoreForward => "DHT_STORE_FORWARD",
        PeerFeatures.CommunicationNode => "MESSAGE_PROPAGATION | DHT_STORE_FORWARD",
        _ => FlagText.Format((uint)features, s_names),
    };

    /// <summary>Reads features from the text that JSON has for them.</summary>
    /// <param name="text">
    /// Untrusted text: names, also those of the roles, and hexadecimal numbers after <c>0x</c>, joined by <c>|</c>; spaces do not count.
    /// </param>
    /// <param name="features">
    /// The features, bits without a meaning included: see <see cref="IsDefined"/>; none when the answer is false.
    /// </param>
    public static bool TryParse(ReadOnlySpan<char> text, out PeerFeatures features)
    {
        bool read = FlagText.TryParse(text, s_names, uint.MaxValue, out uint bits);
        features = (PeerFeatures)bits;
        return read;
    }
}
