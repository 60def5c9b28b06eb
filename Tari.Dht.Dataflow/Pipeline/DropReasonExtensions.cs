namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>What the reference calls an outcome, by reason.</summary>
public static class DropReasonExtensions
{
    private static readonly string[] s_names = Enum.GetNames<DropReason>();
    private static readonly string[] s_stageNames = Enum.GetNames<StageName>();

    /// <summary>True where the reference ends the run with an error, false where it drops the message silently.</summary>
    /// <param name="reason">Why the message ended.</param>
    public static bool IsError(this DropReason reason) => reason is
        DropReason.EmptyMessage or DropReason.DecodeError or DropReason.PeerStoreFailed or DropReason.PeerNotFound
        or DropReason.HeaderOmitted or DropReason.InvalidDestination or DropReason.InvalidEphemeralPublicKey
        or DropReason.InvalidProtocolVersion or DropReason.InvalidMessageType or DropReason.InvalidMessageFlags
        or DropReason.OutboundEnded or DropReason.MessagePartMissing or DropReason.MessagePartMalformed
        or DropReason.InvalidPeerSignature or DropReason.DiscoveryEnded
        or DropReason.SendToOurselves or DropReason.PeerSelectionFailed or DropReason.DiscoveryFailed
        or DropReason.GenerationFailed or DropReason.StageFaulted;

    // Enum.ToString allocates; the names are needed per message where metrics are on.
    internal static string Name(this DropReason reason) => s_names[(int)reason];

    internal static string Name(this StageName stage) => s_stageNames[(int)stage];
}
