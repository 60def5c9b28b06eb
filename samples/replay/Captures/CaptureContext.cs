using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>What all messages of a capture file have in common: who is who, and the settings in force.</summary>
internal sealed class CaptureContext
{
    /// <summary>The setting that a case may replace.</summary>
    public const string AllowedField = "dedup_allowed_message_occurrences";

    private const long LastSecond = 253_402_300_799;

    private readonly Dictionary<string, Identity> _identities;

    private CaptureContext(Dictionary<string, Identity> identities, string[] knownPeers)
    {
        _identities = identities;
        KnownPeers = knownPeers;
    }

    /// <summary>When the messages were received.</summary>
    public DateTimeOffset Now { get; private init; }

    /// <summary>What the receiving nodes offer.</summary>
    public PeerFeatures NodeFeatures { get; private init; }

    /// <summary>How often one message may be received and still pass.</summary>
    public int AllowedOccurrences { get; private init; }

    /// <summary>The identities in the receiving nodes' peer store.</summary>
    public IReadOnlyList<string> KnownPeers { get; }

    /// <summary>Reads the case of kind <c>identities</c>.</summary>
    /// <exception cref="CaptureException">A field is missing, malformed or unknown.</exception>
    public static CaptureContext Read(Fields fields)
    {
        fields.AllowOnly(
            "name", "kind", "identities", "known_peers", "node_features", "now", AllowedField, "ban_duration", "ban_duration_short",
            "max_envelope_parts", "max_decode_items", "expected");
        Fields members = fields.Object("identities");
        var identities = new Dictionary<string, Identity>();
        foreach (string name in members.Names())
        {
            identities[name] = ReadIdentity(members.Object(name));
        }

        string[] knownPeers = fields.Texts("known_peers");
        foreach (string name in knownPeers)
        {
            if (!identities.ContainsKey(name))
            {
                throw fields.Problem("known_peers", $"'{name}' is not among the identities");
            }
        }

        return new CaptureContext(identities, knownPeers)
        {
            Now = DateTimeOffset.FromUnixTimeSeconds(fields.Number("now", 0, LastSecond)),
            NodeFeatures = (PeerFeatures)fields.Number("node_features", 0, (long)PeerFeatures.CommunicationNode),
            AllowedOccurrences = (int)fields.Number(AllowedField, 1, int.MaxValue),
        };
    }

    /// <summary>The identity of a name that the file itself uses.</summary>
    public Identity Identity(string name) => _identities[name];

    /// <summary>The identity that a field of a case names.</summary>
    /// <exception cref="CaptureException">There is none of that name.</exception>
    public Identity Identity(Fields fields, string field, string name) =>
        _identities.GetValueOrDefault(name) ?? throw fields.Problem(field, $"'{name}' is not among the identities");

    private static Identity ReadIdentity(Fields fields)
    {
        fields.AllowOnly("node_id", "public_key", "secret_key");
        byte[] secret = fields.Hex("secret_key", CommsSecretKey.Length);
        var publicKey = new CommsPublicKey(fields.Hex("public_key", CommsPublicKey.Length));
        if (CommsSecretKey.TryFromBytes(secret, out CommsSecretKey? key) != KeyFormatError.None)
        {
            throw fields.Problem("secret_key", "is no canonical scalar");
        }

        using (key)
        {
            if (key!.PublicKey != publicKey)
            {
                throw fields.Problem("public_key", "does not belong to the secret key");
            }
        }

        if (!NodeId.FromPublicKey(publicKey).Bytes.SequenceEqual(fields.Hex("node_id", NodeId.Length)))
        {
            throw fields.Problem("node_id", "does not belong to the public key");
        }

        return new Identity(secret, publicKey);
    }
}
