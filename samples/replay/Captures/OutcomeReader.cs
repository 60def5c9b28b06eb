using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>Reads what a case expects.</summary>
internal static class OutcomeReader
{
    // The names of the capture file's schema, whether or not this graph can end with them.
    private static readonly string[] s_kinds = ["error", "dropped", "filtered", "passed"];

    private static readonly string[] s_errors =
    [
        "EmptyMessage", "DecodeError", "NonCanonical", "PeerManagerError::PeerNotFound",
        "DhtMessageError::HeaderOmitted", "DhtMessageError::InvalidDestination", "DhtMessageError::InvalidEphemeralPublicKey",
        "DhtMessageError::InvalidProtocolVersion", "DhtMessageError::InvalidMessageType", "DhtMessageError::InvalidMessageFlags",
        "InvalidSignature", "BadEncryptedMessageSemantics", "BadClearTextMessageSemantics", "MessageRejectDecryptionFailed",
        "EnvelopeBodyDecodeFailed",
    ];

    /// <summary>Reads the object <c>expected</c>.</summary>
    /// <exception cref="CaptureException">A field is missing, malformed or unknown.</exception>
    public static Expectation Read(Fields fields)
    {
        fields.AllowOnly(
            "stage", "outcome", "error", "source_banned", "bans", "header", "binding_hash", "authenticated_origin", "decryption", "parts",
            "raw_body", "dedup_hash", "dedup_cache_request", "after", "after_with_forwarding");
        string stage = KnownText(fields, "stage", [.. Outcome.Stages]);
        string kind = KnownText(fields, "outcome", s_kinds);
        string? error = fields.IsNull("error") ? null : KnownText(fields, "error", s_errors);
        var outcome = new Outcome(stage, kind, error);
        bool passes = stage == Outcome.Passed.Stage;
        if (passes != (outcome == Outcome.Passed))
        {
            throw fields.Problem("outcome", $"'{kind}'{(error is null ? "" : " with an error")} does not go with the stage '{stage}'");
        }

        bool bans = fields.Bool("source_banned") | fields.Count("bans") > 0;
        return new Expectation(outcome, bans, passes ? ReadDelivery(fields) : null);
    }

    private static ExpectedDelivery ReadDelivery(Fields fields)
    {
        bool opened = KnownText(fields, "decryption", "succeeded", "failed") == "succeeded";
        byte[]? origin = fields.HexOrNull("authenticated_origin", CommsPublicKey.Length);
        if (!opened && !fields.IsNull("parts"))
        {
            throw fields.Problem("parts", "has to be null when decryption failed");
        }

        return new ExpectedDelivery(
            origin is null ? null : new CommsPublicKey(origin),
            opened ? fields.Blobs("parts") : null,
            ReadRawBody(fields),
            fields.Hex("dedup_hash", DedupKey.Length));
    }

    private static ExpectedBytes ReadRawBody(Fields fields)
    {
        const string Name = "raw_body";
        if (fields.IsNull(Name))
        {
            return ExpectedBytes.None;
        }

        if (!fields.IsObject(Name))
        {
            return new ExpectedBytes(fields.Blob(Name));
        }

        Fields digest = fields.Object(Name);
        digest.AllowOnly("length", "blake2b_256");
        return new ExpectedBytes((int)digest.Number("length", 0, int.MaxValue), digest.Hex("blake2b_256", ExpectedBytes.DigestLength));
    }

    private static string KnownText(Fields fields, string name, params ReadOnlySpan<string> known)
    {
        string text = fields.Text(name);
        return known.Contains(text) ? text : throw fields.Problem(name, $"'{text}' is unknown");
    }
}
