using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound;

internal static partial class OutboundLog
{
    [LoggerMessage(
        DhtEventId.OutboundRequest,
        LogLevel.Debug,
        "Pre Broadcast [{Node}] message {Tag}: type {Type}, strategy {Strategy}, encrypted {Encrypted}, {Length} bytes",
        SkipEnabledCheck = true)]
    public static partial void OutboundRequest(
        this ILogger logger, string node, ulong tag, DhtMessageType type, string strategy, bool encrypted, int length);

    [LoggerMessage(
        DhtEventId.OutboundMessage,
        LogLevel.Debug,
        "Outbound [{Node}] message {Tag}: type {Type}, {Recipients} recipients, signed {Signed}, {Length} bytes",
        SkipEnabledCheck = true)]
    public static partial void OutboundMessage(
        this ILogger logger, string node, ulong tag, DhtMessageType type, int recipients, bool signed, int length);

    [LoggerMessage(DhtEventId.OutboundRequestFailed, LogLevel.Warning, "Message {Tag} could not be generated: {Reason}")]
    public static partial void OutboundRequestFailed(this ILogger logger, ulong tag, string reason);

    [LoggerMessage(DhtEventId.DiscoveryFailed, LogLevel.Debug, "The recipient {Recipient} of message {Tag} could not be discovered")]
    public static partial void RecipientNotDiscovered(this ILogger logger, ulong tag, string recipient, Exception error);

    [LoggerMessage(DhtEventId.PeerSelectionFailed, LogLevel.Warning, "No peers could be selected for message {Tag}")]
    public static partial void PeerSelectionFailed(this ILogger logger, ulong tag, Exception error);

    [LoggerMessage(
        DhtEventId.NobodyToDial,
        LogLevel.Warning,
        "Nobody was selected: no selected peer has an address that is not excluded from dialling")]
    public static partial void NobodyToDial(this ILogger logger);

    [LoggerMessage(DhtEventId.ConnectedPeersUnknown, LogLevel.Warning, "Nobody was selected: connectivity does not tell who is connected")]
    public static partial void ConnectedPeersUnknown(this ILogger logger, Exception error);
}
