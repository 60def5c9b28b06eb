using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>What the actor has to say.</summary>
internal static partial class ActorLog
{
    [LoggerMessage(ActorEventId.LastOffline, LogLevel.Information, "This node was last online at {Time}")]
    public static partial void LastOffline(this ILogger logger, DateTimeOffset time);

    [LoggerMessage(ActorEventId.OfflineTimestampFailed, LogLevel.Warning, "The time of this stop could not be stored")]
    public static partial void OfflineTimestampFailed(this ILogger logger, Exception exception);

    [LoggerMessage(ActorEventId.BanFailed, LogLevel.Warning, "Peer {Peer} could not be banned ({Reason})")]
    public static partial void BanFailed(this ILogger logger, Exception exception, NodeId peer, string reason);

    [LoggerMessage(
        ActorEventId.BansDropped, LogLevel.Warning, "{Count} bans so far were dropped, because {Waiting} others wait for connectivity")]
    public static partial void BansDropped(this ILogger logger, long count, int waiting);

    [LoggerMessage(ActorEventId.BanIgnored, LogLevel.Debug, "This node is not banned by itself ({Reason})")]
    public static partial void BanIgnored(this ILogger logger, string reason);

    [LoggerMessage(ActorEventId.DialFailed, LogLevel.Debug, "Peer {Peer} could not be dialled and will be looked for")]
    public static partial void DialFailed(this ILogger logger, Exception exception, NodeId peer);

    [LoggerMessage(ActorEventId.BanRequested, LogLevel.Debug, "Peer {Peer} is to be banned for {Duration}: {Severity}, {Reason}")]
    public static partial void BanRequested(
        this ILogger logger, NodeId peer, TimeSpan duration, OffenceSeverity severity, string reason);
}
