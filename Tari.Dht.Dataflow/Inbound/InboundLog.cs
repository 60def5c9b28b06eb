using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound;

internal static partial class InboundLog
{
    [LoggerMessage(
        DhtEventId.InboundMessage,
        LogLevel.Debug,
        "Inbound [{Node}] message {Tag} (trace {MessageTag}) from {Peer}: type {Type}, encrypted {Encrypted}, signed {Signed}, "
        + "hits {Hits}, decrypted {Decrypted}, {Length} bytes",
        SkipEnabledCheck = true)]
    public static partial void InboundMessage(
        this ILogger logger,
        string node,
        ulong tag,
        ulong messageTag,
        NodeId peer,
        DhtMessageType type,
        bool encrypted,
        bool signed,
        uint hits,
        bool decrypted,
        int length);

    [LoggerMessage(DhtEventId.PeerLookupFailed, LogLevel.Error, "The peer store could not look up {Peer}")]
    public static partial void PeerLookupFailed(this ILogger logger, NodeId peer, Exception error);

    [LoggerMessage(DhtEventId.ClaimNotStored, LogLevel.Error, "The claim of {Peer} could not be stored")]
    public static partial void ClaimNotStored(this ILogger logger, NodeId peer, Exception error);

    [LoggerMessage(
        DhtEventId.PeerFloods,
        LogLevel.Warning,
        "{Peer} floods this node: more than {Limit} messages within {Span}; banned for {Duration}")]
    public static partial void PeerFloods(this ILogger logger, NodeId peer, int limit, TimeSpan span, TimeSpan duration);

    [LoggerMessage(DhtEventId.FloodWatchFailed, LogLevel.Warning, "Flood protection could not do its work this time")]
    public static partial void FloodWatchFailed(this ILogger logger, Exception error);
}
