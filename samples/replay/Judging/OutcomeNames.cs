using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Samples.Replay.Captures;

namespace Tari.Dht.Dataflow.Samples.Replay.Judging;

/// <summary>The graph's outcomes in the words of the capture file.</summary>
internal static class OutcomeNames
{
    private static readonly int s_reasons = Enum.GetValues<DropReason>().Length;

    // Made once: the judge asks for every message.
    private static readonly Outcome[] s_outcomes =
        [.. Enum.GetValues<StageName>().SelectMany(static _ => Enum.GetValues<DropReason>(), Create)];

    /// <summary>How many pairs of stage and reason there are.</summary>
    public static int Count => s_outcomes.Length;

    /// <summary>The number of a pair of stage and reason.</summary>
    public static int IndexOf(StageName stage, DropReason reason) => ((int)stage * s_reasons) + (int)reason;

    /// <summary>The outcome that a pair stands for. One that the file has no word for keeps the graph's.</summary>
    public static Outcome At(int index) => s_outcomes[index];

    private static Outcome Create(StageName stage, DropReason reason) => stage switch
    {
        StageName.Deserialize => new Outcome("deserialize", reason.IsError() ? "error" : "dropped", ErrorOf(reason)),

        // The file calls a rejection here an error, though the reference's pipeline goes on as after a success.
        StageName.Decryption => new Outcome("decryption", "error", ErrorOf(reason)),
        StageName.StoreAndForwardFilter => new Outcome("saf_filter", "filtered", ErrorOf(reason)),
        StageName.ExpiryFilter => new Outcome("expiry_filter", "filtered", ErrorOf(reason)),
        StageName.Dedup => new Outcome("dedup", "filtered", ErrorOf(reason)),
        StageName.RebroadcastFilter => new Outcome("rebroadcast_filter", "filtered", ErrorOf(reason)),
        _ => new Outcome(stage.ToString(), "discarded", ErrorOf(reason)),
    };

    private static string? ErrorOf(DropReason reason) => reason switch
    {
        DropReason.StoreAndForwardRequest or DropReason.Expired or DropReason.Duplicate or DropReason.NotRebroadcastable => null,
        DropReason.PeerNotFound => "PeerManagerError::PeerNotFound",
        DropReason.HeaderOmitted or DropReason.InvalidDestination or DropReason.InvalidEphemeralPublicKey or DropReason.InvalidProtocolVersion
            or DropReason.InvalidMessageType or DropReason.InvalidMessageFlags => "DhtMessageError::" + reason,
        _ => reason.ToString(),
    };
}
